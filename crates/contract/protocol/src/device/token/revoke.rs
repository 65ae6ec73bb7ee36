//! `device.token.revoke`: ends a device's token for a role; open connections stay.

use ids::DeviceId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Method, Order, Scope, Text, device};

#[derive(Debug)]
pub struct Revoke;

impl Method for Revoke {
    const NAME: &'static str = "device.token.revoke";
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
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Reply {
    pub device_id: DeviceId,
    pub role: Text,
    pub revoked_at_ms: u64,
}
