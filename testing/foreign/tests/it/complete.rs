//! What was recorded is told again, as far as we have what it asks.

use std::{collections::BTreeSet, fs};

use foreign::{Message, Step, Story};
use serde_json::Value;

use crate::replay::here;

/// The methods that the recorded program and we have.
fn shared() -> BTreeSet<String> {
    let schema: Value =
        serde_json::from_str(&fs::read_to_string(here("testing/recorded/schema.json")).unwrap()).unwrap();
    let listed = schema["listed"].as_array().unwrap();
    listed.iter().map(|name| name.as_str().unwrap().to_owned()).collect()
}

/// The words in back-quotes.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

#[test]
fn a_story_is_left_out_only_for_methods_that_we_do_not_have() {
    let (readme, shared) = (fs::read_to_string(here("testing/recorded/README.md")).unwrap(), shared());
    let (_, left_out) = readme.split_once("| story | needs |").unwrap();
    let rows: Vec<&str> = left_out.lines().filter(|line| line.starts_with("| `")).collect();
    assert!(!rows.is_empty());
    let told = Story::read_all(&here("testing/recorded/frames")).unwrap();
    for row in rows {
        let cells: Vec<&str> = row.trim_matches('|').split('|').collect();
        for name in quoted(cells[0]) {
            assert!(told.iter().all(|story| story.name.get(3..) != Some(name)), "{name} is told: strike it out");
        }
        for method in quoted(cells[1]) {
            assert!(!shared.contains(method), "{method} exists: tell the story{}again", cells[0]);
        }
    }
}

#[test]
fn every_method_that_was_recorded_is_asked_in_a_story() {
    let stories = Story::read_all(&here("testing/recorded/frames")).unwrap();
    let asked: BTreeSet<String> = stories
        .iter()
        .flat_map(|story| &story.steps)
        .filter_map(|step| match step {
            Step::Send { message: Message::Text(frame) | Message::Binary(frame), .. } => frame["method"].as_str(),
            _ => None,
        })
        .map(str::to_owned)
        .collect();
    let never: Vec<String> = shared().into_iter().filter(|method| !asked.contains(method)).collect();
    assert_eq!(never, ["config.apply", "config.patch"], "which testing/recorded/README.md names");
}
