//! Who is connected, and what machines report about themselves.

pub mod event;
pub mod presence;

pub use event::Event;
pub use presence::Presence;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Text;

/// Somebody or something that is here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
#[derive(Default)]
pub struct PresenceEntry {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ip: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub platform: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device_family: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model_identifier: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_input_seconds: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device_id: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub roles: Option<Vec<Text>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scopes: Option<Vec<Text>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance_id: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tags: Option<Vec<Text>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    pub ts: u64,
}
