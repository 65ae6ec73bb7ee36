//! `device.token.rotate`: a new token for a device and role; the old one ends.

use ids::DeviceId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Method, Order, Scope, Text, device};

#[derive(Debug)]
pub struct Rotate;

impl Method for Rotate {
    const NAME: &'static str = "device.token.rotate";
    const SCOPE: Scope = Scope::Pairing;
    type Params = Params;
    type Reply = Reply;

    fn order(_: &Params) -> Order {
        device::order()
    }
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Params {
    pub device_id: DeviceId,
    pub role: Text,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scopes: Option<Vec<Text>>,
}

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Reply {
    pub device_id: DeviceId,
    pub role: Text,
    pub token: String,
    pub scopes: Vec<Text>,
    pub rotated_at_ms: u64,
}

impl std::fmt::Debug for Reply {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reply").field("device_id", &self.device_id).field("role", &self.role).finish_non_exhaustive()
    }
}
