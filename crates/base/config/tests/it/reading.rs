//! From text to meaning, and every way in which it can be wrong.

use config::Snapshot;
use serde_json::json;

use crate::{Bind, Door, Home, path};

fn messages(snapshot: &Snapshot) -> Vec<String> {
    snapshot.issues.iter().map(ToString::to_string).collect()
}

#[test]
fn a_missing_file_is_valid_and_has_all_defaults() {
    let snapshot = Home::empty().file().load();
    assert!(snapshot.is_valid() && !snapshot.exists());
    assert_eq!(snapshot.section::<Door>().unwrap(), Door::default());
    assert_eq!(snapshot.hash, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

#[test]
fn a_section_is_read_with_environment_and_home_in_place() {
    let home = Home::with("{ door: { port: 81, bind: 'lan', token: '${KEY}', secretDir: '~/x' } } // end");
    let snapshot = home.file().load();
    assert_eq!(messages(&snapshot), [] as [&str; 0]);
    let door = snapshot.section::<Door>().unwrap();
    assert_eq!((door.port, door.bind, door.token.as_deref()), (81, Bind::Lan, Some("s3cret")));
    assert_eq!(snapshot.value(&path("door.secretDir")), Some(&json!("/home/o/x")));
    assert_eq!(path("door.token").find(&snapshot.parsed), Some(&json!("${KEY}")));
    assert!(!format!("{snapshot:?}").contains("s3cret"));
}

#[test]
fn every_mistake_is_told_at_once_with_its_place_and_what_would_be_right() {
    let home = Home::with(
        "{ door: { port: 70000, bind: 'lann', nmaes: [], names: [1] }, later: { people: [{ kind: true }, 5], flag: 'yes' }, bogusKey: 1 }",
    );
    assert_eq!(
        messages(&home.file().load()),
        [
            "door.port: Invalid input: expected integer from 1 to 65535, received 70000",
            "door.bind: Invalid input: expected one of \"loopback\", \"lan\", \"cloud\", received \"lann\" (did you mean \"lan\"?)",
            "door.names.0: Invalid input: expected string, received 1",
            "door: Unrecognized key: \"nmaes\" (did you mean \"names\"?)",
            "later.people.0.kind: Invalid input: expected one of \"dm\", \"group\", false, received boolean",
            "later.people.0.id: Invalid input: expected string of at least 1, received undefined",
            "later.people.1: Invalid input: expected object, received 5",
            "later.flag: Invalid input: expected boolean, received string",
            "Unrecognized key: \"bogusKey\"",
        ]
    );
}

#[test]
fn rules_between_fields_are_asked_when_the_shape_is_right() {
    let home = Home::with("{ door: { bind: 'lan' } }");
    assert_eq!(messages(&home.file().load()), ["door.token: is needed when door.bind is \"lan\""]);
}

#[test]
fn a_wrong_secret_is_not_quoted_in_the_issue() {
    let home = Home::with("{ door: { port: '${KEY}' } }");
    assert_eq!(
        messages(&home.file().load()),
        ["door.port: Invalid input: expected integer from 1 to 65535, received string"]
    );
}

#[test]
fn a_missing_variable_is_told_with_its_place() {
    let home = Home::with("{ door: { names: ['a', '${NOPE}'] } }");
    assert_eq!(messages(&home.file().load()), ["Missing env var \"NOPE\" referenced at config path: door.names[1]",]);
}

#[test]
fn broken_text_is_told_with_line_and_column() {
    let home = Home::with("{ not json");
    let issues = messages(&home.file().load());
    assert_eq!(issues.len(), 1);
    assert!(issues[0].starts_with("JSON5 parse failed: SyntaxError: JSON5: "), "{issues:?}");
    assert!(issues[0].contains(" at 1:"), "{issues:?}");
}

#[test]
fn included_files_merge_in_order_and_keys_beside_them_win() {
    let home = Home::with("{ $include: ['a.json5', './b.json5'], door: { port: 3 } }");
    home.put("a.json5", "{ door: { port: 1, names: ['a'] }, later: { $include: 'later.json5' } }");
    home.put("b.json5", "{ door: { port: 2, names: ['b'], token: '${KEY}' } }");
    home.put("later.json5", "{ flag: true }");
    let snapshot = home.file().load();
    let expected = json!({"door": {"port": 3, "names": ["a", "b"], "token": "s3cret"}, "later": {"flag": true}});
    assert_eq!((messages(&snapshot), &snapshot.effective), (vec![], &expected));
    assert_eq!(snapshot.includes, ["a.json5", "later.json5", "b.json5"].map(|name| home.path(name)));
}

#[test]
fn includes_that_go_round_or_are_missing_are_told_with_the_files() {
    let home = Home::with("{ $include: 'a.json5' }");
    let broken = messages(&home.file().load());
    assert!(broken[0].contains("a.json5") && broken[0].contains(&home.path("a.json5").to_string()), "{broken:?}");
    home.put("a.json5", "{ later: { $include: 'app.json' } }");
    let (main, other) = (home.path("app.json"), home.path("a.json5"));
    assert_eq!(messages(&home.file().load()), [format!("Circular include detected: {main} -> {other} -> {main}")]);
}

#[test]
fn includes_end_at_a_depth_of_ten() {
    let home = Home::with("{ later: { $include: '1.json5' } }");
    for level in 1..12 {
        home.put(&format!("{level}.json5"), &format!("{{ $include: '{}.json5' }}", level + 1));
    }
    home.put("10.json5", "{ flag: true }");
    assert_eq!(messages(&home.file().load()), [] as [&str; 0]);
    home.put("10.json5", "{ $include: '11.json5' }");
    home.put("11.json5", "{ flag: true }");
    assert!(messages(&home.file().load())[0].contains("nested deeper than 10"));
}

#[test]
fn keys_beside_an_include_need_an_object() {
    let home = Home::with("{ later: { $include: 'list.json5', flag: true } }");
    home.put("list.json5", "[1]");
    assert!(messages(&home.file().load())[0].starts_with("Keys beside $include need"));
}
