//! `channels.status`: every channel this program has, configured or not, and how its accounts are.

use std::collections::BTreeMap;

use ids::AccountId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, value::RawValue};

use crate::{Method, Scope, Text, Whole};

#[derive(Debug)]
pub struct Status;

impl Method for Status {
    const NAME: &'static str = "channels.status";
    const SCOPE: Scope = Scope::Read;
    type Params = Params;
    type Reply = Reply;
}

#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Params {
    /// Ask every network now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub probe: Option<bool>,
    /// 10 000 when absent, at least 1000.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout_ms: Option<Whole>,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
pub struct Reply {
    pub ts: u64,
    pub channel_order: Vec<Text>,
    pub channel_labels: BTreeMap<String, Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel_detail_labels: Option<BTreeMap<String, Text>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel_system_images: Option<BTreeMap<String, Text>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel_meta: Option<Vec<ChannelMeta>>,
    /// By channel: a summary in the channel's own terms.
    pub channels: BTreeMap<String, Box<RawValue>>,
    pub channel_accounts: BTreeMap<String, Vec<AccountSnapshot>>,
    pub channel_default_account_id: BTreeMap<String, AccountId>,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
pub struct ChannelMeta {
    pub id: Text,
    pub label: Text,
    pub detail_label: Text,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub system_image: Option<String>,
}

/// One account. Open: channels add what only they know. The `null`s are part of what clients expect.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AccountSnapshot {
    pub account_id: AccountId,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub configured: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub linked: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_source: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bot_token_source: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub app_token_source: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub running: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connected: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reconnect_attempts: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_connected_at: Option<u64>,
    pub last_start_at: Option<u64>,
    pub last_stop_at: Option<u64>,
    pub last_error: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_probe_at: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dm_policy: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allow_from: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allow_unmentioned_groups: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub probe: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audit: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub application: Option<Value>,
    pub last_inbound_at: Option<u64>,
    pub last_outbound_at: Option<u64>,
}
