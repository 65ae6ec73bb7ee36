//! Paired devices and their tokens.

pub mod pair;
pub mod token;

use ids::DeviceId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Order, Text};

/// Changes to what we know of devices wait for each other.
fn order() -> Order {
    Order::Global("devices")
}

/// A device that asks to be let in.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
pub struct PendingDevice {
    pub request_id: Text,
    pub device_id: DeviceId,
    pub public_key: Text,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display_name: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub platform: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_id: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_mode: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub roles: Option<Vec<Text>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scopes: Option<Vec<Text>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remote_ip: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub silent: Option<bool>,
    /// The device was paired before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_repair: Option<bool>,
    pub ts: u64,
}

/// A device that was let in; its tokens without their secrets.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PairedDevice {
    pub device_id: DeviceId,
    pub public_key: Text,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub platform: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_mode: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub roles: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scopes: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remote_ip: Option<String>,
    pub created_at_ms: u64,
    pub approved_at_ms: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tokens: Option<Vec<TokenSummary>>,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TokenSummary {
    pub role: String,
    pub scopes: Vec<String>,
    pub created_at_ms: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rotated_at_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revoked_at_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_used_at_ms: Option<u64>,
}
