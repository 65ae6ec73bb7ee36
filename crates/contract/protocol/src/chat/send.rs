//! `chat.send`: a person's message to a session; the answer comes as `chat` and `agent` events.

use ids::{RunId, SessionKey};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Attachment, Effect, Method, Order, Scope, Text, Twin, Whole};

#[derive(Debug)]
pub struct Send;

impl Method for Send {
    const NAME: &'static str = "chat.send";
    const SCOPE: Scope = Scope::Write;
    const EFFECT: Effect = Effect::Once(Twin::InFlight);
    type Params = Params;
    type Reply = Reply;

    fn order(params: &Params) -> Order {
        Order::Session(params.session_key.clone())
    }
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Params {
    pub session_key: SessionKey,
    pub message: Text,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thinking: Option<String>,
    /// Accepted and without effect: answers of this method stay in the chat.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deliver: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attachments: Option<Vec<Attachment>>,
    /// 0 is the agent's default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout_ms: Option<Whole>,
    pub idempotency_key: RunId,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[serde(untagged)]
pub enum Reply {
    Run(Ack),
    /// The message was a stop word.
    Stopped(super::abort::Reply),
}

/// What became of the message.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
pub struct Ack {
    pub run_id: RunId,
    pub status: AckStatus,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AckStatus {
    Started,
    /// The same key was sent before and its run goes on.
    InFlight,
    /// The same key was sent before and its run is over.
    Ok,
}

/// The payload beside the error when the run of the same key had failed.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
pub struct Failed {
    pub run_id: RunId,
    pub status: FailedStatus,
    pub summary: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum FailedStatus {
    Error,
}
