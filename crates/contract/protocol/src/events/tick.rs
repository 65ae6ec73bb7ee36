//! `tick`: the gateway is alive; every 30 seconds.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Delivery, Event};

#[derive(Debug)]
pub struct Tick;

impl Event for Tick {
    const NAME: &'static str = "tick";
    const DELIVERY: Delivery = Delivery::Droppable;
    type Payload = Payload;
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
pub struct Payload {
    pub ts: u64,
}
