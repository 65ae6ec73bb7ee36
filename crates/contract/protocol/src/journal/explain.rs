//! `journal.explain`: the life of one inbound message, from its arrival to the vendor's receipt.

use ids::{ChannelKind, SessionKey};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::{Method, Scope, Text};

#[derive(Debug)]
pub struct Explain;

impl Method for Explain {
    const NAME: &'static str = "journal.explain";
    const SCOPE: Scope = Scope::Read;
    type Params = Params;
    type Reply = Reply;
}

#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Params {
    /// An event's id or at least its first 8 characters, a run's id, `last`, or
    /// `<channel>[/<account>]:<peer>:<message>`. The last message when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event: Option<Text>,
    /// Of `last`: the last one of this session.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<SessionKey>,
    /// Of `last`: the last one of this channel.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel: Option<ChannelKind>,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
pub struct Reply {
    /// The event's id, or the id of a run that no event stands behind.
    pub event: String,
    /// Nothing more will happen to this message.
    pub complete: bool,
    /// In the order they happened.
    pub steps: Vec<Step>,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
pub struct Step {
    /// Unix milliseconds.
    pub at: u64,
    /// The fact's own name: `inbound.received`, `inbound.verdict`, `run.started`, `outbound.sent`, …
    pub kind: String,
    /// One sentence for a person.
    pub text: String,
    /// The same for programs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub details: Option<Box<RawValue>>,
}
