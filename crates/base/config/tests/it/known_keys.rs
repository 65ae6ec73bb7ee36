//! The tree of known keys: what it takes, what it tells of a file, and how it is written down.

use config::Schema;
use proptest::prelude::*;
use serde_json::json;

use crate::{Home, path, schema};

#[test]
fn keys_nobody_reads_yet_are_accepted_and_listed() {
    let tree = json!({"door": {"port": 1, "secretDir": "/x"}, "later": {"flag": true, "extra": {"a": [1]}}});
    assert!(schema().check(&tree).is_empty());
    let survey = schema().survey(&tree);
    assert_eq!(survey.unused, [path("door.secretDir"), path("later")]);
    assert_eq!(survey.ours_alone, []);
}

#[test]
fn keys_and_words_of_ours_are_accepted_and_listed() {
    let tree = json!({"door": {"limit": 1.5, "bind": "cloud"}});
    assert!(schema().check(&tree).is_empty());
    assert_eq!(schema().survey(&tree).ours_alone, [path("door.limit"), path("door.bind")]);
}

#[test]
fn a_copied_place_takes_the_same_but_what_was_left_out() {
    assert!(schema().check(&json!({"copy": {"people": [{"id": "x", "kind": false}]}})).is_empty());
    assert_eq!(schema().check(&json!({"copy": {"flag": true}})).len(), 1);
}

#[test]
fn a_line_that_cannot_be_read_is_named() {
    for (list, reason) in [
        ("a.b", "line 1 of the list of known keys: a place without kinds"),
        ("\na..b text", "line 2 of the list of known keys: an empty step in a..b"),
        ("a wat", "line 1 of the list of known keys: unknown kind \"wat\""),
        ("a as b", "line 1 of the list of known keys: nothing is known of b above this line"),
        ("a integer 1-2", "line 1 of the list of known keys: not a range: 1-2"),
        ("a \"x", "line 1 of the list of known keys: a literal without its closing quote"),
    ] {
        assert_eq!(Schema::known(list).check(&json!({})).to_string(), format!("- {reason}"));
    }
}

#[test]
fn the_tree_is_written_as_json_schema() {
    let schema = Schema::known("a.port! integer 1..9\na.mode \"x\" | false\na.*[] number >0");
    assert_eq!(
        schema.to_json(),
        json!({
            "$schema": "http://json-schema.org/draft-07/schema#",
            "type": "object",
            "properties": {
                "a": {
                    "type": "object",
                    "properties": {
                        "mode": {"anyOf": [{"type": "string", "const": "x"}, {"type": "boolean", "const": false}]},
                        "port": {"type": "integer", "minimum": 1, "maximum": 9},
                    },
                    "required": ["port"],
                    "additionalProperties": {"type": "array", "items": {"type": "number", "exclusiveMinimum": 0}},
                },
            },
            "additionalProperties": false,
        })
    );
}

#[test]
fn the_words_of_a_field_reach_the_json_schema() {
    let described = schema().to_json();
    assert_eq!(described["properties"]["door"]["properties"]["port"]["description"], "The TCP port.");
}

proptest! {
    #[test]
    fn no_text_makes_the_reader_fall_over(text in "[{}\\[\\],:'\"$a-z0-9/\\*\\\\ \n.-]{0,200}") {
        let snapshot = Home::empty().file().read_text(Some(text));
        prop_assert!(snapshot.effective.is_object() || !snapshot.is_valid());
    }

    #[test]
    fn what_is_set_is_what_is_read(port in 1u16.., name in "[a-zA-Z0-9 _\"'\\\\/\u{e9}-]{0,20}") {
        let home = Home::with("{ door: { bind: 'loopback' }, } // end");
        let edits = [
            config::Edit::Set(path("door.port"), json!(port)),
            config::Edit::Set(path("door.names"), json!([name])),
        ];
        let after = home.file().write(&edits, &config::Base::Whatever).unwrap();
        prop_assert_eq!(&after.effective, &json!({"door": {"bind": "loopback", "port": port, "names": [name]}}));
        prop_assert_eq!(home.file().load(), after);
    }
}

#[test]
fn every_key_is_shown_with_a_name_its_owners_sentence_and_whether_it_is_a_secret() {
    let hints = crate::schema().hints();
    let hint = |path: &str| {
        let hint = hints.get(path).unwrap_or_else(|| panic!("{path} has no hint"));
        (hint.label.as_str(), hint.help.as_deref(), hint.sensitive)
    };
    assert_eq!(hint("door.port"), ("Port", Some("The TCP port."), false));
    assert_eq!(hint("door.token"), ("Token", None, true));
    assert_eq!(hint("door.secretDir"), ("Secret Dir", None, false));
    assert_eq!(hint("later.people[].id"), ("Id", None, false));
}
