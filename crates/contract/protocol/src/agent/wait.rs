//! `agent.wait`: waits for the end of a run, whoever started it.

use ids::RunId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Method, Scope, Whole};

#[derive(Debug)]
pub struct Wait;

impl Method for Wait {
    const NAME: &'static str = "agent.wait";
    const SCOPE: Scope = Scope::Write;
    type Params = Params;
    type Reply = Reply;
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Params {
    pub run_id: RunId,
    /// 30 000 when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout_ms: Option<Whole>,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
pub struct Reply {
    pub run_id: RunId,
    pub status: WaitStatus,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started_at: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum WaitStatus {
    Ok,
    Error,
    Timeout,
}
