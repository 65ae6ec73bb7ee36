//! The lines that a program and we exchange: `docs/agent-rpc.md`, as types.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// One line in.
#[derive(Debug, Deserialize)]
pub(super) struct Request {
    /// Comes back with the answer.
    #[serde(default)]
    pub(super) id: Option<Id>,
    #[serde(flatten)]
    pub(super) command: Command,
}

/// The program's own name for a request.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(untagged)]
pub(super) enum Id {
    Number(i64),
    Text(String),
}

/// What a program may ask for.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Command {
    Prompt { message: String, thinking: Option<String> },
    Steer { message: String },
    Abort {},
    GetState {},
    GetMessages { limit: Option<u64> },
    Compact { instructions: Option<String> },
    SetModel { model: String },
    SetThinking { level: String },
}

impl Command {
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Prompt { .. } => "prompt",
            Self::Steer { .. } => "steer",
            Self::Abort {} => "abort",
            Self::GetState {} => "get_state",
            Self::GetMessages { .. } => "get_messages",
            Self::Compact { .. } => "compact",
            Self::SetModel { .. } => "set_model",
            Self::SetThinking { .. } => "set_thinking",
        }
    }
}

/// One line out.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub(super) enum Line<'a> {
    Response {
        #[serde(skip_serializing_if = "Option::is_none")]
        id: Option<&'a Id>,
        /// `None` where the line named none.
        #[serde(skip_serializing_if = "Option::is_none")]
        command: Option<&'static str>,
        success: bool,
        #[serde(skip_serializing_if = "Option::is_none")]
        data: Option<&'a RawValue>,
        #[serde(skip_serializing_if = "Option::is_none")]
        error: Option<&'a str>,
    },
    Event {
        event: &'static str,
        payload: &'a RawValue,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_read_with_any_id_and_a_wrong_one_says_what_is_wrong() {
        let request: Request = serde_json::from_str(r#"{"id":7,"type":"set_model","model":"a/b"}"#).unwrap();
        assert_eq!((request.id, request.command.name()), (Some(Id::Number(7)), "set_model"));
        let request: Request = serde_json::from_str(r#"{"type":"abort"}"#).unwrap();
        assert_eq!((request.id, request.command.name()), (None, "abort"));
        let wrong = serde_json::from_str::<Request>(r#"{"id":"x","type":"dance"}"#).unwrap_err().to_string();
        assert!(wrong.contains("dance") && wrong.contains("get_messages"), "{wrong}");
    }

    #[test]
    fn an_answer_is_one_line_with_what_it_answers() {
        let data: Box<RawValue> = serde_json::from_str(r#"{"a":1}"#).unwrap();
        let id = Id::Text("x".into());
        let line =
            Line::Response { id: Some(&id), command: Some("prompt"), success: true, data: Some(&data), error: None };
        let expected = r#"{"type":"response","id":"x","command":"prompt","success":true,"data":{"a":1}}"#;
        assert_eq!(serde_json::to_string(&line).unwrap(), expected);
        let event = Line::Event { event: "agent", payload: &data };
        assert_eq!(serde_json::to_string(&event).unwrap(), r#"{"type":"event","event":"agent","payload":{"a":1}}"#);
    }
}
