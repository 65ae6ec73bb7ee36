//! `read`, `write` and `edit` on real files.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};

use sandbox::{Config, Files};
use serde_json::json;
use tool::Content;

use crate::room::Room;

#[tokio::test]
async fn a_file_is_written_read_and_edited() {
    let room = Room::new();
    assert_eq!(
        room.says("write", json!({"path": "a/b.txt", "content": "one\ntwo\n"})).await,
        "wrote 8 bytes to a/b.txt"
    );
    let edited =
        room.call("edit", json!({"file_path": "a/b.txt", "old_string": "two", "new_string": "three"})).await.unwrap();
    assert_eq!(room.says("read", json!({"path": "a/b.txt"})).await, "one\nthree\n");
    assert_eq!(edited.details["firstChangedLine"], 2);
    assert!(edited.details["diff"].as_str().unwrap().contains("-two\n+three\n"));
}

#[tokio::test]
async fn an_edit_of_no_match_or_two_changes_nothing() {
    let room = Room::new();
    fs::write(room.at("f"), "a\nb\na\n").unwrap();
    let none = room.refuses("edit", json!({"path": "f", "oldText": "z", "newText": "y"})).await;
    assert_eq!(none, "f: oldText does not occur; read the file again");
    let two = room.refuses("edit", json!({"path": "f", "oldText": "a", "newText": "y"})).await;
    assert_eq!(two, "f: oldText occurs 2 times, at lines 1, 3; add text around it until it is unique");
    assert_eq!(fs::read_to_string(room.at("f")).unwrap(), "a\nb\na\n");
}

#[tokio::test]
async fn a_file_changed_since_it_was_read_is_not_overwritten() {
    let room = Room::new();
    fs::write(room.at("f"), "mine").unwrap();
    room.says("read", json!({"path": "f"})).await;
    fs::write(room.at("f"), "your").unwrap();
    let path = room.at("f").display().to_string();
    let words = format!("{path} changed since it was read: read it again first");
    assert_eq!(room.refuses("write", json!({"path": path, "content": "x"})).await, words);
    assert!(
        room.refuses("edit", json!({"path": "./f", "oldText": "your", "newText": "x"})).await.contains("changed since")
    );
    room.says("read", json!({"path": "f"})).await;
    room.says("edit", json!({"path": "f", "oldText": "your", "newText": "our"})).await;
    room.says("write", json!({"path": "f", "content": "all"})).await;
    assert_eq!(fs::read_to_string(room.at("f")).unwrap(), "all");
}

#[tokio::test]
async fn a_link_out_of_the_workspace_is_not_followed() {
    let room = Room::new();
    let secret = room.folder.path().join("secret");
    fs::write(&secret, "s").unwrap();
    symlink(&secret, room.at("link")).unwrap();
    symlink(room.folder.path(), room.at("folder")).unwrap();
    symlink(room.folder.path().join("not yet"), room.at("dangling")).unwrap();
    for path in ["link", "folder/secret", "./link"] {
        assert_eq!(room.refuses("read", json!({"path": path})).await, format!("{path} leads out of the workspace"));
    }
    let absolute = room.at("link").display().to_string();
    assert!(room.refuses("read", json!({"path": absolute})).await.ends_with("leads out of the workspace"));
    for path in ["link", "folder/new", "dangling", "dangling/x"] {
        let refused = room.refuses("write", json!({"path": path, "content": "x"})).await;
        assert_eq!(refused, format!("{path} leads out of the workspace"));
    }
    assert!(
        room.refuses("exec", json!({"command": "ls", "workdir": "folder"}))
            .await
            .ends_with("leads out of the workspace")
    );
    assert_eq!(fs::read_to_string(&secret).unwrap(), "s");
}

#[tokio::test]
async fn a_link_within_the_workspace_is_written_through() {
    let room = Room::new();
    fs::write(room.at("real"), "1").unwrap();
    symlink(room.at("real"), room.at("link")).unwrap();
    room.says("write", json!({"path": "link", "content": "2"})).await;
    assert_eq!(fs::read_to_string(room.at("real")).unwrap(), "2");
    assert!(room.at("link").is_symlink());
}

#[tokio::test]
async fn a_path_that_openly_names_another_place_is_used_unless_config_forbids() {
    let room = Room::new();
    let outside = room.folder.path().canonicalize().unwrap().join("outside");
    room.says("write", json!({"path": outside, "content": "x"})).await;
    assert_eq!(room.says("read", json!({"path": "../outside"})).await, "x");
    fs::create_dir_all(room.folder.path().join("home")).unwrap();
    fs::write(room.folder.path().join("home/note"), "n").unwrap();
    assert_eq!(room.says("read", json!({"path": "~/note"})).await, "n");

    let strict = Room::with(Config { fs: Files { workspace_only: true }, ..Config::default() }, &[]);
    assert!(strict.refuses("read", json!({"path": outside})).await.ends_with("leads out of the workspace"));
    assert!(
        strict.refuses("write", json!({"path": "../x", "content": ""})).await.ends_with("leads out of the workspace")
    );
}

#[tokio::test]
async fn a_replaced_file_keeps_its_mode_and_leaves_nothing_beside_it() {
    let room = Room::new();
    fs::write(room.at("run.sh"), "old").unwrap();
    fs::set_permissions(room.at("run.sh"), fs::Permissions::from_mode(0o751)).unwrap();
    room.says("write", json!({"path": "run.sh", "content": "new"})).await;
    assert_eq!(fs::metadata(room.at("run.sh")).unwrap().permissions().mode() & 0o777, 0o751);
    assert_eq!(fs::read_dir(room.world.root()).unwrap().count(), 1);
}

#[tokio::test]
async fn binary_files_are_named_and_images_are_shown_to_models_that_see() {
    let room = Room::new();
    fs::write(room.at("blob"), b"a\0b\xff").unwrap();
    fs::write(room.at("p.png"), b"\x89PNG\r\n\x1a\n rest").unwrap();
    assert_eq!(room.says("read", json!({"path": "blob"})).await, "blob is a binary file of 4 bytes");
    assert_eq!(
        room.refuses("edit", json!({"path": "blob", "oldText": "a", "newText": "b"})).await,
        "blob is a binary file"
    );
    let shown = room.call("read", json!({"path": "p.png"})).await.unwrap();
    assert!(matches!(&shown.content[1], Content::Image(picture) if picture.ends_with(b" rest")));
    let blind = tool::ToolContext { sees_images: false, ..room.cx.clone() };
    let told = room.call_as(&blind, "read", json!({"path": "p.png"})).await.unwrap();
    assert_eq!(told.content.len(), 1);
}

#[tokio::test]
async fn what_is_no_regular_file_is_refused_without_waiting() {
    let room = Room::new();
    room.says("exec", json!({"command": "mkfifo pipe; mkdir dir"})).await;
    assert!(room.refuses("read", json!({"path": "pipe"})).await.ends_with("is not a regular file"));
    assert!(room.refuses("read", json!({"path": "dir"})).await.ends_with("is not a regular file"));
    assert!(room.refuses("write", json!({"path": "dir", "content": ""})).await.ends_with("is not a regular file"));
    assert!(room.refuses("read", json!({"path": "none"})).await.ends_with("does not exist"));
}

#[tokio::test]
async fn reading_again_shows_a_session_what_another_one_wrote() {
    let room = Room::new();
    fs::write(room.at("f"), "a").unwrap();
    room.says("read", json!({"path": "f"})).await;
    let other = tool::ToolContext { session: "agent:main:other".parse().unwrap(), ..room.cx.clone() };
    room.call_as(&other, "write", json!({"path": "f", "content": "b"})).await.unwrap();
    assert!(room.refuses("write", json!({"path": "f", "content": "c"})).await.contains("changed since"));
    assert_eq!(room.says("read", json!({"path": "f"})).await, "b");
    room.says("write", json!({"path": "f", "content": "c"})).await;
}
