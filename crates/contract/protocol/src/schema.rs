//! JSON Schema of everything on the wire, generated from the types, in the forms clients know: choices are spelled out
//! as `anyOf` of constants, and a field that may be absent may not be `null` unless it says so.

use std::collections::HashMap;

use schemars::{JsonSchema, Schema, generate::SchemaSettings};
use serde::Deserialize;
use serde_json::{Map, Value, json, value::RawValue};

use crate::{Event, Method, PROTOCOL_VERSION, catalogue};

/// What [`schema`] gives, as it is committed.
const COMMITTED: &str = include_str!("../schema.json");

/// What clients may send with a method, from the committed file: a program that serves needs no generator for it. `None`
/// for a method that is not of the protocol.
#[must_use]
pub fn committed_params(method: &str) -> Option<Value> {
    #[derive(Deserialize)]
    struct File<'a> {
        #[serde(borrow)]
        methods: HashMap<&'a str, Facts<'a>>,
    }
    #[derive(Deserialize)]
    struct Facts<'a> {
        #[serde(borrow)]
        params: &'a RawValue,
    }
    let file: File<'_> = serde_json::from_str(COMMITTED).ok()?;
    serde_json::from_str(file.methods.get(method)?.params.get()).ok()
}

/// What clients may send with `M`.
#[must_use]
pub fn params<M: Method>() -> Value {
    generated::<M::Params>(SchemaSettings::draft07().for_deserialize())
}

/// What `M` answers.
#[must_use]
pub fn reply<M: Method>() -> Value {
    generated::<M::Reply>(SchemaSettings::draft07().for_serialize())
}

/// What `E` carries.
#[must_use]
pub fn payload<E: Event>() -> Value {
    generated::<E::Payload>(SchemaSettings::draft07().for_serialize())
}

/// The whole protocol, as it is committed beside the code.
#[must_use]
pub fn schema() -> Value {
    let methods: Map<String, Value> = catalogue::METHODS
        .iter()
        .map(|method| {
            let scope = method.scope.as_str();
            let facts = json!({ "scope": scope, "listed": method.listed, "params": (method.params)(), "reply": (method.reply)() });
            (method.name.to_owned(), facts)
        })
        .collect();
    let events: Map<String, Value> = catalogue::EVENTS
        .iter()
        .map(|event| {
            let scope = event.scope.map_or("any", crate::Scope::as_str);
            (event.name.to_owned(), json!({ "scope": scope, "payload": (event.payload)() }))
        })
        .collect();
    json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "protocol": PROTOCOL_VERSION,
        "methods": methods,
        "events": events,
    })
}

fn generated<T: JsonSchema>(mut settings: SchemaSettings) -> Value {
    settings.inline_subschemas = true;
    settings.meta_schema = None;
    let mut value = settings.into_generator().into_root_schema_for::<T>().to_value();
    tidy(&mut value);
    value
}

/// The schema with its choices spelled out.
pub(crate) fn spelled_out(schema: Schema) -> Schema {
    let mut value = schema.to_value();
    tidy(&mut value);
    value.try_into().unwrap_or_default()
}

/// Marks a field whose `null` means something.
pub(crate) const NULL_MEANS_SOMETHING: &str = "x-null-means-something";

fn tidy(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(tidy),
        Value::Object(object) => {
            for key in ["title", "format", "default", NULL_MEANS_SOMETHING] {
                object.remove(key);
            }
            forbid_null(object);
            for (key, child) in object.iter_mut() {
                match (key.as_str(), child) {
                    ("properties" | "definitions", Value::Object(named)) => named.values_mut().for_each(tidy),
                    ("const" | "enum" | "required", _) => {}
                    (_, child) => tidy(child),
                }
            }
            spell_out(object);
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// An optional field is absent, never `null`.
fn forbid_null(object: &mut Map<String, Value>) {
    let required = object.get("required").and_then(Value::as_array).cloned().unwrap_or_default();
    let Some(Value::Object(properties)) = object.get_mut("properties") else { return };
    for (name, property) in properties {
        let Value::Object(property) = property else { continue };
        if required.iter().any(|r| r == name) || property.contains_key(NULL_MEANS_SOMETHING) {
            continue;
        }
        if let Some(Value::Array(types)) = property.get_mut("type") {
            types.retain(|t| t != "null");
            if let [only] = types.as_slice() {
                let only = only.clone();
                property.insert("type".into(), only);
            }
        }
        if let Some(Value::Array(choices)) = property.get_mut("enum") {
            choices.retain(|choice| !choice.is_null());
        }
        if let Some(Value::Array(branches)) = property.get_mut("anyOf") {
            branches.retain(|branch| branch.get("type").is_none_or(|t| t != "null"));
            if let [Value::Object(only)] = branches.as_slice() {
                let only = only.clone();
                property.remove("anyOf");
                property.extend(only);
            }
        }
    }
}

/// `enum` and choices of constants become `anyOf` of constants.
fn spell_out(object: &mut Map<String, Value>) {
    if let Some(Value::Array(choices)) = object.remove("enum") {
        object.remove("type");
        let branches = choices.into_iter().map(|choice| match choice {
            Value::Null => json!({ "type": "null" }),
            choice => json!({ "const": choice, "type": "string" }),
        });
        let branches: Vec<Value> = branches.collect();
        match branches.as_slice() {
            [Value::Object(only)] => object.extend(only.clone()),
            _ => drop(object.insert("anyOf".into(), branches.into())),
        }
    }
    let is_choice = |branch: &Value| branch.get("const").is_some() || is_choices(branch);
    if object.get("oneOf").and_then(Value::as_array).is_some_and(|branches| branches.iter().all(is_choice)) {
        let Some(Value::Array(branches)) = object.remove("oneOf") else { return };
        let flat = branches.into_iter().flat_map(|mut branch| match branch.get_mut("anyOf").map(Value::take) {
            Some(Value::Array(inner)) => inner,
            _ => vec![json!({ "const": branch.get("const"), "type": "string" })],
        });
        object.insert("anyOf".into(), flat.collect());
    }
}

fn is_choices(value: &Value) -> bool {
    let branches = value.get("anyOf").and_then(Value::as_array);
    branches.is_some_and(|branches| branches.iter().all(|branch| branch.get("const").is_some()))
}
