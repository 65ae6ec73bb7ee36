//! What models are told of the tools' parameters, and what becomes of whatever they write.

use std::path::PathBuf;

use proptest::prelude::*;
use serde_json::{Map, Value, json, value::RawValue};
use tool::{AnyTool, ToolError};

use crate::room::Room;

fn schemas(tools: &[std::sync::Arc<dyn AnyTool>]) -> Value {
    let all = tools.iter().map(|tool| {
        let spec = tool.spec();
        (spec.name.to_owned(), serde_json::from_str(spec.parameters.get()).unwrap())
    });
    all.collect::<Map<_, _>>().into()
}

#[tokio::test]
async fn the_schemas_of_the_tools_are_the_golden_ones() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden/tools.json");
    let golden: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let now = schemas(&Room::new().tools);
    assert_eq!(now, golden, "models are told something new; if that is meant, it is: {now:#}");
}

#[tokio::test]
async fn what_is_required_is_what_the_published_program_requires() {
    let schemas = schemas(&Room::new().tools);
    for (tool, required) in [
        ("read", json!(["path"])),
        ("edit", json!(["path", "oldText", "newText"])),
        // There the path may come under its second name, which is taken here too and told to nobody.
        ("write", json!(["path", "content"])),
        ("exec", json!(["command"])),
        ("process", json!(["action"])),
    ] {
        assert_eq!(schemas[tool]["required"], required, "{tool}");
    }
}

/// Any JSON, not too deep.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
        prop_oneof!["list", "poll", "write", "send-keys", "kill", "C-c", "0x41"].prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[a-z]{1,6}", inner, 0..4).prop_map(Value::from_iter),
        ]
    })
}

/// The names that the tools know, each with anything.
fn known_names() -> impl Strategy<Value = Value> {
    let names = prop::sample::select(vec![
        "path",
        "file_path",
        "offset",
        "limit",
        "content",
        "oldText",
        "newText",
        "command",
        "workdir",
        "env",
        "yieldMs",
        "background",
        "timeout",
        "pty",
        "action",
        "sessionId",
        "data",
        "keys",
        "hex",
        "literal",
        "text",
        "bracketed",
        "eof",
    ]);
    prop::collection::btree_map(names, any_json(), 0..8)
        .prop_map(|map| Value::from_iter(map.into_iter().map(|(name, value)| (name.to_owned(), value))))
}

#[test]
fn whatever_a_model_writes_is_a_call_or_wrong_input_and_never_a_panic() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let _inside = runtime.enter();
    let room = Room::new();
    proptest!(|(input in prop_oneof![any_json(), known_names()])| {
        let raw = RawValue::from_string(input.to_string()).unwrap();
        for tool in &room.tools {
            match tool.prepare(&raw) {
                Ok(_) | Err(ToolError::BadInput(_)) => {}
                Err(other) => prop_assert!(false, "{}: {other:?}", tool.spec().name),
            }
        }
    });
}
