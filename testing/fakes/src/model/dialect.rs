//! Which vendor's format a request speaks, and how the fake answers in it.

use bytes::Bytes;

use super::answer::Answer;
use super::{anthropic, chat, ollama, responses};

/// A vendor's format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    Anthropic,
    Chat,
    Responses,
    Ollama,
}

/// A part of an answer on its way.
#[derive(Debug, Clone)]
pub(crate) enum Piece {
    Bytes(Bytes),
    Stall,
    Cut,
}

impl Dialect {
    pub(crate) fn of(path: &str) -> Option<Self> {
        let ends = |end: &str| path.trim_end_matches('/').ends_with(end);
        if ends("/messages") {
            Some(Self::Anthropic)
        } else if ends("/chat/completions") {
            Some(Self::Chat)
        } else if ends("/responses") {
            Some(Self::Responses)
        } else if ends("/api/chat") {
            Some(Self::Ollama)
        } else {
            None
        }
    }

    pub(crate) fn content_type(self) -> &'static str {
        match self {
            Self::Ollama => "application/x-ndjson",
            Self::Anthropic | Self::Chat | Self::Responses => "text/event-stream; charset=utf-8",
        }
    }

    /// The answer to request `number`, as the bytes of this format.
    pub(crate) fn render(self, answer: &Answer, model: &str, number: usize) -> Vec<Piece> {
        match self {
            Self::Anthropic => anthropic::render(answer, model, number),
            Self::Chat => chat::render(answer, model, number),
            Self::Responses => responses::render(answer, model, number),
            Self::Ollama => ollama::render(answer, model),
        }
    }

    /// A refusal's body.
    pub(crate) fn refusal(self, status: u16, overflow: Option<u32>, says: Option<&str>) -> String {
        let anthropic = self == Self::Anthropic;
        let (kind, code, message) = match (status, overflow) {
            (_, Some(limit)) if anthropic => {
                ("invalid_request_error", "", format!("prompt is too long: {} tokens > {limit} maximum", limit + 1))
            }
            (_, Some(limit)) => (
                "invalid_request_error",
                "context_length_exceeded",
                format!("This model's maximum context length is {limit} tokens. Please shorten the messages."),
            ),
            (401, _) => ("authentication_error", "invalid_api_key", "invalid x-api-key".to_owned()),
            (402, _) => ("billing_error", "insufficient_quota", "payment required".to_owned()),
            (403, _) => ("permission_error", "forbidden", "not for you".to_owned()),
            (404, _) => ("not_found_error", "model_not_found", "model not found".to_owned()),
            (429, _) => ("rate_limit_error", "rate_limit_exceeded", "too many requests".to_owned()),
            (529, _) => ("overloaded_error", "overloaded", "overloaded".to_owned()),
            (500.., _) => ("api_error", "server_error", "internal error".to_owned()),
            _ => ("invalid_request_error", "invalid_request", "this request is wrong".to_owned()),
        };
        let message = says.map_or(message, str::to_owned);
        let body = match self {
            Self::Anthropic => serde_json::json!({"type": "error", "error": {"type": kind, "message": message}}),
            Self::Ollama => serde_json::json!({"error": message}),
            Self::Chat | Self::Responses => {
                serde_json::json!({"error": {"message": message, "type": kind, "param": null, "code": code}})
            }
        };
        body.to_string()
    }
}

/// A server-sent event with a name.
pub(crate) fn event(name: &str, data: &serde_json::Value) -> Piece {
    Piece::Bytes(format!("event: {name}\ndata: {data}\n\n").into())
}

/// A server-sent event without a name.
pub(crate) fn data(data: &serde_json::Value) -> Piece {
    Piece::Bytes(format!("data: {data}\n\n").into())
}

/// An event that is no JSON.
pub(crate) fn broken_event() -> Piece {
    Piece::Bytes(Bytes::from_static(b"event: garbage\ndata: {\"type\": \"content_block_delta\", \"del\n\n"))
}
