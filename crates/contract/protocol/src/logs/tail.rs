//! `logs.tail`: the end of today's log, and what was added since a cursor.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Method, Scope, Text, Whole};

#[derive(Debug)]
pub struct Tail;

impl Method for Tail {
    const NAME: &'static str = "logs.tail";
    const SCOPE: Scope = Scope::Read;
    type Params = Params;
    type Reply = Reply;
}

#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Params {
    /// Where the last answer ended, in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<Whole>,
    /// 500 when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<Whole<1, 5000>>,
    /// 250 000 when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_bytes: Option<Whole<1, 1_000_000>>,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
pub struct Reply {
    pub file: Text,
    pub cursor: u64,
    pub size: u64,
    /// Raw JSON lines.
    pub lines: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub truncated: Option<bool>,
    /// The cursor named another file: what the client holds is stale.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reset: Option<bool>,
}
