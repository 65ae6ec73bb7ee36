//! `chat.history`: the last messages of a session, as they stand in its transcript.

use ids::{SessionId, SessionKey};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::{Method, Scope, Whole};

#[derive(Debug)]
pub struct History;

impl Method for History {
    const NAME: &'static str = "chat.history";
    const SCOPE: Scope = Scope::Read;
    type Params = Params;
    type Reply = Reply;
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Params {
    pub session_key: SessionKey,
    /// 200 when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<Whole<1, 1000>>,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
pub struct Reply {
    /// In the client's spelling.
    pub session_key: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_id: Option<SessionId>,
    /// Oldest first; never re-encoded on the way from the transcript.
    pub messages: Vec<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thinking_level: Option<String>,
}
