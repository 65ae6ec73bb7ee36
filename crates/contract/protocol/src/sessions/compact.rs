//! `sessions.compact`: cuts a transcript down to its last lines; no model is asked.

use ids::SessionKey;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Method, Order, Scope, Whole};

#[derive(Debug)]
pub struct Compact;

impl Method for Compact {
    const NAME: &'static str = "sessions.compact";
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
    /// 400 when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_lines: Option<Whole<1>>,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
pub struct Reply {
    pub ok: bool,
    pub key: SessionKey,
    pub compacted: bool,
    /// Why there was nothing to cut.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Where the whole transcript is now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub archived: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kept: Option<u64>,
}
