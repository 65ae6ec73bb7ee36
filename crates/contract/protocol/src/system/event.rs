//! `system-event`: a machine reports something about itself.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Method, Scope, lenient};

#[derive(Debug)]
pub struct Event;

impl Method for Event {
    const NAME: &'static str = "system-event";
    const SCOPE: Scope = Scope::Admin;
    type Params = Params;
    type Reply = Reply;
}

/// Every field that does not fit counts as absent; a missing text is an error in the method's own words.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Params {
    #[serde(default, deserialize_with = "lenient::loose", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<serde_json::Value>")]
    pub text: Option<String>,
    #[serde(default, deserialize_with = "lenient::loose", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<serde_json::Value>")]
    pub device_id: Option<String>,
    #[serde(default, deserialize_with = "lenient::loose", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<serde_json::Value>")]
    pub instance_id: Option<String>,
    #[serde(default, deserialize_with = "lenient::loose", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<serde_json::Value>")]
    pub host: Option<String>,
    #[serde(default, deserialize_with = "lenient::loose", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<serde_json::Value>")]
    pub ip: Option<String>,
    #[serde(default, deserialize_with = "lenient::loose", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<serde_json::Value>")]
    pub mode: Option<String>,
    #[serde(default, deserialize_with = "lenient::loose", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<serde_json::Value>")]
    pub version: Option<String>,
    #[serde(default, deserialize_with = "lenient::loose", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<serde_json::Value>")]
    pub platform: Option<String>,
    #[serde(default, deserialize_with = "lenient::loose", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<serde_json::Value>")]
    pub device_family: Option<String>,
    #[serde(default, deserialize_with = "lenient::loose", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<serde_json::Value>")]
    pub model_identifier: Option<String>,
    #[serde(default, deserialize_with = "lenient::loose", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<serde_json::Value>")]
    pub last_input_seconds: Option<f64>,
    #[serde(default, deserialize_with = "lenient::loose", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<serde_json::Value>")]
    pub reason: Option<String>,
    #[serde(default, deserialize_with = "lenient::loose", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<serde_json::Value>")]
    pub roles: Option<Vec<String>>,
    #[serde(default, deserialize_with = "lenient::loose", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<serde_json::Value>")]
    pub scopes: Option<Vec<String>>,
    #[serde(default, deserialize_with = "lenient::loose", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<serde_json::Value>")]
    pub tags: Option<Vec<String>>,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
pub struct Reply {
    pub ok: bool,
}
