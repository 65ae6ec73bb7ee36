//! Changes to the file: what stays, what is kept, and what is refused.

use std::os::unix::fs::PermissionsExt as _;

use config::{Base, Edit, WriteError};
use serde_json::{Value, json};

use crate::{Home, path};

fn set(place: &str, value: Value) -> Edit {
    Edit::Set(path(place), value)
}

fn write(home: &Home, edit: Edit) -> Result<(), WriteError> {
    home.file().write(&[edit], &Base::Whatever).map(drop)
}

#[test]
fn comments_and_order_stay_when_a_value_is_set() {
    let home = Home::with(
        "// mine\n{\n  later: { flag: true }, // keep\n  door: {\n    // the port\n    port: 81,\n  },\n}\n",
    );
    write(&home, set("door.port", json!(82))).unwrap();
    write(&home, set("door.token", json!("t"))).unwrap();
    write(&home, set("later.people[0].id", json!("x"))).unwrap();
    let text = home.get("app.json");
    assert!(text.starts_with("// mine\n{\n  later: {"), "{text}");
    assert!(text.contains("// keep\n  door: {\n    // the port\n    port: 82,\n    \"token\": \"t\",\n  },"), "{text}");
    let effective = home.file().load().effective;
    let expected = json!({"later": {"flag": true, "people": [{"id": "x"}]}, "door": {"port": 82, "token": "t"}});
    assert_eq!(effective, expected);
}

#[test]
fn a_key_is_removed_with_nothing_else() {
    let home = Home::with("{ door: { port: 81, /* which */ names: ['a', 'b'] }, later: {} }");
    write(&home, Edit::Unset(path("door.names[0]"))).unwrap();
    write(&home, Edit::Unset(path("door.port"))).unwrap();
    assert_eq!(home.file().load().effective, json!({"door": {"names": ["b"]}, "later": {}}));
    let refused = write(&home, Edit::Unset(path("door.port"))).unwrap_err();
    assert_eq!(refused.to_string(), "door.port is not set in this file");
}

#[test]
fn a_patch_merges_removes_and_never_spells_a_secret_out() {
    let home = Home::with("{ door: { token: '${KEY}', port: 81, names: ['a'] }, later: { flag: true } } // c\n");
    let patch = json!({"door": {"token": "s3cret", "port": 82, "names": ["b"]}, "later": null, "copy": {"people": [{"id": "${KEY}"}]}});
    write(&home, Edit::Merge(patch)).unwrap();
    let text = home.get("app.json");
    assert!(!text.contains("s3cret") && text.contains("'${KEY}'") && text.contains("// c"), "{text}");
    let expected =
        json!({"door": {"token": "s3cret", "port": 82, "names": ["b"]}, "copy": {"people": [{"id": "s3cret"}]}});
    assert_eq!(home.file().load().effective, expected);
}

#[test]
fn a_list_that_is_replaced_keeps_the_references_of_unchanged_items() {
    let home = Home::with("{ door: { names: ['${KEY}', 'b'] } }");
    write(&home, Edit::Merge(json!({"door": {"names": ["s3cret", "c"]}}))).unwrap();
    assert_eq!(home.file().load().parsed, json!({"door": {"names": ["${KEY}", "c"]}}));
}

#[test]
fn a_remote_writer_must_know_what_the_file_holds() {
    let home = Home::with("{}");
    let refuse = |base: Base| home.file().write(&[set("door.port", json!(1))], &base).unwrap_err().to_string();
    assert_eq!(refuse(Base::Hash(None)), "config base hash required; re-run config.get and retry");
    assert_eq!(refuse(Base::Hash(Some("dead".into()))), "config changed since last load; re-run config.get and retry");
    let hash = home.file().load().hash;
    home.file().write(&[set("door.port", json!(1))], &Base::Hash(Some(hash))).unwrap();
    let fresh = Home::empty();
    fresh.file().write(&[set("door.port", json!(1))], &Base::Hash(None)).unwrap();
    assert_eq!(fresh.file().load().effective, json!({"door": {"port": 1}}));
}

#[test]
fn what_is_wrong_is_never_written() {
    let home = Home::with("{ door: { port: 81 } }");
    let before = home.get("app.json");
    let edits = [
        set("door.prot", json!(1)),
        set("door.port.x", json!(1)),
        Edit::Replace("{ bogusKey: 1 }".into()),
        Edit::Replace("{ not json".into()),
        Edit::Merge(json!([1])),
    ];
    let errors = edits.map(|edit| write(&home, edit).unwrap_err());
    assert!(matches!(&errors[0], WriteError::Invalid(issues) if issues.len() == 1));
    assert!(matches!(&errors[2], WriteError::Invalid(_)) && errors[2].to_string() == "invalid config");
    assert!(errors[3].to_string().starts_with("SyntaxError: JSON5: "), "{}", errors[3]);
    assert_eq!(errors[4].to_string(), "config.patch raw must be an object");
    assert_eq!(home.get("app.json"), before);
    assert!(!home.exists("app.json.bak"));
}

#[test]
fn a_broken_file_can_be_mended_but_not_patched() {
    let home = Home::with("{ bogusKey: 1, other: 2, door: { port: 81 } }");
    let refused = write(&home, Edit::Merge(json!({"door": {"port": 82}}))).unwrap_err();
    assert_eq!(refused.to_string(), "invalid config; fix before patching");
    let edits = [Edit::Unset(path("bogusKey")), Edit::Unset(path("other"))];
    home.file().write(&edits, &Base::Whatever).unwrap();
    assert_eq!(home.file().load().effective, json!({"door": {"port": 81}}));
}

#[test]
fn five_old_versions_are_kept_for_the_owner_alone() {
    let home = Home::with("{ door: { port: 1 } }");
    for port in 2..=8 {
        write(&home, set("door.port", json!(port))).unwrap();
    }
    let kept = ["", ".bak", ".bak.1", ".bak.2", ".bak.3", ".bak.4"].map(|suffix| {
        let name = format!("app.json{suffix}");
        let mode = std::fs::metadata(home.path(&name)).unwrap().permissions().mode() & 0o777;
        (home.get(&name).trim().to_owned(), mode)
    });
    let expected = [8, 7, 6, 5, 4, 3].map(|port| (format!("{{ door: {{ port: {port} }} }}"), 0o600));
    assert_eq!(kept, expected);
    assert!(!home.exists("app.json.bak.5"));
}

#[test]
fn setting_what_is_already_so_writes_nothing() {
    let home = Home::with("{ door: { token: '${KEY}' } }");
    write(&home, set("door.token", json!("s3cret"))).unwrap();
    assert_eq!(home.get("app.json"), "{ door: { token: '${KEY}' } }");
    assert!(!home.exists("app.json.bak"));
}

#[test]
fn a_key_that_an_include_decides_is_not_set_in_vain() {
    let home = Home::with("{ door: { $include: 'door.json5' } }");
    home.put("door.json5", "{ names: ['a'], port: 81 }");
    write(&home, set("door.port", json!(82))).unwrap();
    assert_eq!(home.file().load().value(&path("door.port")), Some(&json!(82)));
    let refused = write(&home, set("door.names", json!(["b"]))).unwrap_err();
    assert!(refused.to_string().starts_with("door.names would not take effect"), "{refused}");
}

#[test]
fn a_whole_new_text_is_kept_as_it_was_sent() {
    let home = Home::with("{}");
    let text = "{\n  // new\n  door: { token: '$${KEY}' },\n}\n";
    write(&home, Edit::Replace(text.into())).unwrap();
    assert_eq!(home.get("app.json"), text);
    assert_eq!(home.file().load().value(&path("door.token")), Some(&json!("${KEY}")));
}

#[test]
fn a_link_to_the_file_stays_a_link() {
    let home = Home::with("{}");
    home.put("real.json", "{}");
    std::fs::remove_file(home.path("app.json")).unwrap();
    std::os::unix::fs::symlink(home.path("real.json"), home.path("app.json")).unwrap();
    write(&home, set("door.port", json!(82))).unwrap();
    assert!(home.path("app.json").is_symlink() && home.get("real.json").contains("82"));
}

#[test]
fn a_moved_value_takes_its_comments_and_references_along() {
    let home =
        Home::with("{\n  // above\n  old: {\n    port: 81, // why\n    token: '${KEY}',\n  },\n  later: {},\n}\n");
    assert_eq!(home.file().load().effective, json!({"later": {}, "door": {"port": 81, "token": "s3cret"}}));
    let before = home.get("app.json");
    write(&home, set("later.flag", json!(true))).unwrap();
    let text = home.get("app.json");
    assert!(text.contains("// above") && text.contains("port: 81, // why") && text.contains("'${KEY}'"), "{text}");
    let parsed = json!({"later": {"flag": true}, "door": {"port": 81, "token": "${KEY}"}});
    assert_eq!(home.file().load().parsed, parsed);
    assert_eq!(home.get("app.json.bak"), before);
}

#[test]
fn an_older_name_of_a_key_is_read_set_and_removed_at_its_place_of_now() {
    let home = Home::with("{ door: { port: 81 } }");
    write(&home, set("old.port", json!(82))).unwrap();
    assert_eq!(home.file().load().parsed, json!({"door": {"port": 82}}));
    let snapshot = home.file().load();
    assert_eq!(home.file().find(&snapshot, &path("old.port")), Some(json!(82)));
    write(&home, Edit::Merge(json!({"old": {"bind": "loopback"}}))).unwrap();
    write(&home, Edit::Unset(path("old.port"))).unwrap();
    assert_eq!(home.file().load().parsed, json!({"door": {"bind": "loopback"}}));
}

#[test]
fn a_move_that_an_included_file_would_undo_is_not_written() {
    let home = Home::with("{ $include: './more.json', old: { port: 81 } }");
    home.put("more.json", "{ door: { port: 82 } }");
    assert_eq!(home.file().load().effective, json!({"door": {"port": 82}}));
    write(&home, set("later.flag", json!(true))).unwrap();
    assert_eq!(home.file().load().effective["door"], json!({"port": 82}));
    assert!(home.get("app.json").contains("old: { port: 81 }"));
}
