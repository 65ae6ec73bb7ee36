//! What the fake was asked.

use serde_json::Value;

use super::dialect::Dialect;

/// One request, whole.
#[derive(Debug, Clone)]
pub struct Seen {
    /// Counted from 1.
    pub number: usize,
    pub dialect: Dialect,
    pub path: String,
    /// Names in lower case, in the order of arrival.
    pub headers: Vec<(String, String)>,
    pub body: Value,
}

impl Seen {
    /// A header's value.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(header, _)| header.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The model asked for.
    #[must_use]
    pub fn model(&self) -> &str {
        self.body.get("model").and_then(Value::as_str).unwrap_or_default()
    }

    /// The messages, or the items where the format calls them so.
    #[must_use]
    pub fn messages(&self) -> &[Value] {
        let list = self.body.get("messages").or_else(|| self.body.get("input"));
        list.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
    }

    /// The text of the last message in which a person speaks; tool results do not count.
    #[must_use]
    pub fn user_text(&self) -> String {
        let from_user = |message: &&Value| message.get("role").and_then(Value::as_str) == Some("user");
        self.messages().iter().rev().filter(from_user).map(text_of).find(|text| !text.is_empty()).unwrap_or_default()
    }

    /// The system prompt.
    #[must_use]
    pub fn system(&self) -> String {
        if let Some(system) = self.body.get("system") {
            return text_of(&serde_json::json!({ "content": system }));
        }
        let is_system =
            |message: &&Value| matches!(message.get("role").and_then(Value::as_str), Some("system" | "developer"));
        self.messages().iter().find(is_system).map(text_of).unwrap_or_default()
    }

    /// The names of the tools offered.
    #[must_use]
    pub fn tools(&self) -> Vec<String> {
        let tools = self.body.get("tools").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let name = |tool: &Value| {
            let name = tool.get("name").or_else(|| tool.get("function")?.get("name"))?;
            name.as_str().map(str::to_owned)
        };
        tools.iter().filter_map(name).collect()
    }
}

fn text_of(message: &Value) -> String {
    match message.get("content") {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(blocks)) => {
            let texts: Vec<&str> = blocks.iter().filter_map(|block| block.get("text")?.as_str()).collect();
            texts.join("\n")
        }
        _ => String::new(),
    }
}
