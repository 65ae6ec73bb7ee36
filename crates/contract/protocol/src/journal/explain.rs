//! `journal.explain`: the life of one inbound message, from its arrival to the vendor's receipt.

use ids::EventId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::{Method, Scope};

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
    /// The last message when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event: Option<EventId>,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
pub struct Reply {
    pub event: EventId,
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
    /// `received`, `verdict`, `route`, `queued`, `run`, `model`, `tool`, `part`, `delivery`, `receipt`, …
    pub kind: String,
    /// One sentence for a person.
    pub text: String,
    /// The same for programs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub details: Option<Box<RawValue>>,
}
