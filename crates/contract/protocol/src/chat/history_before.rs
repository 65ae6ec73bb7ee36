//! `chat.history.before`: older messages of a session, a page at a time, as far back as its transcript goes.
//!
//! `chat.history` tells the last messages and says nothing of where they stand; whoever reads on needs a place to start
//! from, and each page names the one of the page before it.

use ids::{EntryId, SessionId, SessionKey};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::{Method, Scope, Whole};

#[derive(Debug)]
pub struct HistoryBefore;

impl Method for HistoryBefore {
    const NAME: &'static str = "chat.history.before";
    const SCOPE: Scope = Scope::Read;
    type Params = Params;
    type Reply = Reply;
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Params {
    pub session_key: SessionKey,
    /// Of an earlier reply; the last messages when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<EntryId>,
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
    /// Oldest first, as `chat.history` tells them.
    pub messages: Vec<Box<RawValue>>,
    /// Where the next page ends; absent when these are the first messages.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<EntryId>,
}
