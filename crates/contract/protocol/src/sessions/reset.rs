//! `sessions.reset`: starts a session over, keeping its key.

use ids::SessionKey;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::{Method, Order, Scope};

#[derive(Debug)]
pub struct Reset;

impl Method for Reset {
    const NAME: &'static str = "sessions.reset";
    const SCOPE: Scope = Scope::Admin;
    type Params = Params;
    type Reply = Reply;

    fn order(params: &Params) -> Order {
        Order::Session(params.key.clone())
    }
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Params {
    pub key: SessionKey,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
pub struct Reply {
    pub ok: bool,
    pub key: SessionKey,
    pub entry: Box<RawValue>,
}
