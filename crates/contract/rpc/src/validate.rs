//! Params that serde refused are checked against the method's schema, so that the client reads every problem in the
//! wording it knows. The schema is built only then: a good call never pays for it.

use jsonschema::error::ValidationErrorKind;
use protocol::Method;
use schemars::generate::SchemaSettings;
use serde_json::{Value, value::RawValue};

use crate::RpcError;

/// The params as their type; absent params are an empty object.
///
/// # Errors
/// `invalid <method> params: …` with every problem.
pub fn params<M: Method>(raw: Option<&RawValue>) -> Result<M::Params, RpcError> {
    let text = raw.map_or("{}", RawValue::get);
    serde_json::from_str(text).map_err(|refusal| RpcError::invalid(explain::<M>(text, &refusal)))
}

fn explain<M: Method>(text: &str, refusal: &serde_json::Error) -> String {
    let schema = SchemaSettings::draft07().into_generator().into_root_schema_for::<M::Params>();
    let value: Value = serde_json::from_str(text).unwrap_or(Value::Null);
    let mut parts: Vec<String> = Vec::new();
    if let Ok(validator) = jsonschema::validator_for(schema.as_value()) {
        let mut errors: Vec<_> = validator.iter_errors(&value).collect();
        // Clients know this order: what is missing, what is too much, then what is wrong further down.
        errors.sort_by_key(|error| match (error.instance_path().as_str(), error.kind()) {
            ("", ValidationErrorKind::Required { .. }) => 0,
            ("", ValidationErrorKind::AdditionalProperties { .. }) => 1,
            _ => 2,
        });
        for error in errors {
            let at = error.instance_path().to_string();
            for message in messages(error.kind()).unwrap_or_else(|| vec![error.to_string()]) {
                let part = match (at.is_empty(), message.starts_with("unexpected property")) {
                    (true, true) => format!("at root: {message}"),
                    (true, false) => message,
                    (false, _) => format!("at {at}: {message}"),
                };
                if !parts.contains(&part) {
                    parts.push(part);
                }
            }
        }
    }
    if parts.is_empty() {
        parts.push(refusal.to_string());
    }
    format!("invalid {} params: {}", M::NAME, parts.join("; "))
}

/// The wording clients know for one kind of problem.
fn messages(kind: &ValidationErrorKind) -> Option<Vec<String>> {
    Some(match kind {
        ValidationErrorKind::AdditionalProperties { unexpected } => {
            unexpected.iter().map(|key| format!("unexpected property '{key}'")).collect()
        }
        ValidationErrorKind::Required { property } => {
            vec![format!("must have required property '{}'", property.as_str().unwrap_or_default())]
        }
        ValidationErrorKind::Type { kind } => vec![format!("must be {}", type_words(kind))],
        ValidationErrorKind::MinLength { limit } => vec![format!("must NOT have fewer than {limit} characters")],
        ValidationErrorKind::MaxLength { limit } => vec![format!("must NOT have more than {limit} characters")],
        ValidationErrorKind::MinItems { limit } => vec![format!("must NOT have fewer than {limit} items")],
        ValidationErrorKind::MaxItems { limit } => vec![format!("must NOT have more than {limit} items")],
        ValidationErrorKind::Minimum { limit } => vec![format!("must be >= {limit}")],
        ValidationErrorKind::Maximum { limit } => vec![format!("must be <= {limit}")],
        ValidationErrorKind::Constant { .. } => vec!["must be equal to constant".into()],
        ValidationErrorKind::AnyOf { context } => {
            let mut parts: Vec<String> = Vec::new();
            for error in context.iter().flatten() {
                parts.extend(messages(error.kind()).unwrap_or_else(|| vec![error.to_string()]));
            }
            parts.push("must match a schema in anyOf".into());
            parts
        }
        ValidationErrorKind::Enum { .. } => vec!["must be equal to one of the allowed values".into()],
        _ => return None,
    })
}

fn type_words(kind: &jsonschema::error::TypeKind) -> String {
    use jsonschema::error::TypeKind;
    match kind {
        TypeKind::Single(kind) => kind.to_string(),
        TypeKind::Multiple(kinds) => {
            kinds.iter().map(|kind| kind.to_string()).filter(|kind| kind != "null").collect::<Vec<_>>().join(",")
        }
    }
}

#[cfg(test)]
mod tests {
    use protocol::Connect;

    use super::*;

    #[test]
    fn bad_params_are_told_with_every_problem_in_the_known_wording() {
        let raw = RawValue::from_string(
            r#"{"minProtocol":3,"maxProtocol":3,"client":{"id":"nope","version":"1","platform":"x","mode":"cli"},"bogus":1}"#
                .into(),
        )
        .unwrap();
        let refusal = params::<Connect>(Some(&raw)).unwrap_err();
        assert_eq!(
            refusal.message,
            "invalid connect params: at root: unexpected property 'bogus'; at /client/id: must be equal to constant; \
             at /client/id: must match a schema in anyOf"
        );
    }

    #[test]
    fn absent_params_are_an_empty_object() {
        let refusal = params::<Connect>(None).unwrap_err();
        assert_eq!(
            refusal.message,
            "invalid connect params: must have required property 'minProtocol'; must have required property \
             'maxProtocol'; must have required property 'client'"
        );
    }
}
