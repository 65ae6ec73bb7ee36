//! One process per state folder, and never beside the other program that knows it.

use std::sync::Arc;

use stdx::{AbsPath, SystemClock};
use store::{ForeignLock, Lease, LeaseError};

use crate::folder;

fn lock(folder: &crate::Folder) -> AbsPath {
    folder.path.parent().join("gateway.lock")
}

fn foreign(folder: &crate::Folder) -> ForeignLock {
    ForeignLock::new(&folder.path.parent(), "other", &folder.path.parent().join("config.json"), Arc::new(SystemClock))
}

#[test]
fn a_second_holder_learns_the_pid_of_the_first() {
    let folder = folder();
    let lease = Lease::acquire(&lock(&folder), None).unwrap();
    let refused = Lease::acquire(&lock(&folder), None).unwrap_err();
    assert_eq!(refused.to_string(), format!("the state folder is held by process {}", std::process::id()));
    assert_eq!(Lease::holder(&lock(&folder)), Some(Some(std::process::id())));
    drop(lease);
    assert_eq!(Lease::holder(&lock(&folder)), None);
    Lease::acquire(&lock(&folder), None).unwrap();
}

#[test]
fn the_other_programs_lock_is_held_and_given_back() {
    let folder = folder();
    let foreign = foreign(&folder);
    let path = foreign.path().clone();
    let lease = Lease::acquire(&lock(&folder), Some(foreign)).unwrap();
    let written: serde_json::Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    assert_eq!(written["pid"], std::process::id());
    assert_eq!(written["configPath"], folder.path.parent().join("config.json").to_string());
    assert!(written["createdAt"].as_str().unwrap().ends_with('Z'));
    drop(lease);
    assert!(!path.exists());
}

#[test]
fn a_living_holder_of_the_other_lock_keeps_us_out() {
    let folder = folder();
    let foreign = foreign(&folder);
    std::fs::create_dir_all(foreign.path().parent()).unwrap();
    // Process 1 always lives.
    std::fs::write(foreign.path(), r#"{"pid":1,"createdAt":"2026-01-01T00:00:00.000Z","configPath":"/c"}"#).unwrap();
    let refused = Lease::acquire(&lock(&folder), Some(foreign.clone())).unwrap_err();
    assert!(matches!(refused, LeaseError::HeldByOther { pid: 1, .. }));
    assert!(foreign.path().exists());
    // Our own lock was given back too.
    assert_eq!(Lease::holder(&lock(&folder)), None);
}

#[test]
fn a_lock_of_a_dead_process_or_of_a_reused_pid_is_taken_over() {
    for left_behind in [r#"{"pid":4194303}"#, r#"{"pid":1,"startTime":99999999999}"#] {
        let folder = folder();
        let foreign = foreign(&folder);
        std::fs::create_dir_all(foreign.path().parent()).unwrap();
        std::fs::write(foreign.path(), left_behind).unwrap();
        Lease::acquire(&lock(&folder), Some(foreign)).unwrap();
    }
}
