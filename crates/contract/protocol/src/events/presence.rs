//! `presence`: who is here now.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Delivery, Event, system::PresenceEntry};

#[derive(Debug)]
pub struct Presence;

impl Event for Presence {
    const NAME: &'static str = "presence";
    const DELIVERY: Delivery = Delivery::Droppable;
    type Payload = Payload;
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Payload {
    pub presence: Vec<PresenceEntry>,
}
