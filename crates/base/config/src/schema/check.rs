//! Compares a tree with what may be written and names everything that is wrong, each with its place and what would be
//! right. Values are quoted only where they are one of a few words: anything else may be a secret.

use serde_json::{Map, Value};

use super::nearest::nearest;
use super::shape::{Bound, Kind, Object, Shape};
use crate::issue::{Issue, Issues};
use crate::path::ConfigPath;

pub(super) fn check(shape: &Shape, value: &Value, path: &ConfigPath, issues: &mut Issues) {
    if shape.kinds.is_empty() || shape.kinds.iter().any(|kind| accepts(kind, value)) {
        return;
    }
    match value {
        Value::Object(map) => {
            if let Some(object) = shape.object() {
                return check_object(object, map, path, issues);
            }
        }
        Value::Array(list) => {
            if let Some(items) = shape.list() {
                for (index, item) in list.iter().enumerate() {
                    check(items, item, &path.child(index), issues);
                }
                return;
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
    issues.push(mismatch(shape, value, path));
}

/// Whether a value passes as it is, without looking into it.
fn accepts(kind: &Kind, value: &Value) -> bool {
    match kind {
        Kind::Any => true,
        Kind::Null => value.is_null(),
        Kind::Boolean => value.is_boolean(),
        Kind::Text { shortest } => value.as_str().is_some_and(|text| text.chars().count() as u64 >= *shortest),
        Kind::Literal(literal) => literal == value,
        Kind::Number { whole, low, high } => value.as_f64().is_some_and(|number| {
            let is_whole = !*whole || number.fract() == 0.0;
            let is_high = low.is_none_or(|low| match low {
                Bound::From(low) => number >= low,
                Bound::Above(low) => number > low,
            });
            is_whole && is_high && high.is_none_or(|high| number <= high)
        }),
        Kind::List(_) | Kind::Object(_) => false,
    }
}

fn check_object(object: &Object, map: &Map<String, Value>, path: &ConfigPath, issues: &mut Issues) {
    let mut unknown = Vec::new();
    for (name, value) in map {
        match object.key(name) {
            Some(key) => check(&key.shape, value, &path.child(name), issues),
            None => unknown.push(name),
        }
    }
    for (name, key) in &object.keys {
        if key.required && !map.contains_key(name) {
            issues.add(
                &path.child(name),
                format!("Invalid input: expected {}, received undefined", expected(&key.shape)),
            );
        }
    }
    if unknown.is_empty() {
        return;
    }
    let quoted: Vec<String> = unknown.iter().map(|name| format!("{name:?}")).collect();
    let plural = if unknown.len() == 1 { "" } else { "s" };
    let issue = Issue::new(path.clone(), format!("Unrecognized key{plural}: {}", quoted.join(", ")));
    let meant: Vec<String> = unknown
        .iter()
        .filter_map(|name| nearest(name, object.keys.keys().map(String::as_str)))
        .map(|known| format!("{known:?}"))
        .collect();
    issues.push(if meant.is_empty() {
        issue
    } else {
        issue.with_advice(format!("did you mean {}?", meant.join(", ")))
    });
}

fn mismatch(shape: &Shape, value: &Value, path: &ConfigPath) -> Issue {
    let words: Vec<&str> = shape
        .kinds
        .iter()
        .filter_map(|kind| if let Kind::Literal(Value::String(word)) = kind { Some(word.as_str()) } else { None })
        .collect();
    let received = match value {
        Value::String(text) if !words.is_empty() => format!("{text:?}"),
        Value::Number(number) => number.to_string(),
        Value::String(text) if text.is_empty() => "an empty string".to_owned(),
        other => type_name(other).to_owned(),
    };
    let issue = Issue::new(path.clone(), format!("Invalid input: expected {}, received {received}", expected(shape)));
    let meant = value.as_str().and_then(|text| nearest(text, words.into_iter()));
    match meant {
        Some(word) => issue.with_advice(format!("did you mean {word:?}?")),
        None => issue,
    }
}

/// What may stand here, in words.
fn expected(shape: &Shape) -> String {
    let literals: Vec<String> = shape
        .kinds
        .iter()
        .filter_map(|kind| if let Kind::Literal(literal) = kind { Some(literal.to_string()) } else { None })
        .collect();
    let mut parts = Vec::new();
    match literals.as_slice() {
        [] => {}
        [one] => parts.push(one.clone()),
        several => parts.push(format!("one of {}", several.join(", "))),
    }
    for kind in &shape.kinds {
        match kind {
            Kind::Literal(_) => {}
            Kind::Any => parts.push("any value".to_owned()),
            Kind::Null => parts.push("null".to_owned()),
            Kind::Boolean => parts.push("boolean".to_owned()),
            Kind::Text { shortest: 0 } => parts.push("string".to_owned()),
            Kind::Text { shortest } => parts.push(format!("string of at least {shortest}")),
            Kind::List(_) => parts.push("array".to_owned()),
            Kind::Object(_) => parts.push("object".to_owned()),
            Kind::Number { whole, low, high } => parts.push(range(*whole, *low, *high)),
        }
    }
    parts.join(" or ")
}

fn range(whole: bool, low: Option<Bound>, high: Option<f64>) -> String {
    let name = if whole { "integer" } else { "number" };
    let low = low.map(|low| match low {
        Bound::From(low) => format!(" from {low}"),
        Bound::Above(low) => format!(" above {low}"),
    });
    let high = high.map(|high| format!(" to {high}"));
    format!("{name}{}{}", low.unwrap_or_default(), high.unwrap_or_default())
}

fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}
