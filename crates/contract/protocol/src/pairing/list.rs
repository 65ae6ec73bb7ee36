//! `pairing.list`: who waits with a code.

use ids::{AccountId, ChannelKind, SenderId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Method, Scope};

#[derive(Debug)]
pub struct List;

impl Method for List {
    const NAME: &'static str = "pairing.list";
    const SCOPE: Scope = Scope::Pairing;
    type Params = Params;
    type Reply = Reply;
}

#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Params {
    /// Every channel when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel: Option<ChannelKind>,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
pub struct Reply {
    pub requests: Vec<PairingRequest>,
}

/// One person who waits.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
pub struct PairingRequest {
    pub channel: ChannelKind,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account_id: Option<AccountId>,
    pub code: String,
    pub sender: SenderId,
    /// As the network shows the sender.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    pub created_at: u64,
    pub expires_at: u64,
}
