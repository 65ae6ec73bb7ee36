//! `pairing.approve`: lets the sender with this code in, and tells them.

use ids::{AccountId, ChannelKind, SenderId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Method, Order, Scope, Text};

#[derive(Debug)]
pub struct Approve;

impl Method for Approve {
    const NAME: &'static str = "pairing.approve";
    const SCOPE: Scope = Scope::Pairing;
    type Params = Params;
    type Reply = Reply;

    fn order(_: &Params) -> Order {
        Order::Global("pairing")
    }
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Params {
    pub channel: ChannelKind,
    pub code: Text,
    /// Whether the sender is told; true when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notify: Option<bool>,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
pub struct Reply {
    pub channel: ChannelKind,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account_id: Option<AccountId>,
    pub sender: SenderId,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}
