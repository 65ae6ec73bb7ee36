//! `device.pair.requested` and `device.pair.resolved`: a device asks to be let in, and somebody decides.

use ids::DeviceId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Delivery, Event, Scope, Text, device::PendingDevice};

#[derive(Debug)]
pub struct Requested;

impl Event for Requested {
    const NAME: &'static str = "device.pair.requested";
    const SCOPE: Option<Scope> = Some(Scope::Pairing);
    const DELIVERY: Delivery = Delivery::Droppable;
    type Payload = PendingDevice;
}

#[derive(Debug)]
pub struct Resolved;

impl Event for Resolved {
    const NAME: &'static str = "device.pair.resolved";
    const SCOPE: Option<Scope> = Some(Scope::Pairing);
    const DELIVERY: Delivery = Delivery::Droppable;
    type Payload = Decision;
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
pub struct Decision {
    pub request_id: Text,
    pub device_id: DeviceId,
    /// `approved` or `rejected`.
    pub decision: Text,
    pub ts: u64,
}
