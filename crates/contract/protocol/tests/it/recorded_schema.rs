//! The generated schema says the same as the one recorded from 2026.1.24, for every method and event that exists.
//!
//! Compared is what a validator would see: kinds, bounds, required and unknown properties. How it is written down
//! (`enum` or `anyOf` of constants, `patternProperties` or `additionalProperties`) is not.

use std::collections::BTreeMap;

use protocol::catalogue::{EVENTS, METHODS, listed_methods};
use serde_json::{Map, Value, json};

/// Where the frames on the wire say otherwise than the recorded schema; the frames win.
const FRAMES_SAY_OTHERWISE: &[(&str, &str)] = &[
    ("models.list/reply/properties/models/items/properties/input", "sent, but not in the schema"),
    ("channels.status/reply/properties/channelAccounts/*/items/properties/lastStartAt", "null before the first start"),
    ("channels.status/reply/properties/channelAccounts/*/items/properties/lastStopAt", "null before the first stop"),
    ("channels.status/reply/properties/channelAccounts/*/items/properties/lastError", "null while there is none"),
    ("channels.status/reply/properties/channelAccounts/*/items/properties/lastInboundAt", "null before the first"),
    ("channels.status/reply/properties/channelAccounts/*/items/properties/lastOutboundAt", "null before the first"),
    ("channels.status/reply/properties/channelAccounts/*/items/required", "the nulls above are always there"),
    ("shutdown/payload/properties/restartExpectedMs", "null when it does not come back by itself"),
    ("shutdown/payload/required", "restartExpectedMs is always there"),
    ("chat/payload/properties/usage", "never sent"),
    ("chat/payload/properties/message", "open in the schema, one shape on the wire"),
    ("agent/payload/properties/sessionKey", "sent, but not in the schema"),
    ("agent/payload/additionalProperties", "because of sessionKey"),
    ("agent/payload/required", "a gap report has no seq"),
    ("channels.status/reply/properties/channelAccounts/*/items/properties/cliPath", "of channels that do not exist"),
    ("channels.status/reply/properties/channelAccounts/*/items/properties/dbPath", "of channels that do not exist"),
    ("channels.status/reply/properties/channelAccounts/*/items/properties/port", "of channels that do not exist"),
];

fn recorded() -> Value {
    serde_json::from_str(include_str!("../../../../../testing/recorded/schema.json")).unwrap()
}

#[test]
fn every_method_takes_and_answers_what_was_recorded() {
    let recorded = recorded();
    let mut differences = Differences::default();
    for method in METHODS {
        let Some(theirs) = recorded["methods"].get(method.name) else { continue };
        assert_eq!(theirs["scope"], method.scope.as_str(), "{}", method.name);
        for (part, ours) in [("params", (method.params)()), ("reply", (method.reply)())] {
            if let Some(theirs) = theirs.get(part) {
                differences.compare(&format!("{}/{part}", method.name), &plain(theirs), &plain(&ours));
            }
        }
    }
    for event in EVENTS {
        let Some(theirs) = recorded["events"].get(event.name) else { continue };
        assert_eq!(theirs["scope"], event.scope.map_or("any", |scope| scope.as_str()), "{}", event.name);
        differences.compare(&format!("{}/payload", event.name), &plain(&theirs["payload"]), &plain(&(event.payload)()));
    }
    assert_eq!(differences.found, Vec::<String>::new());
    for (at, _) in FRAMES_SAY_OTHERWISE {
        assert!(differences.excused.contains_key(*at), "{at} no longer differs: take it off the list");
    }
}

/// Clients read problems in this order.
#[test]
fn the_properties_of_params_stand_in_the_recorded_order() {
    fn walk(at: &str, theirs: &Value, ours: &Value) {
        assert_eq!(theirs.get("required"), ours.get("required"), "{at}");
        let names = |schema: &Value| -> Vec<String> {
            schema.get("properties").and_then(Value::as_object).map(|p| p.keys().cloned().collect()).unwrap_or_default()
        };
        assert_eq!(names(theirs), names(ours), "{at}");
        for name in names(theirs) {
            walk(&format!("{at}/{name}"), &theirs["properties"][&name], &ours["properties"][&name]);
        }
    }
    let recorded = recorded();
    for method in METHODS {
        if let Some(theirs) = recorded["methods"].get(method.name).and_then(|method| method.get("params")) {
            walk(method.name, theirs, &(method.params)());
        }
    }
}

#[test]
fn methods_and_events_are_listed_in_the_recorded_order() {
    let recorded = recorded();
    let ours: Vec<_> = listed_methods(|name| recorded["methods"].get(name).is_some()).collect();
    assert_eq!(json!(ours), recorded["listed"]);
    let ours: Vec<_> = protocol::catalogue::listed_events().collect();
    assert_eq!(json!(ours), recorded["listedEvents"]);
}

#[test]
fn every_recorded_method_exists_and_ours_are_marked_as_such() {
    let recorded = recorded();
    let known = recorded["methods"].as_object().unwrap();
    for name in known.keys() {
        assert!(METHODS.iter().any(|method| method.name == name), "{name}");
    }
    let own: Vec<_> = METHODS.iter().map(|m| m.name).filter(|name| !known.contains_key(*name)).collect();
    assert_eq!(own, ["journal.explain", "pairing.list", "pairing.approve", "chat.history.before", "pairing.remove"]);
}

#[derive(Default)]
struct Differences {
    found: Vec<String>,
    excused: BTreeMap<String, ()>,
}

impl Differences {
    fn compare(&mut self, at: &str, theirs: &Value, ours: &Value) {
        if theirs == ours {
            return;
        }
        if FRAMES_SAY_OTHERWISE.iter().any(|(excused, _)| *excused == at) {
            self.excused.insert(at.to_owned(), ());
            return;
        }
        match (theirs, ours) {
            (Value::Object(theirs), Value::Object(ours)) => {
                let mut keys: Vec<&String> = theirs.keys().chain(ours.keys()).collect();
                keys.sort_unstable();
                keys.dedup();
                for key in keys {
                    let absent = Value::String("(absent)".into());
                    let (theirs, ours) = (theirs.get(key).unwrap_or(&absent), ours.get(key).unwrap_or(&absent));
                    self.compare(&format!("{at}/{key}"), theirs, ours);
                }
            }
            _ => self.found.push(format!("{at}: recorded {theirs}, generated {ours}")),
        }
    }
}

/// One way of writing down each thing.
fn plain(schema: &Value) -> Value {
    let Value::Object(schema) = schema else { return json!({}) };
    let mut out = Map::new();
    for (key, value) in schema {
        match (key.as_str(), value) {
            ("description" | "default" | "title" | "$schema", _) => {}
            // Open is what a schema is when it says nothing.
            ("additionalProperties", Value::Bool(true)) => {}
            ("patternProperties", Value::Object(patterns)) => {
                let of_any = patterns.get("^(.*)$").map(plain).unwrap_or_default();
                if of_any != json!({}) {
                    out.insert("*".into(), of_any);
                }
            }
            ("additionalProperties", Value::Object(_)) => {
                let of_any = plain(value);
                if of_any != json!({}) {
                    out.insert("*".into(), of_any);
                }
            }
            ("properties", Value::Object(properties)) => {
                if !properties.is_empty() {
                    let properties = properties.iter().map(|(name, of)| (name.clone(), plain(of))).collect();
                    out.insert(key.clone(), Value::Object(properties));
                }
            }
            ("required" | "anyOf", Value::Array(items)) => {
                let mut items: Vec<Value> =
                    items.iter().map(|item| if key == "anyOf" { plain(item) } else { item.clone() }).collect();
                items.sort_by_key(Value::to_string);
                if !items.is_empty() {
                    out.insert(key.clone(), Value::Array(items));
                }
            }
            ("items", value) => {
                let of_items = plain(value);
                if of_items != json!({}) {
                    out.insert(key.clone(), of_items);
                }
            }
            (_, value) => {
                out.insert(key.clone(), value.clone());
            }
        }
    }
    Value::Object(out)
}
