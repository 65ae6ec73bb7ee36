//! `health`: is everything that should run running?

use std::collections::BTreeMap;

use ids::{AgentId, SessionKey};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::{Method, Scope, lenient};

#[derive(Debug)]
pub struct Health;

impl Method for Health {
    const NAME: &'static str = "health";
    const SCOPE: Scope = Scope::Read;
    type Params = Params;
    type Reply = Snapshot;
}

#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Params {
    /// Ask every channel now, rather than answer from the last refresh.
    #[serde(default, deserialize_with = "lenient::loose", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<serde_json::Value>")]
    pub probe: Option<bool>,
}

/// How everything is; also the payload of the `health` event.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Snapshot {
    pub ok: bool,
    pub ts: u64,
    pub duration_ms: u64,
    /// By channel: what its adapter reports.
    pub channels: BTreeMap<String, Box<RawValue>>,
    pub channel_order: Vec<String>,
    pub channel_labels: BTreeMap<String, String>,
    pub heartbeat_seconds: u64,
    pub default_agent_id: AgentId,
    pub agents: Vec<AgentHealth>,
    pub sessions: SessionsHealth,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AgentHealth {
    pub agent_id: AgentId,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    pub is_default: bool,
    pub heartbeat: HeartbeatHealth,
    pub sessions: SessionsHealth,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct HeartbeatHealth {
    pub enabled: bool,
    /// `30m`, as it is configured.
    pub every: String,
    /// `null` when it is off.
    pub every_ms: Option<u64>,
    pub prompt: String,
    pub target: String,
    pub ack_max_chars: u64,
}

/// A session store in short: at most five rows.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionsHealth {
    pub path: String,
    pub count: u64,
    pub recent: Vec<RecentSession>,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RecentSession {
    pub key: SessionKey,
    pub updated_at: Option<u64>,
    pub age: Option<u64>,
}
