//! `system-presence`: who is here, newest first.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::PresenceEntry;
use crate::{Method, Scope};

#[derive(Debug)]
pub struct Presence;

impl Method for Presence {
    const NAME: &'static str = "system-presence";
    const SCOPE: Scope = Scope::Read;
    type Params = Params;
    type Reply = Vec<PresenceEntry>;
}

/// Takes nothing and minds nothing.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Params {}
