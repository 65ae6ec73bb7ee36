//! `pairing.remove`: a sender that was let in is a stranger again.

use ids::{ChannelKind, SenderId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Method, Order, Scope};

#[derive(Debug)]
pub struct Remove;

impl Method for Remove {
    const NAME: &'static str = "pairing.remove";
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
    pub sender: SenderId,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
pub struct Reply {
    pub channel: ChannelKind,
    pub sender: SenderId,
    /// Whether the sender was let in before.
    pub removed: bool,
}
