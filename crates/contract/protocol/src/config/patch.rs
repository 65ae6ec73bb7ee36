//! `config.patch`: merges a JSON merge patch into the file and restarts what changed.

use ids::SessionKey;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Changed;
use crate::{Method, Order, Scope, Text, Whole, lenient};

#[derive(Debug)]
pub struct Patch;

impl Method for Patch {
    const NAME: &'static str = "config.patch";
    const SCOPE: Scope = Scope::Admin;
    type Params = Params;
    type Reply = Changed;

    fn order(_: &Params) -> Order {
        super::order()
    }
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Params {
    pub raw: Text,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base_hash: Option<Text>,
    #[serde(default, deserialize_with = "lenient::blank_is_none", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub session_key: Option<SessionKey>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub restart_delay_ms: Option<Whole>,
}
