//! `sessions.patch`: changes a session's settings; what is `null` goes back to its default.

use ids::SessionKey;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::{Bounded, Change, Method, Order, Scope, Text};

#[derive(Debug)]
pub struct Patch;

impl Method for Patch {
    const NAME: &'static str = "sessions.patch";
    const SCOPE: Scope = Scope::Admin;
    type Params = Params;
    type Reply = Reply;

    fn order(params: &Params) -> Order {
        Order::Session(params.key.clone())
    }
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Params {
    pub key: SessionKey,
    #[serde(default, skip_serializing_if = "Change::is_keep")]
    pub label: Change<Bounded<1, 64>>,
    #[serde(default, skip_serializing_if = "Change::is_keep")]
    pub thinking_level: Change<Text>,
    #[serde(default, skip_serializing_if = "Change::is_keep")]
    pub verbose_level: Change<Text>,
    #[serde(default, skip_serializing_if = "Change::is_keep")]
    pub reasoning_level: Change<Text>,
    #[serde(default, skip_serializing_if = "Change::is_keep")]
    pub response_usage: Change<ResponseUsage>,
    #[serde(default, skip_serializing_if = "Change::is_keep")]
    pub elevated_level: Change<Text>,
    #[serde(default, skip_serializing_if = "Change::is_keep")]
    pub exec_host: Change<Text>,
    #[serde(default, skip_serializing_if = "Change::is_keep")]
    pub exec_security: Change<Text>,
    #[serde(default, skip_serializing_if = "Change::is_keep")]
    pub exec_ask: Change<Text>,
    #[serde(default, skip_serializing_if = "Change::is_keep")]
    pub exec_node: Change<Text>,
    #[serde(default, skip_serializing_if = "Change::is_keep")]
    pub model: Change<Text>,
    #[serde(default, skip_serializing_if = "Change::is_keep")]
    pub spawned_by: Change<Text>,
    #[serde(default, skip_serializing_if = "Change::is_keep")]
    pub send_policy: Change<SendPolicy>,
    #[serde(default, skip_serializing_if = "Change::is_keep")]
    pub group_activation: Change<GroupActivation>,
}

impl Params {
    /// A patch that changes nothing yet.
    #[must_use]
    pub fn of(key: SessionKey) -> Self {
        Self {
            key,
            label: Change::Keep,
            thinking_level: Change::Keep,
            verbose_level: Change::Keep,
            reasoning_level: Change::Keep,
            response_usage: Change::Keep,
            elevated_level: Change::Keep,
            exec_host: Change::Keep,
            exec_security: Change::Keep,
            exec_ask: Change::Keep,
            exec_node: Change::Keep,
            model: Change::Keep,
            spawned_by: Change::Keep,
            send_policy: Change::Keep,
            group_activation: Change::Keep,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ResponseUsage {
    Off,
    Tokens,
    Full,
    /// Means `tokens`.
    On,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum SendPolicy {
    Allow,
    Deny,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum GroupActivation {
    Mention,
    Always,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
pub struct Reply {
    pub ok: bool,
    pub path: String,
    pub key: SessionKey,
    /// The entry as it now stands in the store.
    pub entry: Box<RawValue>,
}
