//! `agent.identity.get`: the name and face a client shows for an agent.

use ids::{AgentId, SessionKey};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Method, Scope, Text, lenient};

#[derive(Debug)]
pub struct Identity;

impl Method for Identity {
    const NAME: &'static str = "agent.identity.get";
    const SCOPE: Scope = Scope::Read;
    type Params = Params;
    type Reply = Reply;
}

#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Params {
    #[serde(default, deserialize_with = "lenient::any_agent", skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<AgentId>,
    #[serde(default, deserialize_with = "lenient::blank_is_none", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub session_key: Option<SessionKey>,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
pub struct Reply {
    pub agent_id: AgentId,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub avatar: Option<Text>,
}
