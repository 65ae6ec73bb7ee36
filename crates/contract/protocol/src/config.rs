//! The owner's configuration file, over the wire.

pub mod apply;
pub mod get;
pub mod patch;
pub mod schema;
pub mod set;

pub use apply::Apply;
pub use get::Get;
pub use patch::Patch;
pub use schema::Schema;
pub use set::Set;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::Order;

/// Writers of the file wait for each other.
fn order() -> Order {
    Order::Global("config")
}

/// A problem of the file: where and what.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
pub struct ConfigIssue {
    pub path: String,
    pub message: String,
}

/// `details` of `invalid config`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
pub struct InvalidConfig {
    pub issues: Vec<ConfigIssue>,
}

/// The answer to a change that restarts what it touches.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Changed {
    pub ok: bool,
    pub path: String,
    pub config: Box<RawValue>,
    pub restart: Restart,
    pub sentinel: Sentinel,
}

/// When and how the change takes effect.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Restart {
    pub ok: bool,
    pub pid: u32,
    pub signal: String,
    pub delay_ms: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    pub mode: String,
}

/// The note that is posted to a session after the restart.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Sentinel {
    pub path: Option<String>,
    pub payload: SentinelNote,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SentinelNote {
    pub kind: String,
    pub status: String,
    pub ts: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_key: Option<String>,
    pub message: Option<String>,
    pub doctor_hint: String,
    pub stats: SentinelStats,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SentinelStats {
    pub mode: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub root: Option<String>,
}
