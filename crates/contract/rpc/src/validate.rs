//! Params that serde refused are checked against the method's schema, so that the client reads every problem in the
//! wording it knows. The schema is read only then, or when a `null` hides from serde: a good call does not pay for it.

use protocol::Method;
use serde::de::Error as _;
use serde_json::{Error, Value, value::RawValue};

use crate::{RpcError, problems::problems};

/// The params as their type; absent params are an empty object.
///
/// # Errors
/// `invalid <method> params: …` with every problem.
pub fn params<M: Method>(raw: Option<&RawValue>) -> Result<M::Params, RpcError> {
    let text = raw.map(RawValue::get).filter(|text| *text != "null").unwrap_or("{}");
    // Serde would take a list for an object, field by field.
    let parsed = if text.starts_with('{') { serde_json::from_str(text) } else { Err(Error::custom("must be object")) };
    match parsed {
        // Serde takes `null` for an absent field; the protocol does not.
        Ok(params) if !holds_null(text) => Ok(params),
        Ok(params) => match explain::<M>(text) {
            None => Ok(params),
            Some(problems) => Err(RpcError::invalid(problems)),
        },
        Err(refusal) => match explain::<M>(text) {
            Some(problems) => Err(RpcError::invalid(problems)),
            // Serde is stricter than JSON in one thing: a key that is there twice. The last one counts.
            None => again(text)
                .filter(|_| text.starts_with('{'))
                .ok_or_else(|| RpcError::invalid(format!("invalid {} params: {refusal}", M::NAME))),
        },
    }
}

/// Whether valid JSON holds a `null`, outside its texts.
fn holds_null(json: &str) -> bool {
    if !json.contains("null") {
        return false;
    }
    let (mut in_text, mut escaped) = (false, false);
    for byte in json.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            b'n' if !in_text => return true,
            _ => {}
        }
    }
    false
}

fn again<T: serde::de::DeserializeOwned>(text: &str) -> Option<T> {
    let value: Value = serde_json::from_str(text).ok()?;
    serde_json::from_str(&value.to_string()).ok()
}

fn explain<M: Method>(text: &str) -> Option<String> {
    let value: Value = serde_json::from_str(text).ok()?;
    let found = problems(&protocol::schema::committed_params(M::NAME)?, &value);
    (!found.is_empty()).then(|| format!("invalid {} params: {}", M::NAME, found.join("; ")))
}

#[cfg(test)]
mod tests {
    use protocol::{agents, chat, health};
    use serde_json::value::to_raw_value;

    use super::*;

    fn refusal<M: Method<Params: std::fmt::Debug>>(value: &Value) -> String {
        params::<M>(Some(&to_raw_value(value).unwrap())).unwrap_err().message.into_owned()
    }

    #[test]
    fn a_refusal_names_the_method_and_every_problem() {
        assert_eq!(
            refusal::<chat::History>(&serde_json::json!({})),
            "invalid chat.history params: must have required property 'sessionKey'"
        );
        assert_eq!(
            refusal::<agents::List>(&serde_json::json!({ "x": 1 })),
            "invalid agents.list params: at root: unexpected property 'x'"
        );
        assert_eq!(
            refusal::<chat::History>(&serde_json::json!(["main"])),
            "invalid chat.history params: must be object"
        );
        assert_eq!(
            refusal::<chat::History>(&serde_json::json!({ "sessionKey": "main", "limit": null })),
            "invalid chat.history params: at /limit: must be integer"
        );
    }

    #[test]
    fn a_null_is_told_from_a_text_that_says_null() {
        assert!(holds_null(r#"{"a":"x\"","b":null}"#));
        assert!(!holds_null(r#"{"a":"null \" null","b":[1,true]}"#));
    }

    #[test]
    fn params_that_may_be_absent_or_loose_are_taken_as_they_are() {
        assert!(params::<agents::List>(None).is_ok());
        let loose = RawValue::from_string(r#"{"probe":"yes","whatever":null}"#.into()).unwrap();
        assert_eq!(params::<health::Health>(Some(&loose)).unwrap().probe, None);
        let twice = RawValue::from_string(r#"{"sessionKey":"a","sessionKey":"b"}"#.into()).unwrap();
        assert_eq!(params::<chat::History>(Some(&twice)).unwrap().session_key.as_sent(), "b");
    }
}
