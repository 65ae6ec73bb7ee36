//! `last-heartbeat`: what became of the last one, `null` before the first.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::{Method, Scope};

#[derive(Debug)]
pub struct Last;

impl Method for Last {
    const NAME: &'static str = "last-heartbeat";
    const SCOPE: Scope = Scope::Read;
    type Params = Params;
    type Reply = Option<Box<RawValue>>;
}

/// Takes nothing and minds nothing.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Params {}
