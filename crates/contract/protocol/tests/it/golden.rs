//! Every method and event has a golden file, and its type reads and writes the samples in it without a change.
//!
//! `cargo xtask golden` writes the files anew; a diff in them is a change of the contract.

use std::{collections::BTreeSet, fs, path::PathBuf};

use protocol::catalogue::{EVENTS, METHODS, Rewrite};
use serde_json::Value;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

fn read(name: &str) -> Value {
    let path = folder().join(format!("{name}.json"));
    let text = fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}; cargo xtask golden", path.display()));
    serde_json::from_slice(&text).unwrap()
}

fn keeps(golden: &Value, part: &str, rewrite: Rewrite) {
    let samples = golden[part].as_array().unwrap();
    assert!(!samples.is_empty(), "no sample of {part} in {golden}");
    for sample in samples {
        // As text, because the order of fields is part of what is kept.
        assert_eq!(rewrite(&sample.to_string()).unwrap(), sample.to_string(), "{part}");
    }
}

#[test]
fn every_method_keeps_its_golden_params_and_replies() {
    for method in METHODS {
        let golden = read(method.name);
        assert_eq!(
            (&golden["method"], &golden["scope"], &golden["listed"]),
            (&method.name.into(), &method.scope.as_str().into(), &method.listed.into())
        );
        keeps(&golden, "params", method.rewrite_params);
        keeps(&golden, "reply", method.rewrite_reply);
    }
}

#[test]
fn every_event_keeps_its_golden_payloads() {
    for event in EVENTS {
        let golden = read(&format!("events/{}", event.name));
        assert_eq!(golden["event"], event.name);
        keeps(&golden, "payload", event.rewrite_payload);
    }
}

#[test]
fn no_golden_file_outlives_its_method() {
    let names = |folder: PathBuf| -> BTreeSet<String> {
        let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        files.filter_map(|name| name.strip_suffix(".json").map(str::to_owned)).collect()
    };
    assert_eq!(names(folder()), METHODS.iter().map(|method| method.name.to_owned()).collect());
    assert_eq!(names(folder().join("events")), EVENTS.iter().map(|event| event.name.to_owned()).collect());
}

#[test]
fn the_committed_schema_is_the_generated_one() {
    let committed: Value = serde_json::from_str(include_str!("../../schema.json")).unwrap();
    assert!(committed == protocol::schema::schema(), "the types changed: cargo xtask schema, and look at the diff");
}
