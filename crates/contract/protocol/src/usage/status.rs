//! `usage.status`: how much of each subscription is used up.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Method, Scope};

#[derive(Debug)]
pub struct Status;

impl Method for Status {
    const NAME: &'static str = "usage.status";
    const SCOPE: Scope = Scope::Read;
    type Params = Params;
    type Reply = Reply;
}

/// Takes nothing and minds nothing.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Params {}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Reply {
    pub updated_at: u64,
    pub providers: Vec<ProviderUsage>,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProviderUsage {
    pub provider: String,
    pub display_name: String,
    pub windows: Vec<UsageWindow>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UsageWindow {
    pub label: String,
    pub used_percent: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reset_at: Option<u64>,
}
