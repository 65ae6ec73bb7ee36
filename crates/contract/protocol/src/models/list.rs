//! `models.list`: the catalogue, sorted by provider, then name.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Method, Scope, Text, Whole};

#[derive(Debug)]
pub struct List;

impl Method for List {
    const NAME: &'static str = "models.list";
    const SCOPE: Scope = Scope::Read;
    type Params = Params;
    type Reply = Reply;
}

#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Params {}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
pub struct Reply {
    pub models: Vec<ModelChoice>,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
pub struct ModelChoice {
    pub id: Text,
    pub name: Text,
    pub provider: Text,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context_window: Option<Whole<1>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reasoning: Option<bool>,
    /// `text`, `image`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input: Option<Vec<String>>,
}
