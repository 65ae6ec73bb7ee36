//! Commands on a pseudo-terminal.

use serde_json::json;

use crate::room::Room;

#[tokio::test]
async fn a_python_prompt_is_driven_like_a_person_would() {
    let room = Room::new();
    let id = room.start(json!({"command": "python3 -i", "pty": true})).await;
    room.hear(&id, ">>> ").await;
    room.says("process", json!({"action": "submit", "sessionId": id, "data": "print(6 * 7, 'is it')"})).await;
    room.hear(&id, "42 is it").await;
    // What is typed ahead when the interrupt comes is thrown away by the terminal: the loop must have begun.
    let endless = "while True: print('turning', 'round') or __import__('time').sleep(600)\n\n";
    room.says("process", json!({"action": "write", "sessionId": id, "data": endless})).await;
    room.hear(&id, "turning round").await;
    room.says("process", json!({"action": "send-keys", "sessionId": id, "keys": ["C-c"]})).await;
    room.hear(&id, "KeyboardInterrupt").await;
    room.says("process", json!({"action": "paste", "sessionId": id, "text": "print(1 + 1 == 2)", "bracketed": false}))
        .await;
    room.says("process", json!({"action": "send-keys", "sessionId": id, "keys": ["Enter"]})).await;
    room.hear(&id, "True").await;
    room.says("process", json!({"action": "write", "sessionId": id, "data": "exit(5)\n"})).await;
    let state = json!({"action": "poll", "sessionId": id});
    while room.call("process", state.clone()).await.unwrap().details["status"] == "running" {}
    let ended = room.call("process", state).await.unwrap();
    assert_eq!(ended.details["exitCode"], 5, "{ended:?}");
}

#[tokio::test]
async fn a_program_that_asks_for_a_terminal_finds_one() {
    let room = Room::new();
    let said =
        room.says("exec", json!({"command": "test -t 0 && test -t 1 && stty size && echo $TERM", "pty": true})).await;
    assert_eq!(said, "30 120\nxterm-256color\n");
    let bad = room.call("exec", json!({"command": "echo on a terminal; exit 7", "pty": true})).await.unwrap();
    assert_eq!((bad.is_error, &bad.details["exitCode"]), (true, &json!(7)));
}

#[tokio::test]
async fn a_question_for_the_cursor_is_answered() {
    let room = Room::new();
    let ask = r"stty raw -echo; printf '\033[6n'; dd bs=1 count=6 2>/dev/null | od -An -c; stty sane";
    let said = room.says("exec", json!({"command": ask, "pty": true})).await;
    assert_eq!(said.split_whitespace().collect::<Vec<_>>(), ["033", "[", "1", ";", "1", "R"]);
}

#[tokio::test]
async fn a_killed_terminal_takes_its_programs_along() {
    let room = Room::new();
    let id = room.start(json!({"command": "trap '' TERM HUP; echo up; while :; do read x; done", "pty": true})).await;
    room.hear(&id, "up").await;
    assert_eq!(room.says("process", json!({"action": "kill", "sessionId": id})).await, format!("{id}: killed"));
}
