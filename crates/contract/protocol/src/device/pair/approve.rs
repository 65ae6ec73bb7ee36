//! `device.pair.approve`: lets a device in.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Method, Order, Scope, Text, device, device::PairedDevice};

#[derive(Debug)]
pub struct Approve;

impl Method for Approve {
    const NAME: &'static str = "device.pair.approve";
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
    pub request_id: Text,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Reply {
    pub request_id: Text,
    pub device: PairedDevice,
}
