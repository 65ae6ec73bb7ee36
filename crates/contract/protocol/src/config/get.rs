//! `config.get`: the file as it is, as it was understood, and what is wrong with it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::ConfigIssue;
use crate::{Method, Scope};

#[derive(Debug)]
pub struct Get;

impl Method for Get {
    const NAME: &'static str = "config.get";
    const SCOPE: Scope = Scope::Admin;
    type Params = Params;
    type Reply = Reply;
}

#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Params {}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Reply {
    pub path: String,
    pub exists: bool,
    pub raw: Option<String>,
    pub parsed: Box<RawValue>,
    pub valid: bool,
    /// Checked, with defaults filled in.
    pub config: Box<RawValue>,
    /// Hex SHA-256 of `raw`: what a change must name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hash: Option<String>,
    pub issues: Vec<ConfigIssue>,
    pub warnings: Vec<ConfigIssue>,
    pub legacy_issues: Vec<ConfigIssue>,
}
