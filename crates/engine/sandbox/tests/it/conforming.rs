//! The promises of the contract, kept by these tools and this world.

use conformance::tool::{Sample, suite, world};
use serde_json::json;
use tool::{CommandLine, Need, ProcessId, WorldPath};

use crate::room::Room;

#[tokio::test]
async fn every_promise_of_a_tool_is_kept() {
    let room = Room::new();
    let (path, command) = (|| WorldPath("f".to_owned()), |text: &str| Need::Exec(CommandLine(text.to_owned())));
    let sample = |tool, input, needs| Sample { tool, input, needs };
    let samples = [
        sample("read", json!({"path": "f", "offset": "3", "limit": 2.0}), vec![Need::Read(path())]),
        sample("read", json!({"file_path": "f"}), vec![Need::Read(path())]),
        sample("write", json!({"path": "f", "content": ""}), vec![Need::Write(path())]),
        sample(
            "edit",
            json!({"path": "f", "oldText": "a", "newText": "b"}),
            vec![Need::Read(path()), Need::Write(path())],
        ),
        sample("exec", json!({"command": "ls", "timeout": 5, "unknown": 1}), vec![command("ls")]),
        sample("process", json!({"action": "list"}), vec![Need::Watch(None)]),
        sample(
            "process",
            json!({"action": "send-keys", "sessionId": "a", "keys": ["Enter"]}),
            vec![Need::Watch(Some(ProcessId("a".to_owned()))), command("")],
        ),
        sample("process", json!({"action": "kill", "sessionId": "a"}), vec![command("kill a")]),
    ];
    assert_eq!(suite(&room.tools, &samples), Vec::<String>::new());
}

#[tokio::test]
async fn every_promise_of_a_world_is_kept() {
    let room = Room::new();
    assert_eq!(world(&*room.world).await, Vec::<String>::new());
}
