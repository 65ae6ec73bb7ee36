//! Puts values of the environment in place of `${NAME}`, in every text of the tree.
//!
//! The environment is an argument: it is read once, in `main`. `$${NAME}` stands for the text `${NAME}`.

use std::collections::BTreeMap;

use serde_json::Value;

/// A name that is not set, and where it is wanted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Missing env var \"{name}\" referenced at config path: {place}")]
pub(crate) struct MissingVariable {
    pub name: String,
    /// The place as `agents.list[0].model`.
    pub place: String,
}

/// The tree with its references in place.
///
/// # Errors
/// Every name that is not set, or set to nothing.
pub(crate) fn substitute(tree: &Value, environment: &BTreeMap<String, String>) -> Result<Value, Vec<MissingVariable>> {
    let mut missing = Vec::new();
    let tree = walk(tree, environment, "", &mut missing);
    if missing.is_empty() { Ok(tree) } else { Err(missing) }
}

fn walk(
    value: &Value,
    environment: &BTreeMap<String, String>,
    place: &str,
    missing: &mut Vec<MissingVariable>,
) -> Value {
    match value {
        Value::String(text) => Value::String(expand(text, environment, place, missing)),
        Value::Array(list) => list
            .iter()
            .enumerate()
            .map(|(index, item)| walk(item, environment, &format!("{place}[{index}]"), missing))
            .collect(),
        Value::Object(map) => {
            let dot = if place.is_empty() { "" } else { "." };
            map.iter()
                .map(|(name, item)| (name.clone(), walk(item, environment, &format!("{place}{dot}{name}"), missing)))
                .collect()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
    }
}

fn expand(
    text: &str,
    environment: &BTreeMap<String, String>,
    place: &str,
    missing: &mut Vec<MissingVariable>,
) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        if let Some((name, after)) = from.strip_prefix("$${").and_then(name) {
            out.push_str("${");
            out.push_str(name);
            out.push('}');
            rest = after;
        } else if let Some((name, after)) = from.strip_prefix("${").and_then(name) {
            match environment.get(name).filter(|value| !value.is_empty()) {
                Some(value) => out.push_str(value),
                None => missing.push(MissingVariable { name: name.to_owned(), place: place.to_owned() }),
            }
            rest = after;
        } else {
            out.push('$');
            rest = from.get(1..).unwrap_or_default();
        }
    }
    out.push_str(rest);
    out
}

/// `NAME}…` as the name and what follows.
fn name(text: &str) -> Option<(&str, &str)> {
    let (name, after) = text.split_once('}')?;
    let mut characters = name.chars();
    let is_first = characters.next().is_some_and(|first| first.is_ascii_uppercase() || first == '_');
    let is_rest = characters.all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
    (is_first && is_rest).then_some((name, after))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn environment() -> BTreeMap<String, String> {
        BTreeMap::from([("KEY".to_owned(), "s3cret".to_owned()), ("EMPTY".to_owned(), String::new())])
    }

    #[test]
    fn references_are_replaced_and_escapes_are_kept() {
        let tree = json!({"a": "x-${KEY}-${KEY}", "b": ["$${KEY}", "$KEY", "${lower}", "${KEY", "$$"]});
        let expected = json!({"a": "x-s3cret-s3cret", "b": ["${KEY}", "$KEY", "${lower}", "${KEY", "$$"]});
        assert_eq!(substitute(&tree, &environment()).unwrap(), expected);
    }

    #[test]
    fn every_missing_name_is_told_with_its_place() {
        let tree = json!({"a": {"b": "${NOPE}"}, "c": [{"d": "${EMPTY}"}]});
        let missing = substitute(&tree, &environment()).unwrap_err();
        let texts: Vec<String> = missing.iter().map(ToString::to_string).collect();
        assert_eq!(
            texts,
            [
                "Missing env var \"NOPE\" referenced at config path: a.b",
                "Missing env var \"EMPTY\" referenced at config path: c[0].d",
            ]
        );
    }
}
