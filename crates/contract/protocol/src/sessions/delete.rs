//! `sessions.delete`: ends a session and puts its transcript aside.

use ids::SessionKey;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Method, Order, Scope};

#[derive(Debug)]
pub struct Delete;

impl Method for Delete {
    const NAME: &'static str = "sessions.delete";
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
    /// True when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delete_transcript: Option<bool>,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
pub struct Reply {
    pub ok: bool,
    pub key: SessionKey,
    pub deleted: bool,
    /// Where the transcripts are now.
    pub archived: Vec<String>,
}
