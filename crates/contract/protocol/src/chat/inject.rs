//! `chat.inject`: writes a message into a transcript as if the assistant had said it; no model is asked.

use ids::{EntryId, SessionKey};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Bounded, Method, Order, Scope, Text};

#[derive(Debug)]
pub struct Inject;

impl Method for Inject {
    const NAME: &'static str = "chat.inject";
    const SCOPE: Scope = Scope::Admin;
    const LISTED: bool = false;
    type Params = Params;
    type Reply = Reply;

    fn order(params: &Params) -> Order {
        Order::Session(params.session_key.clone())
    }
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Params {
    pub session_key: SessionKey,
    pub message: Text,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<Bounded<0, 100>>,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
pub struct Reply {
    pub ok: bool,
    pub message_id: EntryId,
}
