//! What a model is asked: a borrowed view of the history would tie the stream to the run, so blocks share text by
//! reference count instead of copying it.

use std::sync::Arc;

use serde_json::value::RawValue;

use crate::{Model, Thinking};

/// One call.
#[derive(Debug, Clone)]
pub struct ModelRequest {
    pub model: Arc<Model>,
    pub system: Arc<str>,
    pub messages: Vec<Message>,
    pub tools: Arc<[ToolSchema]>,
    pub thinking: Thinking,
    /// Most tokens of the answer, thinking excluded; `None` takes the model's.
    pub max_tokens: Option<u32>,
    pub temperature: Option<f64>,
    /// Names the conversation to vendors that route caches by it.
    pub cache_key: Arc<str>,
    pub cache: CacheHint,
}

impl ModelRequest {
    /// The beginning of call ids that no call of this history bears, for vendors that give none.
    #[must_use]
    pub fn unused_call_prefix(&self) -> String {
        let taken = |prefix: &str| {
            self.messages.iter().any(|message| match message {
                Message::Assistant(blocks) => {
                    blocks.iter().any(|block| matches!(block, Block::ToolCall { id, .. } if id.starts_with(prefix)))
                }
                Message::User(_) | Message::ToolResult { .. } => false,
            })
        };
        let mut number = self.messages.len();
        while taken(&format!("call_{number}_")) {
            number += 1;
        }
        format!("call_{number}_")
    }
}

/// How long the vendor should keep the prompt prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CacheHint {
    #[default]
    FiveMinutes,
    OneHour,
    Off,
}

/// One message of the history, in the order the model must see.
#[derive(Debug, Clone)]
pub enum Message {
    User(Vec<Block>),
    Assistant(Vec<Block>),
    ToolResult { call: Arc<str>, tool: Arc<str>, content: Vec<Block>, is_error: bool },
}

/// A part of a message.
#[derive(Debug, Clone)]
pub enum Block {
    Text(Arc<str>),
    /// Reasoning of an earlier answer; the signature goes back untouched to the vendor and model that made it.
    Thinking {
        text: Arc<str>,
        signature: Option<Arc<str>>,
    },
    /// Base 64 data with its MIME type.
    Image {
        mime: Arc<str>,
        data: Arc<str>,
    },
    ToolCall {
        id: Arc<str>,
        name: Arc<str>,
        arguments: Arc<RawValue>,
    },
}

/// What the model is told of one tool.
#[derive(Debug, Clone)]
pub struct ToolSchema {
    pub name: &'static str,
    pub about: &'static str,
    /// A JSON Schema object: `type`, `properties`, `required`.
    pub parameters: Arc<RawValue>,
}
