//! `device.pair.list`: who asks to be let in and who was.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    Method, Scope,
    device::{PairedDevice, PendingDevice},
};

#[derive(Debug)]
pub struct List;

impl Method for List {
    const NAME: &'static str = "device.pair.list";
    const SCOPE: Scope = Scope::Pairing;
    type Params = Params;
    type Reply = Reply;
}

#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Params {}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Reply {
    /// Newest first.
    pub pending: Vec<PendingDevice>,
    /// Last approved first.
    pub paired: Vec<PairedDevice>,
}
