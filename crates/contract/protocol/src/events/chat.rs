//! `chat`: what a chat window shows of a run.

use ids::RunId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Delivery, Event, Text};

/// The end of a run, or an injected message: never skipped.
#[derive(Debug)]
pub struct Chat;

impl Event for Chat {
    const NAME: &'static str = "chat";
    type Payload = Payload;
}

/// The text so far: the same event, skipped for a slow reader because the next one holds it too.
#[derive(Debug)]
pub struct ChatDelta;

impl Event for ChatDelta {
    const NAME: &'static str = "chat";
    const DELIVERY: Delivery = Delivery::Droppable;
    type Payload = Payload;
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
pub struct Payload {
    pub run_id: RunId,
    /// The spelling the run was registered with: clients compare it as text.
    pub session_key: Text,
    /// Of the agent event this one was made from.
    pub seq: u64,
    pub state: ChatState,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<ChatMessage>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_message: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stop_reason: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ChatState {
    Delta,
    Final,
    Aborted,
    Error,
}

/// An assistant message.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChatMessage {
    pub role: ChatRole,
    pub content: Vec<ChatText>,
    pub timestamp: u64,
    /// `injected` for what no model said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stop_reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usage: Option<ChatUsage>,
}

impl ChatMessage {
    /// What the assistant said.
    #[must_use]
    pub fn said(text: String, timestamp: u64) -> Self {
        let content = vec![ChatText { kind: TextKind::Text, text }];
        Self { role: ChatRole::Assistant, content, timestamp, stop_reason: None, usage: None }
    }

    /// What was put into the assistant's mouth: a command's answer, an injected message.
    #[must_use]
    pub fn injected(text: String, timestamp: u64) -> Self {
        let usage = ChatUsage { input: 0, output: 0, total_tokens: 0 };
        Self { stop_reason: Some("injected".into()), usage: Some(usage), ..Self::said(text, timestamp) }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ChatRole {
    Assistant,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChatText {
    #[serde(rename = "type")]
    pub kind: TextKind,
    pub text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum TextKind {
    Text,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChatUsage {
    pub input: u64,
    pub output: u64,
    pub total_tokens: u64,
}
