//! `sessions.resolve`: the canonical key of a session named by key, id or label.

use ids::{AgentId, SessionId, SessionKey};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Bounded, Method, Scope, Text, lenient};

#[derive(Debug)]
pub struct Resolve;

impl Method for Resolve {
    const NAME: &'static str = "sessions.resolve";
    const SCOPE: Scope = Scope::Admin;
    const LISTED: bool = false;
    type Params = Params;
    type Reply = Reply;
}

/// Exactly one of `key`, `session_id` and `label` is wanted; the method says so in its own words.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Params {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<SessionKey>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_id: Option<SessionId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<Bounded<1, 64>>,
    #[serde(default, deserialize_with = "lenient::any_agent", skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<AgentId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spawned_by: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub include_global: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub include_unknown: Option<bool>,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
pub struct Reply {
    pub ok: bool,
    pub key: SessionKey,
}
