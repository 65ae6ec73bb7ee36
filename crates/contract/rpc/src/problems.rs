//! What is wrong with params, problem by problem, in the wording and order that clients of 2026.1.24 know.
//!
//! Knows the part of JSON Schema that `protocol::schema` generates, and nothing more.

use serde_json::{Map, Value};

/// Every problem of `value`, each once.
pub(crate) fn problems(schema: &Value, value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    check(schema, value, "", &mut found);
    let mut unique = Vec::with_capacity(found.len());
    for problem in found {
        if !unique.contains(&problem) {
            unique.push(problem);
        }
    }
    unique
}

fn check(schema: &Value, value: &Value, at: &str, found: &mut Vec<String>) {
    let Some(schema) = schema.as_object() else { return };
    let types: Vec<&str> = match schema.get("type") {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let fits = types.is_empty() || types.iter().any(|kind| is_a(value, kind));
    // With a single type that has keywords of its own, its refusal comes after the keywords that apply to any type.
    let late = matches!(types.as_slice(), [only] if has_keywords_of(schema, only));
    if !fits && !late {
        report(at, &format!("must be {}", types.join(",")), found);
    }
    check_any(schema, value, at, found);
    match value {
        Value::Number(number) => check_number(schema, number.as_f64().unwrap_or_default(), at, found),
        Value::String(text) => check_text(schema, text, at, found),
        Value::Array(items) => check_items(schema, items, at, found),
        Value::Object(object) => check_object(schema, object, at, found),
        Value::Null | Value::Bool(_) => {}
    }
    if !fits && late {
        report(at, &format!("must be {}", types.join(",")), found);
    }
}

fn report(at: &str, message: &str, found: &mut Vec<String>) {
    found.push(if at.is_empty() { message.to_owned() } else { format!("at {at}: {message}") });
}

fn is_a(value: &Value, kind: &str) -> bool {
    match kind {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        "number" => value.is_number(),
        "integer" => value.as_f64().is_some_and(|number| number.fract() == 0.0),
        _ => true,
    }
}

fn has_keywords_of(schema: &Map<String, Value>, kind: &str) -> bool {
    let keywords: &[&str] = match kind {
        "number" => &["minimum", "maximum"],
        "string" => &["minLength", "maxLength"],
        "array" => &["minItems", "maxItems", "items"],
        "object" => &["required", "additionalProperties", "properties"],
        _ => &[],
    };
    keywords.iter().any(|keyword| schema.contains_key(*keyword))
}

fn check_any(schema: &Map<String, Value>, value: &Value, at: &str, found: &mut Vec<String>) {
    if schema.get("const").is_some_and(|constant| constant != value) {
        report(at, "must be equal to constant", found);
    }
    if let Some(Value::Array(branches)) = schema.get("anyOf") {
        let mut refusals = Vec::new();
        for branch in branches {
            let before = refusals.len();
            check(branch, value, at, &mut refusals);
            if refusals.len() == before {
                return;
            }
        }
        found.append(&mut refusals);
        report(at, "must match a schema in anyOf", found);
    }
}

fn check_number(schema: &Map<String, Value>, number: f64, at: &str, found: &mut Vec<String>) {
    for (keyword, sign) in [("maximum", "<="), ("minimum", ">=")] {
        let Some(limit) = schema.get(keyword) else { continue };
        let bound = limit.as_f64().unwrap_or_default();
        if if sign == "<=" { number > bound } else { number < bound } {
            report(at, &format!("must be {sign} {limit}"), found);
        }
    }
}

fn check_text(schema: &Map<String, Value>, text: &str, at: &str, found: &mut Vec<String>) {
    if let Some(problem) = wrong_size(schema, ["maxLength", "minLength"], text.chars().count(), "characters") {
        report(at, &problem, found);
    }
}

fn check_items(schema: &Map<String, Value>, items: &[Value], at: &str, found: &mut Vec<String>) {
    if let Some(problem) = wrong_size(schema, ["maxItems", "minItems"], items.len(), "items") {
        report(at, &problem, found);
    }
    if let Some(of_items) = schema.get("items") {
        for (index, item) in items.iter().enumerate() {
            check(of_items, item, &format!("{at}/{index}"), found);
        }
    }
}

/// What is wrong with a length, if anything.
fn wrong_size(schema: &Map<String, Value>, [most, least]: [&str; 2], size: usize, what: &str) -> Option<String> {
    let limit = |keyword: &str| schema.get(keyword).and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok());
    if let Some(limit) = limit(most).filter(|limit| size > *limit) {
        return Some(format!("must NOT have more than {limit} {what}"));
    }
    limit(least).filter(|limit| size < *limit).map(|limit| format!("must NOT have fewer than {limit} {what}"))
}

fn check_object(schema: &Map<String, Value>, object: &Map<String, Value>, at: &str, found: &mut Vec<String>) {
    for name in schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
        if !object.contains_key(name) {
            report(at, &format!("must have required property '{name}'"), found);
        }
    }
    let none = Map::new();
    let known = schema.get("properties").and_then(Value::as_object).unwrap_or(&none);
    let unknown = object.iter().filter(|(name, _)| !known.contains_key(*name));
    match schema.get("additionalProperties") {
        Some(Value::Bool(false)) => {
            let at = if at.is_empty() { "root" } else { at };
            found.extend(unknown.map(|(name, _)| format!("at {at}: unexpected property '{name}'")));
        }
        Some(of_others) => unknown.for_each(|(name, value)| check(of_others, value, &below(at, name), found)),
        None => {}
    }
    for (name, of_property) in known {
        if let Some(value) = object.get(name) {
            check(of_property, value, &below(at, name), found);
        }
    }
}

/// The JSON pointer of a member.
fn below(at: &str, name: &str) -> String {
    format!("{at}/{}", name.replace('~', "~0").replace('/', "~1"))
}

#[cfg(test)]
mod tests {
    use protocol::{chat, connect, schema, sessions};
    use serde_json::json;

    use super::*;

    fn of<M: protocol::Method>(value: &Value) -> String {
        problems(&schema::params::<M>(), value).join("; ")
    }

    #[test]
    fn a_bad_handshake_is_told_everything_that_is_wrong_with_it() {
        let mut params = json!({ "minProtocol": 3, "maxProtocol": 3, "bogus": 1,
            "client": { "id": "nobody", "version": "1", "platform": "linux", "mode": "cli" } });
        let of_id = "at /client/id: must be equal to constant; at /client/id: must match a schema in anyOf";
        assert_eq!(of::<connect::Connect>(&params), format!("at root: unexpected property 'bogus'; {of_id}"));
        params["client"]["id"] = json!("cli");
        params["minProtocol"] = json!(0.5);
        params["scopes"] = json!(["", 7]);
        assert_eq!(
            of::<connect::Connect>(&params),
            "at root: unexpected property 'bogus'; at /minProtocol: must be integer; at /minProtocol: must be >= 1; \
             at /scopes/0: must NOT have fewer than 1 characters; at /scopes/1: must be string"
        );
    }

    #[test]
    fn missing_properties_come_first_in_the_order_of_the_schema() {
        assert_eq!(
            of::<chat::Send>(&json!({ "extra": 1, "thinking": null })),
            "must have required property 'sessionKey'; must have required property 'message'; \
             must have required property 'idempotencyKey'; at root: unexpected property 'extra'; \
             at /thinking: must be string"
        );
        assert_eq!(of::<chat::Send>(&json!([])), "must be object");
    }

    #[test]
    fn a_choice_with_null_names_every_branch() {
        assert_eq!(of::<sessions::Patch>(&json!({ "key": "a", "sendPolicy": null, "label": null })), "");
        assert_eq!(
            of::<sessions::Patch>(&json!({ "key": "a", "sendPolicy": "maybe" })),
            "at /sendPolicy: must be equal to constant; at /sendPolicy: must be null; \
             at /sendPolicy: must match a schema in anyOf"
        );
        assert_eq!(of::<sessions::Patch>(&json!({ "key": "" })), "at /key: must NOT have fewer than 1 characters");
    }

    /// Every value in its place, replaced by values of every kind, removed, and joined by a stranger.
    fn variations(sample: &Value) -> Vec<Value> {
        let strangers =
            [json!(null), json!(true), json!(0), json!(-1), json!(1.5), json!(""), json!("x"), json!([]), json!({})];
        let mut found: Vec<Value> = strangers.to_vec();
        match sample {
            Value::Object(object) => {
                for key in object.keys() {
                    let mut without = object.clone();
                    without.shift_remove(key);
                    found.push(Value::Object(without));
                    found.extend(variations(&object[key]).into_iter().map(|value| {
                        let mut changed = object.clone();
                        changed.insert(key.clone(), value);
                        Value::Object(changed)
                    }));
                }
                let mut joined = object.clone();
                joined.insert("stranger".into(), json!(1));
                found.push(Value::Object(joined));
            }
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    found.extend(variations(item).into_iter().map(|value| {
                        let mut changed = items.clone();
                        changed[index] = value;
                        Value::Array(changed)
                    }));
                }
            }
            _ => {}
        }
        found
    }

    #[test]
    fn what_a_type_refuses_its_schema_can_explain_and_what_it_takes_is_in_order() {
        for method in protocol::catalogue::METHODS {
            let path = format!("{}/../protocol/tests/golden/{}.json", env!("CARGO_MANIFEST_DIR"), method.name);
            let golden: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
            let schema = (method.params)();
            for sample in golden["params"].as_array().unwrap() {
                for variation in variations(sample) {
                    let text = variation.to_string();
                    let explained = problems(&schema, &variation);
                    let taken = (method.rewrite_params)(&text).ok().filter(|_| text.starts_with('{'));
                    // Serde takes a `null` for an absent field; the schema is asked about those.
                    let fine = taken.is_some() == explained.is_empty() || (taken.is_some() && text.contains("null"));
                    assert!(fine, "{} {text}: {taken:?} but {explained:?}", method.name);
                }
            }
        }
    }
}
