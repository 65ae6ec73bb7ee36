//! `chat.abort`: stops one run, or all that `chat.send` started in a session.

use ids::{RunId, SessionKey};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Method, Order, Scope};

#[derive(Debug)]
pub struct Abort;

impl Method for Abort {
    const NAME: &'static str = "chat.abort";
    const SCOPE: Scope = Scope::Write;
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
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run_id: Option<RunId>,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
pub struct Reply {
    pub ok: bool,
    pub aborted: bool,
    pub run_ids: Vec<RunId>,
}
