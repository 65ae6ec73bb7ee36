//! Whatever commands write, however much of it.

use serde_json::json;

use crate::room::{Room, text};

/// More would mean that the output was kept.
const GROWTH_KB: u64 = 64 * 1024;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gigabyte_of_output_keeps_its_end_in_little_memory() {
    let room = Room::new();
    room.says("exec", json!({"command": "true"})).await;
    let before = peak_kb();
    let flood = "echo the start; yes 0123456789abcdef0123456789abcdef | head -c 1000000000; echo; echo the end";
    let output = room.call("exec", json!({"command": flood, "yieldMs": 120_000})).await.unwrap();
    let said = text(&output);
    assert!(said.starts_with("the start\n0123") && said.ends_with("\nthe end\n"), "{:?}", said.get(said.len() - 80..));
    assert!(said.contains("bytes left out …]"));
    assert!(said.len() < 40_000, "{}", said.len());
    let grown = peak_kb().saturating_sub(before);
    assert!(grown < GROWTH_KB, "{grown} KiB");
}

#[tokio::test]
async fn a_character_that_arrives_in_halves_is_whole() {
    let room = Room::new();
    let id = room.start(json!({"command": r"printf 'caf\303'; read x; printf '\251 au lait\n\377\376\001'"})).await;
    assert_eq!(room.hear(&id, "caf").await, "caf");
    room.says("process", json!({"action": "submit", "sessionId": id})).await;
    // The last piece of the output: what comes before it is there then.
    let rest = room.hear(&id, "\u{fffd}").await;
    assert!(rest.starts_with("é au lait"), "{rest:?}");
    let log = room.says("process", json!({"action": "log", "sessionId": id})).await;
    assert!(log.starts_with("café au lait\n\u{fffd}"), "{log:?}");
    room.says("process", json!({"action": "remove", "sessionId": id})).await;
}

#[tokio::test]
async fn binary_and_colours_become_plain_text() {
    let room = Room::new();
    let said = room.says("exec", json!({"command": r"printf '\033[31mred\033[0m\000\377\376\200end\n'"})).await;
    assert_eq!(said, "red\u{fffd}end\n");
    let random = room.says("exec", json!({"command": "head -c 100000 /dev/urandom"})).await;
    assert!(!random.chars().any(|c| c.is_control() && c != '\n' && c != '\t'));
}

fn peak_kb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}
