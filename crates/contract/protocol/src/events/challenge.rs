//! `connect.challenge`: the first frame of every connection; never numbered.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Event;

#[derive(Debug)]
pub struct Challenge;

impl Event for Challenge {
    const NAME: &'static str = "connect.challenge";
    type Payload = Payload;
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Payload {
    pub nonce: String,
    pub ts: u64,
}
