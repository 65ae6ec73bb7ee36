//! `exec` and `process` on real commands.

use std::sync::Arc;
use std::time::Duration;

use sandbox::{Config, Exec};
use serde_json::json;
use stdx::ManualClock;
use tool::{ExitState, ToolContext, ToolError};

use crate::room::{PATIENCE, Room, text};

#[tokio::test]
async fn a_command_gives_its_output_in_order_and_its_exit_code() {
    let room = Room::new();
    let good = room.call("exec", json!({"command": "echo out; echo err >&2; pwd"})).await.unwrap();
    assert_eq!(text(&good), format!("out\nerr\n{}\n", room.world.root()));
    assert_eq!((&good.details["status"], &good.details["exitCode"]), (&json!("completed"), &json!(0)));
    assert!(!good.is_error);

    let bad = room.call("exec", json!({"command": "echo why; exit 3"})).await.unwrap();
    assert_eq!(text(&bad), "why\n\n[exit code 3]");
    assert_eq!((bad.is_error, &bad.details["status"], &bad.details["exitCode"]), (true, &json!("failed"), &json!(3)));
    let silent = room.call("exec", json!({"command": "kill -KILL $$"})).await.unwrap();
    assert_eq!(text(&silent), "(no output)\n\n[ended by signal 9]");
}

#[tokio::test]
async fn a_command_runs_where_and_with_what_it_was_told() {
    let room = Room::new();
    std::fs::create_dir(room.at("sub")).unwrap();
    let said = room
        .says("exec", json!({"command": "basename $PWD; echo $COLOUR", "workdir": "sub", "env": {"COLOUR": "red"}}));
    assert_eq!(said.await, "sub\nred\n");
    assert!(room.refuses("exec", json!({"command": "ls", "workdir": "nowhere"})).await.ends_with("does not exist"));
}

#[tokio::test]
async fn our_secrets_are_not_in_a_commands_environment() {
    let secrets = [("ANTHROPIC_API_KEY", "sk-1"), ("CLAWDBOT_GATEWAY_TOKEN", "t-2"), ("OPENAI_API_KEY", "sk-3")];
    let config =
        Config { exec: Exec { pass_env: vec!["OPENAI_API_KEY".to_owned()], ..Exec::default() }, ..Config::default() };
    let room = Room::with(config, &secrets);
    let env = room.says("exec", json!({"command": "env"})).await;
    assert!(!env.contains("sk-1") && !env.contains("t-2") && env.contains("sk-3") && env.contains("PATH="));
}

#[tokio::test]
async fn a_slow_command_goes_on_in_the_background_and_is_followed() {
    let room = Room::new();
    let left =
        room.call("exec", json!({"command": "echo one; read x; echo two $x; exit 4", "yieldMs": 10})).await.unwrap();
    assert_eq!(left.details["status"], "running");
    let id = left.details["sessionId"].as_str().unwrap();
    room.hear(id, "one").await;
    assert!(room.says("process", json!({"action": "list"})).await.starts_with(&format!("{id}: running, ")));
    assert_eq!(room.says("process", json!({"action": "write", "sessionId": id, "data": "x\n"})).await, "sent 2 bytes");
    room.hear(id, "two x").await;
    let job = json!({"action": "log", "sessionId": id});
    while room.call("process", job.clone()).await.unwrap().details["status"] == "running" {
        room.says("process", json!({"action": "poll", "sessionId": id})).await;
    }
    assert_eq!(room.says("process", job).await, "one\ntwo x\n\n[lines 1 to 2 of 2; exit code 4]");
    assert_eq!(room.says("process", json!({"action": "clear", "sessionId": id})).await, format!("{id} is forgotten"));
    assert_eq!(room.says("process", json!({"action": "list"})).await, "there are no background commands");
    room.processes.stop(PATIENCE).await;
    let ended = room.ended.lock().pop().unwrap();
    assert_eq!((ended.state, ended.tail.as_str()), (ExitState::Code(4), "one\ntwo x"));
}

#[tokio::test]
async fn a_closed_input_is_the_end_of_input() {
    let room = Room::new();
    let id = room.start(json!({"command": "cat; echo done"})).await;
    room.says("process", json!({"action": "write", "sessionId": id, "data": "last", "eof": true})).await;
    assert!(room.hear(&id, "done").await.starts_with("last"));
    assert_eq!(room.says("exec", json!({"command": "cat; echo no input, no waiting"})).await, "no input, no waiting\n");
}

#[tokio::test]
async fn another_agent_does_not_see_my_commands() {
    let room = Room::new();
    let id = room.start(json!({"command": "cat"})).await;
    let other = ToolContext { agent: "other".parse().unwrap(), ..room.cx.clone() };
    let listed = room.call_as(&other, "process", json!({"action": "list"})).await.unwrap();
    assert_eq!(text(&listed), "there are no background commands");
    let killed = room.call_as(&other, "process", json!({"action": "kill", "sessionId": id})).await;
    assert_eq!(killed.unwrap_err().to_string(), format!("there is no background command named {id}"));
    room.worlds.stop(PATIENCE).await;
}

#[tokio::test]
async fn a_stopped_run_takes_its_command_with_it() {
    let room = Room::new();
    let cancel = room.cx.cancel.child_token();
    let stop = cancel.clone();
    // The run is stopped as soon as the command is seen to run.
    let progress = Arc::new(move |shown: &str| {
        if shown.contains("up") {
            stop.cancel();
        }
    });
    let cx = ToolContext { cancel, progress, ..room.cx.clone() };
    let stopped = room.call_as(&cx, "exec", json!({"command": "echo up; exec tail -f /dev/null"})).await;
    assert_eq!(stopped.unwrap_err(), ToolError::Cancelled);
    room.processes.stop(PATIENCE).await;
}

#[tokio::test]
async fn commands_end_with_the_program() {
    let room = Room::new();
    let id = room.start(json!({"command": "echo up; exec tail -f /dev/null"})).await;
    room.hear(&id, "up").await;
    let other = room.start(json!({"command": "cat"})).await;
    room.says("process", json!({"action": "kill", "sessionId": other})).await;
    room.worlds.stop(PATIENCE).await;
    room.processes.stop(PATIENCE).await;
    // The one that the session itself ended is no news to it.
    let told: Vec<_> = room.ended.lock().iter().map(|end| (end.id.0.clone(), end.state)).collect();
    assert_eq!(told, [(id.clone(), ExitState::Killed)]);
    assert!(room.says("process", json!({"action": "poll", "sessionId": id})).await.ends_with("[killed]"));
}

#[tokio::test]
async fn an_ended_command_is_remembered_for_half_an_hour() {
    let clock = ManualClock::new(1_000_000);
    let room = Room::with_clock(Arc::new(clock.clone()));
    let id = room.start(json!({"command": "echo bye"})).await;
    room.hear(&id, "bye").await;
    // Its end is on record when nothing is left to be closed.
    room.processes.stop(PATIENCE).await;
    clock.advance(Duration::from_secs(29 * 60));
    let listed = room.says("process", json!({"action": "list"})).await;
    assert_eq!(listed, format!("{id}: exit code 0, 0 s: echo bye"));
    clock.advance(Duration::from_secs(2 * 60));
    assert_eq!(room.says("process", json!({"action": "list"})).await, "there are no background commands");
}

#[tokio::test]
async fn of_many_ended_commands_the_oldest_are_forgotten() {
    let clock = ManualClock::new(1_000_000);
    let room = Room::with_clock(Arc::new(clock.clone()));
    for number in 0..sandbox::ENDED_COMMANDS + 3 {
        room.start(json!({"command": format!(": {number}")})).await;
        room.processes.stop(PATIENCE).await;
        clock.advance(Duration::from_millis(1));
    }
    let listed = room.says("process", json!({"action": "list"})).await;
    assert_eq!(listed.lines().count(), sandbox::ENDED_COMMANDS);
    assert!(!listed.contains(": 2\n") && listed.contains(": 3\n"), "{listed}");
}
