//! What an event of the gateway is.

use schemars::JsonSchema;
use serde::{Serialize, de::DeserializeOwned};

use crate::Scope;

/// One event: its name, its payload, who may see it and whether it may be dropped.
pub trait Event: 'static {
    const NAME: &'static str;
    /// `None`: every connection. `Some`: operators with that scope.
    const SCOPE: Option<Scope> = None;
    const DELIVERY: Delivery = Delivery::Keep;
    type Payload: Serialize + DeserializeOwned + JsonSchema;
}

/// What happens to an event whose reader is slow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// A reader that cannot take it is closed.
    Keep,
    /// Skipped for that reader.
    Droppable,
}
