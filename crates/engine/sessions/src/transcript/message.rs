//! What people, models and tools said, in the words of the file.
//!
//! Reading is lenient (a part of an unknown type is left out), writing is exact: the other program must read it.

use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

/// One message of a conversation.
#[derive(Debug, Clone)]
pub enum Message {
    User(UserMessage),
    Assistant(AssistantMessage),
    ToolResult(ToolResultMessage),
}

#[derive(Debug, Clone)]
pub struct UserMessage {
    pub content: Vec<Part>,
    /// Wall time in milliseconds.
    pub timestamp: i64,
}

#[derive(Debug, Clone)]
pub struct AssistantMessage {
    pub content: Vec<Part>,
    /// How the vendor was spoken to (`anthropic-messages`).
    pub api: Arc<str>,
    pub provider: Arc<str>,
    pub model: Arc<str>,
    pub usage: Usage,
    pub stop_reason: StopReason,
    pub error_message: Option<Arc<str>>,
    pub timestamp: i64,
}

#[derive(Debug, Clone)]
pub struct ToolResultMessage {
    pub tool_call_id: Arc<str>,
    pub tool_name: Arc<str>,
    pub content: Vec<Part>,
    pub details: Option<Arc<RawValue>>,
    pub is_error: bool,
    pub timestamp: i64,
}

/// A part of a message.
#[derive(Debug, Clone)]
pub enum Part {
    Text {
        text: Arc<str>,
        signature: Option<Arc<str>>,
    },
    Thinking {
        text: Arc<str>,
        signature: Option<Arc<str>>,
    },
    /// Base 64 data with its MIME type.
    Image {
        data: Arc<str>,
        mime_type: Arc<str>,
    },
    ToolCall {
        id: Arc<str>,
        name: Arc<str>,
        arguments: Arc<RawValue>,
        signature: Option<Arc<str>>,
    },
}

impl Part {
    pub fn text(text: impl Into<Arc<str>>) -> Self {
        Self::Text { text: text.into(), signature: None }
    }
}

/// Tokens and dollars of one call.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Usage {
    pub input: u64,
    pub output: u64,
    pub cache_read: u64,
    pub cache_write: u64,
    pub total_tokens: u64,
    pub cost: Cost,
}

/// US dollars.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Cost {
    pub input: f64,
    pub output: f64,
    pub cache_read: f64,
    pub cache_write: f64,
    pub total: f64,
}

/// Why an answer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum StopReason {
    Stop,
    Length,
    ToolUse,
    Error,
    Aborted,
    /// Written by the gateway itself, not by a model.
    Injected,
    #[serde(other)]
    Unknown,
}

impl Message {
    #[must_use]
    pub fn content(&self) -> &[Part] {
        match self {
            Self::User(message) => &message.content,
            Self::Assistant(message) => &message.content,
            Self::ToolResult(message) => &message.content,
        }
    }

    #[must_use]
    pub const fn role(&self) -> &'static str {
        match self {
            Self::User(_) => "user",
            Self::Assistant(_) => "assistant",
            Self::ToolResult(_) => "toolResult",
        }
    }

    /// The text parts, joined by line ends.
    #[must_use]
    pub fn text(&self) -> String {
        let texts = self.content().iter().filter_map(|part| match part {
            Part::Text { text, .. } => Some(&**text),
            Part::Thinking { .. } | Part::Image { .. } | Part::ToolCall { .. } => None,
        });
        texts.collect::<Vec<_>>().join("\n")
    }

    /// About how many bytes it takes in memory.
    pub(crate) fn weight(&self) -> usize {
        let part = |part: &Part| match part {
            Part::Text { text, .. } => text.len(),
            Part::Thinking { text, signature } => text.len() + signature.as_ref().map_or(0, |text| text.len()),
            Part::Image { data, .. } => data.len(),
            Part::ToolCall { arguments, .. } => arguments.get().len() + 48,
        };
        self.content().iter().map(|one| part(one) + 96).sum::<usize>() + 240
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Written<'a> {
    role: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_call_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_name: Option<&'a str>,
    content: &'a [Part],
    #[serde(skip_serializing_if = "Option::is_none")]
    details: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    is_error: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    api: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    provider: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    model: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    usage: Option<&'a Usage>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stop_reason: Option<StopReason>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_message: Option<&'a str>,
    timestamp: i64,
}

impl Serialize for Message {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut written = Written {
            role: self.role(),
            tool_call_id: None,
            tool_name: None,
            content: self.content(),
            details: None,
            is_error: None,
            api: None,
            provider: None,
            model: None,
            usage: None,
            stop_reason: None,
            error_message: None,
            timestamp: 0,
        };
        match self {
            Self::User(message) => written.timestamp = message.timestamp,
            Self::Assistant(message) => {
                written.api = Some(&message.api);
                written.provider = Some(&message.provider);
                written.model = Some(&message.model);
                written.usage = Some(&message.usage);
                written.stop_reason = Some(message.stop_reason);
                written.error_message = message.error_message.as_deref();
                written.timestamp = message.timestamp;
            }
            Self::ToolResult(message) => {
                written.tool_call_id = Some(&message.tool_call_id);
                written.tool_name = Some(&message.tool_name);
                written.details = message.details.as_deref();
                written.is_error = Some(message.is_error);
                written.timestamp = message.timestamp;
            }
        }
        written.serialize(to)
    }
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
enum WrittenPart<'a> {
    Text {
        text: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        text_signature: Option<&'a str>,
    },
    Thinking {
        thinking: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        thinking_signature: Option<&'a str>,
    },
    Image {
        data: &'a str,
        mime_type: &'a str,
    },
    ToolCall {
        id: &'a str,
        name: &'a str,
        arguments: &'a RawValue,
        #[serde(skip_serializing_if = "Option::is_none")]
        thought_signature: Option<&'a str>,
    },
}

impl Serialize for Part {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let written = match self {
            Self::Text { text, signature } => WrittenPart::Text { text, text_signature: signature.as_deref() },
            Self::Thinking { text, signature } => {
                WrittenPart::Thinking { thinking: text, thinking_signature: signature.as_deref() }
            }
            Self::Image { data, mime_type } => WrittenPart::Image { data, mime_type },
            Self::ToolCall { id, name, arguments, signature } => {
                WrittenPart::ToolCall { id, name, arguments, thought_signature: signature.as_deref() }
            }
        };
        written.serialize(to)
    }
}

/// A part as anybody may have written it: every field optional, unknown types left out.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ReadPart {
    r#type: Option<String>,
    text: Option<Arc<str>>,
    text_signature: Option<Arc<str>>,
    thinking: Option<Arc<str>>,
    thinking_signature: Option<Arc<str>>,
    data: Option<Arc<str>>,
    mime_type: Option<Arc<str>>,
    id: Option<Arc<str>>,
    name: Option<Arc<str>>,
    arguments: Option<Box<RawValue>>,
    thought_signature: Option<Arc<str>>,
}

impl ReadPart {
    fn known(self) -> Option<Part> {
        Some(match self.r#type.as_deref()? {
            "text" => Part::Text { text: self.text?, signature: self.text_signature },
            "thinking" => Part::Thinking { text: self.thinking?, signature: self.thinking_signature },
            "image" => Part::Image { data: self.data?, mime_type: self.mime_type? },
            "toolCall" => Part::ToolCall {
                id: self.id?,
                name: self.name?,
                arguments: self.arguments?.into(),
                signature: self.thought_signature,
            },
            _ => return None,
        })
    }
}

/// Content is a text or a list of parts.
pub(crate) fn read_content(raw: &RawValue) -> Vec<Part> {
    if raw.get().starts_with('"') {
        let text: Result<Arc<str>, _> = serde_json::from_str(raw.get());
        return text.map(Part::text).into_iter().collect();
    }
    let parts: Result<Vec<ReadPart>, _> = serde_json::from_str(raw.get());
    parts.into_iter().flatten().filter_map(ReadPart::known).collect()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ReadMessage<'a> {
    role: String,
    #[serde(borrow)]
    content: Option<&'a RawValue>,
    api: Option<Arc<str>>,
    provider: Option<Arc<str>>,
    model: Option<Arc<str>>,
    #[serde(borrow)]
    usage: Option<&'a RawValue>,
    stop_reason: Option<StopReason>,
    error_message: Option<Arc<str>>,
    tool_call_id: Option<Arc<str>>,
    tool_name: Option<Arc<str>>,
    details: Option<Box<RawValue>>,
    is_error: Option<bool>,
    timestamp: Option<f64>,
}

impl Message {
    /// Reads a message; `None` for a role that no model is shown.
    #[must_use]
    pub fn read(raw: &RawValue) -> Option<Self> {
        let read: ReadMessage<'_> = serde_json::from_str(raw.get()).ok()?;
        let content = read.content.map(read_content).unwrap_or_default();
        #[expect(
            clippy::cast_possible_truncation,
            reason = "the published program writes whole milliseconds as numbers"
        )]
        let timestamp = read.timestamp.unwrap_or(0.0) as i64;
        let or_empty = |text: Option<Arc<str>>| text.unwrap_or_else(|| "".into());
        Some(match read.role.as_str() {
            // What a program put in is shown as a person's text.
            "user" | "custom" | "hookMessage" => Self::User(UserMessage { content, timestamp }),
            "assistant" => Self::Assistant(AssistantMessage {
                content,
                api: or_empty(read.api),
                provider: or_empty(read.provider),
                model: or_empty(read.model),
                // Injected messages have a shorter bill.
                usage: read.usage.and_then(|usage| serde_json::from_str(usage.get()).ok()).unwrap_or_default(),
                stop_reason: read.stop_reason.unwrap_or(StopReason::Stop),
                error_message: read.error_message,
                timestamp,
            }),
            "toolResult" => Self::ToolResult(ToolResultMessage {
                tool_call_id: or_empty(read.tool_call_id),
                tool_name: or_empty(read.tool_name),
                content,
                details: read.details.map(Arc::from),
                is_error: read.is_error.unwrap_or(false),
                timestamp,
            }),
            _ => return None,
        })
    }
}

impl<'de> Deserialize<'de> for Message {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(from)?;
        Self::read(&raw).ok_or_else(|| serde::de::Error::custom("not a user, assistant or toolResult message"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn again(text: &str) -> String {
        let raw = RawValue::from_string(text.to_owned()).unwrap();
        serde_json::to_string(&Message::read(&raw).unwrap()).unwrap()
    }

    #[test]
    fn messages_are_written_as_they_were_read() {
        for text in [
            r#"{"role":"user","content":[{"type":"text","text":"hi"},{"type":"image","data":"AA==","mimeType":"image/png"}],"timestamp":1}"#,
            r#"{"role":"assistant","content":[{"type":"thinking","thinking":"hm","thinkingSignature":"s"},{"type":"toolCall","id":"t1","name":"exec","arguments":{"b":1,"a":[2.50]}}],"api":"anthropic-messages","provider":"anthropic","model":"m","usage":{"input":1,"output":2,"cacheRead":0,"cacheWrite":0,"totalTokens":3,"cost":{"input":0.1,"output":0.2,"cacheRead":0.0,"cacheWrite":0.0,"total":0.3}},"stopReason":"toolUse","timestamp":2}"#,
            r#"{"role":"toolResult","toolCallId":"t1","toolName":"exec","content":[{"type":"text","text":"ok"}],"details":{"exitCode":0},"isError":false,"timestamp":3}"#,
        ] {
            assert_eq!(again(text), text);
        }
    }

    #[test]
    fn content_as_plain_text_and_parts_of_unknown_types_are_read() {
        let plain = again(r#"{"role":"user","content":"hi","timestamp":1}"#);
        assert_eq!(plain, r#"{"role":"user","content":[{"type":"text","text":"hi"}],"timestamp":1}"#);
        let strange = again(r#"{"role":"user","content":[{"type":"hologram","x":1},{"type":"text","text":"a"}]}"#);
        assert_eq!(strange, r#"{"role":"user","content":[{"type":"text","text":"a"}],"timestamp":0}"#);
    }

    #[test]
    fn a_stop_reason_of_a_later_version_does_not_hide_the_message() {
        let raw =
            RawValue::from_string(r#"{"role":"assistant","content":[],"stopReason":"bored"}"#.to_owned()).unwrap();
        assert!(
            matches!(Message::read(&raw), Some(Message::Assistant(message)) if message.stop_reason == StopReason::Unknown)
        );
    }
}
