//! The three frames. A request is taken apart without copying its params: the method that owns them parses them, once.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::ErrorShape;

/// `{type:"req", id, method, params?}`; closed.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    #[serde(borrow)]
    pub id: std::borrow::Cow<'a, str>,
    #[serde(borrow)]
    pub method: std::borrow::Cow<'a, str>,
    #[serde(borrow, default)]
    pub params: Option<&'a RawValue>,
}

/// Why a message is not a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RequestError {
    NotJson,
    /// JSON, but not a request: the id to answer to (`invalid` when it has none) and the problems.
    NotARequest {
        id: String,
        problems: String,
    },
}

/// Takes a message apart.
///
/// # Errors
/// See [`RequestError`].
pub fn parse_request(text: &str) -> Result<Request<'_>, RequestError> {
    match serde_json::from_str::<Request<'_>>(text) {
        Ok(request) if request.kind == "req" && !request.id.is_empty() && !request.method.is_empty() => Ok(request),
        _ => Err(problems(text)),
    }
}

/// The slow path: names what is wrong with a message that is not a request, in the wording clients know.
fn problems(text: &str) -> RequestError {
    let Ok(value) = serde_json::from_str::<serde_json::Value>(text) else {
        return RequestError::NotJson;
    };
    let id = value.get("id").and_then(|id| id.as_str()).filter(|id| !id.is_empty()).unwrap_or("invalid").to_owned();
    let Some(object) = value.as_object() else {
        return RequestError::NotARequest { id, problems: "must be object".into() };
    };
    let mut found = Vec::new();
    for key in ["type", "id", "method"].into_iter().filter(|key| !object.contains_key(*key)) {
        found.push(format!("must have required property '{key}'"));
    }
    for key in object.keys().filter(|key| !["type", "id", "method", "params"].contains(&key.as_str())) {
        found.push(format!("at root: unexpected property '{key}'"));
    }
    for key in ["type", "id", "method"] {
        match object.get(key).map(serde_json::Value::as_str) {
            Some(None) => found.push(format!("at /{key}: must be string")),
            Some(Some("")) if key != "type" => {
                found.push(format!("at /{key}: must NOT have fewer than 1 characters"));
            }
            _ => {}
        }
        if key == "type" && object.get(key).is_some_and(|kind| kind != "req") {
            found.push("at /type: must be equal to constant".into());
        }
    }
    RequestError::NotARequest { id, problems: found.join("; ") }
}

/// `{type:"res", id, ok, payload?, error?}`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Response<'a> {
    #[serde(rename = "type")]
    pub kind: std::borrow::Cow<'a, str>,
    pub id: std::borrow::Cow<'a, str>,
    pub ok: bool,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub payload: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub error: Option<ErrorShape>,
}

impl<'a> Response<'a> {
    #[must_use]
    pub fn new(id: &'a str, payload: Option<Box<RawValue>>, error: Option<ErrorShape>) -> Self {
        Self { kind: "res".into(), id: id.into(), ok: error.is_none(), payload, error }
    }
}

/// `{type:"event", event, payload?, seq?, stateVersion?}`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EventFrame<'a, P> {
    #[serde(rename = "type")]
    pub kind: std::borrow::Cow<'a, str>,
    pub event: std::borrow::Cow<'a, str>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub payload: Option<P>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub seq: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub state_version: Option<StateVersion>,
}

/// Which states of presence and health a frame or snapshot reflects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct StateVersion {
    pub presence: u64,
    pub health: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_taken_apart_without_parsing_its_params() {
        let request = parse_request(r#"{"type":"req","id":"7","method":"health","params":{"probe":true}}"#).unwrap();
        assert_eq!((&*request.id, &*request.method), ("7", "health"));
        assert_eq!(request.params.unwrap().get(), r#"{"probe":true}"#);
    }

    #[test]
    fn a_message_that_is_no_request_is_answered_under_its_own_id() {
        let error = parse_request(r#"{"type":"req","id":"9"}"#).unwrap_err();
        assert_eq!(
            error,
            RequestError::NotARequest { id: "9".into(), problems: "must have required property 'method'".into() }
        );
        assert_eq!(parse_request("hello").unwrap_err(), RequestError::NotJson);
    }
}
