//! `shutdown`: the gateway goes, perhaps to come back; the socket closes with 1012 next.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Event, Text};

#[derive(Debug)]
pub struct Shutdown;

impl Event for Shutdown {
    const NAME: &'static str = "shutdown";
    type Payload = Payload;
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
pub struct Payload {
    pub reason: Text,
    /// `null` when it does not come back by itself.
    pub restart_expected_ms: Option<u64>,
}
