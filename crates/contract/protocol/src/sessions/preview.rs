//! `sessions.preview`: the last few lines of several sessions, cut short.

use ids::SessionKey;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Method, NonEmpty, Scope, Whole};

#[derive(Debug)]
pub struct Preview;

impl Method for Preview {
    const NAME: &'static str = "sessions.preview";
    const SCOPE: Scope = Scope::Read;
    type Params = Params;
    type Reply = Reply;
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Params {
    /// The first 64 are looked at.
    pub keys: NonEmpty<SessionKey>,
    /// 12 when absent, at most 50.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<Whole<1>>,
    /// 240 when absent, at most 2000.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_chars: Option<Whole<20>>,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Reply {
    pub ts: u64,
    pub previews: Vec<SessionPreview>,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionPreview {
    /// In the client's spelling.
    pub key: String,
    pub status: PreviewStatus,
    pub items: Vec<PreviewItem>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum PreviewStatus {
    Ok,
    Empty,
    Missing,
    Error,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PreviewItem {
    pub role: PreviewRole,
    pub text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum PreviewRole {
    User,
    Assistant,
    Tool,
    System,
    Other,
}
