//! A command's children, wherever they went, end with it.

use serde_json::json;

use crate::room::{PATIENCE, Room, text};

/// Ignores SIGTERM; forks a child that opens a session of its own, whose child is an orphan that did so too and holds
/// none of our pipes. Each writes its id to the file before the last says that all are there.
pub(crate) const STUBBORN: &str = r#"
import os, signal, sys
for each in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
    signal.signal(each, signal.SIG_IGN)
ready, tell = os.pipe()
def stay():
    with open("pids", "a") as file:
        file.write(f"{os.getpid()}\n")
    os.write(tell, b".")
    while True:
        signal.pause()
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        if os.fork() == 0:
            os.setsid()
            null = os.open("/dev/null", os.O_RDWR)
            for each in (0, 1, 2):
                os.dup2(null, each)
            stay()
        os._exit(0)
    if os.fork() == 0:
        stay()
    stay()
while len(os.read(ready, 1)) and os.path.exists("pids") and len(open("pids").readlines()) < 3:
    pass
print("ready", flush=True)
stay()
"#;

pub(crate) fn write_stubborn(room: &Room) {
    std::fs::write(room.at("stubborn.py"), STUBBORN).unwrap();
}

/// The processes of the script that still live.
pub(crate) fn living(pids: &str) -> Vec<String> {
    let is_alive = |pid: &&str| {
        std::fs::read_to_string(format!("/proc/{pid}/stat"))
            .is_ok_and(|stat| !stat.rsplit(')').next().unwrap_or("").trim_start().starts_with(['Z', 'X']))
    };
    pids.lines().filter(is_alive).map(str::to_owned).collect()
}

#[tokio::test]
async fn a_killed_command_leaves_no_child_however_it_hid() {
    let room = Room::new();
    write_stubborn(&room);
    let id = room.start(json!({"command": "python3 stubborn.py; true"})).await;
    room.hear(&id, "ready").await;
    let pids = std::fs::read_to_string(room.at("pids")).unwrap();
    assert!(living(&pids).len() >= 3, "{pids:?}");
    assert_eq!(room.says("process", json!({"action": "kill", "sessionId": id})).await, format!("{id}: killed"));
    let pids = std::fs::read_to_string(room.at("pids")).unwrap();
    assert_eq!(living(&pids), Vec::<String>::new());
}

#[tokio::test]
async fn a_command_that_takes_too_long_leaves_no_child_either() {
    let room = Room::new();
    write_stubborn(&room);
    let call = room.call("exec", json!({"command": "python3 stubborn.py; true", "timeout": 4}));
    let output = call.await.unwrap();
    assert!(text(&output).ends_with("[timed out and killed]"), "{output:?}");
    assert!(output.is_error);
    let pids = std::fs::read_to_string(room.at("pids")).unwrap();
    assert!(!pids.is_empty() && living(&pids).is_empty(), "{pids:?}");
}

#[tokio::test]
async fn what_a_finished_command_left_behind_is_named_and_can_be_killed() {
    let room = Room::new();
    let said = room.says("exec", json!({"command": "tail -f /dev/null & echo $! > pids; echo started"})).await;
    let (_, id) = said.strip_suffix(']').unwrap().rsplit_once("see process ").unwrap();
    assert!(said.starts_with("started\n\n[something it started still runs"), "{said}");
    let pids = std::fs::read_to_string(room.at("pids")).unwrap();
    assert_eq!(living(&pids).len(), 1);
    room.says("process", json!({"action": "remove", "sessionId": id})).await;
    assert!(living(&pids).is_empty());
    room.processes.stop(PATIENCE).await;
}

#[tokio::test]
async fn a_stranger_with_the_same_parent_is_left_alone() {
    let room = Room::new();
    let mine = room.start(json!({"command": "echo $$ > mine; echo up; exec tail -f /dev/null"})).await;
    let other = room.start(json!({"command": "echo $$ > other; echo up; exec tail -f /dev/null"})).await;
    room.hear(&mine, "up").await;
    room.hear(&other, "up").await;
    room.says("process", json!({"action": "kill", "sessionId": mine})).await;
    assert!(living(&std::fs::read_to_string(room.at("mine")).unwrap()).is_empty());
    assert_eq!(living(&std::fs::read_to_string(room.at("other")).unwrap()).len(), 1);
    room.worlds.stop(PATIENCE).await;
}
