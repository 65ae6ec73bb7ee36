//! `config.set`: writes the whole file.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::{Method, Order, Scope, Text};

#[derive(Debug)]
pub struct Set;

impl Method for Set {
    const NAME: &'static str = "config.set";
    const SCOPE: Scope = Scope::Admin;
    type Params = Params;
    type Reply = Reply;

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
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Reply {
    pub ok: bool,
    pub path: String,
    pub config: Box<RawValue>,
}
