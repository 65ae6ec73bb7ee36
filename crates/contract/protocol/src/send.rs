//! `send`: one message to somebody on a channel, without an agent.

use ids::{RunId, SessionKey};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Effect, Method, Scope, Text, Twin, lenient};

#[derive(Debug)]
pub struct Send;

impl Method for Send {
    const NAME: &'static str = "send";
    const SCOPE: Scope = Scope::Write;
    const EFFECT: Effect = Effect::Once(Twin::Wait);
    type Params = Params;
    type Reply = Reply;
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Params {
    pub to: Text,
    pub message: Text,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub media_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub media_urls: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gif_playback: Option<bool>,
    /// `whatsapp` when absent, as it always was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account_id: Option<String>,
    #[serde(default, deserialize_with = "lenient::blank_is_none", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub session_key: Option<SessionKey>,
    pub idempotency_key: RunId,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Reply {
    pub run_id: RunId,
    pub message_id: String,
    pub channel: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chat_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to_jid: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conversation_id: Option<String>,
}
