//! `agents.list`: which agents there are and which is the default.

use ids::AgentId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Method, Scope, Text};

#[derive(Debug)]
pub struct List;

impl Method for List {
    const NAME: &'static str = "agents.list";
    const SCOPE: Scope = Scope::Read;
    type Params = Params;
    type Reply = Reply;
}

#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Params {}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
pub struct Reply {
    pub default_id: AgentId,
    pub main_key: Text,
    pub scope: SessionScope,
    pub agents: Vec<AgentSummary>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SessionScope {
    PerSender,
    Global,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
pub struct AgentSummary {
    pub id: AgentId,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity: Option<AgentIdentity>,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
#[derive(Default)]
pub struct AgentIdentity {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub theme: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub emoji: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub avatar: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub avatar_url: Option<Text>,
}
