//! The methods, called as the gateway calls them.

use std::sync::Arc;

use ids::SessionKey;
use parking_lot::Mutex;
use rpc::{Announcement, Call, Events, Methods, RpcError, Sink};
use serde_json::value::to_raw_value;
use serde_json::{Value, json};
use sessions::Sessions;
use stdx::{CancellationToken, Disk as _};

use crate::house::{FakeNeighbours, House, calls, house, open, path, result, says, user};

struct Desk {
    house: House,
    sessions: Arc<Sessions>,
    methods: Methods,
    events: Arc<Heard>,
}

#[derive(Default)]
struct Heard(Mutex<Vec<Value>>);

impl Sink for Heard {
    fn announce(&self, announcement: Announcement) {
        self.0.lock().push(serde_json::from_str(announcement.payload.get()).unwrap());
    }
}

fn desk_with(neighbours: FakeNeighbours) -> Desk {
    let house = house();
    let sessions = house.with_neighbours(neighbours);
    sessions.start(&CancellationToken::new());
    let events = Arc::new(Heard::default());
    let methods = sessions::methods(Arc::clone(&sessions), Events::new(Arc::clone(&events) as _));
    Desk { house, sessions, methods, events }
}

fn desk() -> Desk {
    desk_with(house().neighbours(true))
}

impl Desk {
    async fn ask(&self, method: &str, params: Value) -> Result<Value, RpcError> {
        let entry = self.methods.get(method).unwrap();
        let (_, run) = entry.prepare(Some(&to_raw_value(&params).unwrap()))?;
        let reply = run(call()).await?;
        Ok(serde_json::from_str(reply.get()).unwrap())
    }

    async fn refusal(&self, method: &str, params: Value) -> String {
        self.ask(method, params).await.unwrap_err().message.into_owned()
    }

    async fn talk(&self, key: &str) -> sessions::Session {
        let session = open(&self.sessions, key).await;
        let run = vec![
            user("please use tool now\n[message_id: ba68]"),
            calls("t"),
            result("t", "done"),
            says("Hello there, friend."),
        ];
        session.append(run).await.unwrap();
        session
    }
}

fn call() -> Call {
    let caller = rpc::Caller {
        conn: "c".parse().unwrap(),
        role: protocol::Role::Operator,
        scopes: [protocol::Scope::Admin].into(),
        device: None,
        client_id: "test".into(),
        client_mode: "test".into(),
        display_name: None,
        is_local: true,
    };
    Call::new(Arc::new(caller), CancellationToken::new(), Box::new(|_| {}))
}

#[tokio::test(start_paused = true)]
async fn chat_history_gives_messages_as_they_stand_and_echoes_the_key() {
    let desk = desk();
    let session = desk.talk("agent:main:main").await;
    let reply = desk.ask("chat.history", json!({"sessionKey": "main", "limit": 3})).await.unwrap();
    assert_eq!(
        (&reply["sessionKey"], &reply["sessionId"], &reply["thinkingLevel"]),
        (&json!("main"), &json!(session.id()), &json!("low"))
    );
    let roles: Vec<_> =
        reply["messages"].as_array().unwrap().iter().map(|message| message["role"].as_str().unwrap()).collect();
    assert_eq!(roles, ["assistant", "toolResult", "assistant"]);
    let all = desk.ask("chat.history", json!({"sessionKey": "main"})).await.unwrap();
    assert_eq!(all["messages"][0]["content"][0]["text"], "please use tool now");
    assert_eq!(all["messages"][0].get("x"), None);
    let none = desk.ask("chat.history", json!({"sessionKey": "nosuch"})).await.unwrap();
    assert_eq!(none, json!({"sessionKey": "nosuch", "messages": [], "thinkingLevel": "low"}));
}

#[tokio::test(start_paused = true)]
async fn older_messages_are_told_a_page_at_a_time_until_the_first() {
    let desk = desk();
    let session = desk.talk("agent:main:main").await;
    let last = desk.ask("chat.history.before", json!({"sessionKey": "main", "limit": 3})).await.unwrap();
    assert_eq!((&last["sessionKey"], &last["sessionId"]), (&json!("main"), &json!(session.id())));
    assert_eq!(last["before"], desk.house.lines(session.path())[2]["id"], "the page names its first entry");
    let mut ask = json!({"sessionKey": "main", "limit": 3, "before": last["before"]});
    session.append(vec![user("and more")]).await.unwrap();
    let first = desk.ask("chat.history.before", ask.clone()).await.unwrap();
    assert_eq!((first["messages"].as_array().unwrap().len(), first.get("before")), (1, None));
    let whole = desk.ask("chat.history", json!({"sessionKey": "main"})).await.unwrap();
    let pages = [&first, &last].map(|page| page["messages"].as_array().unwrap().clone()).concat();
    assert_eq!(pages[..], whole["messages"].as_array().unwrap()[..4], "page by page it is the same history");
    ask["before"] = json!("ffffffff");
    assert!(desk.refusal("chat.history.before", ask).await.contains("no such entry"));
}

#[tokio::test(start_paused = true)]
async fn an_injected_message_is_chained_and_announced() {
    let desk = desk();
    let session = desk.talk("agent:main:main").await;
    let reply = desk
        .ask("chat.inject", json!({"sessionKey": "agent:main:main", "message": "injected note", "label": "sys"}))
        .await
        .unwrap();
    let id = reply["messageId"].as_str().unwrap().to_owned();
    assert_eq!(reply, json!({"ok": true, "messageId": id}));
    let event = desk.events.0.lock().remove(0);
    let message = json!({
        "role": "assistant", "content": [{"type": "text", "text": "[sys]\n\ninjected note"}], "timestamp": crate::house::NOW,
        "stopReason": "injected", "usage": {"input": 0, "output": 0, "totalTokens": 0}
    });
    assert_eq!(
        event,
        json!({"runId": format!("inject-{id}"), "sessionKey": "agent:main:main", "seq": 0, "state": "final", "message": message})
    );
    let lines = desk.house.lines(session.path());
    assert_eq!((&lines[5]["id"], &lines[5]["parentId"]), (&json!(id), &lines[4]["id"]));
    assert_eq!(
        desk.refusal("chat.inject", json!({"sessionKey": "agent:main:nosuch", "message": "x"})).await,
        "session not found"
    );
}

#[tokio::test(start_paused = true)]
async fn the_list_is_sorted_filtered_and_counted() {
    let desk = desk();
    for name in ["agent:main:old", "agent:main:thinky", "agent:work:main"] {
        desk.talk(name).await;
        desk.house.clock.advance(std::time::Duration::from_secs(60));
    }
    let keys = |reply: &Value| {
        reply["sessions"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| row["key"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let all = desk.ask("sessions.list", json!({})).await.unwrap();
    assert_eq!(keys(&all), ["agent:work:main", "agent:main:thinky", "agent:main:old"]);
    assert_eq!((&all["count"], &all["path"]), (&json!(3), &json!("(multiple)")));
    assert_eq!(
        all["defaults"],
        json!({"modelProvider": "anthropic", "model": "claude-opus-4-5", "contextTokens": 200_000})
    );
    for (filter, expected) in [
        (json!({"search": "THINKY"}), vec!["agent:main:thinky"]),
        (json!({"agentId": "main", "limit": 1}), vec!["agent:main:thinky"]),
        (json!({"activeMinutes": 1}), vec!["agent:work:main"]),
        (json!({"label": "none"}), vec![]),
    ] {
        assert_eq!(keys(&desk.ask("sessions.list", filter).await.unwrap()), expected);
    }
    let deep = desk
        .ask("sessions.list", json!({"limit": 1, "includeDerivedTitles": true, "includeLastMessage": true}))
        .await
        .unwrap();
    assert_eq!(deep["sessions"][0]["derivedTitle"], "please use tool now [message_id: ba68]");
    assert_eq!(deep["sessions"][0]["lastMessagePreview"], "Hello there, friend.");
}

#[tokio::test(start_paused = true)]
async fn a_preview_shows_the_last_few_lines_cut_short() {
    let desk = desk();
    desk.talk("agent:main:tooly").await;
    let params = json!({"keys": ["agent:main:tooly", "nosuch"], "limit": 4, "maxChars": 20});
    let reply = desk.ask("sessions.preview", params).await.unwrap();
    let items = json!([
        {"role": "user", "text": "please use tool n..."},
        {"role": "tool", "text": "call exec"},
        {"role": "tool", "text": "done"},
        {"role": "assistant", "text": "Hello there, friend."},
    ]);
    assert_eq!(
        reply["previews"],
        json!([
            {"key": "agent:main:tooly", "status": "ok", "items": items},
            {"key": "nosuch", "status": "missing", "items": []},
        ])
    );
}

#[tokio::test(start_paused = true)]
async fn a_session_is_resolved_by_exactly_one_name() {
    let desk = desk();
    let session = desk.talk("agent:main:main").await;
    desk.ask("sessions.patch", json!({"key": "main", "label": "My label"})).await.unwrap();
    for params in [json!({"key": "main"}), json!({"sessionId": session.id()}), json!({"label": "My label"})] {
        assert_eq!(desk.ask("sessions.resolve", params).await.unwrap(), json!({"ok": true, "key": "agent:main:main"}));
    }
    for (params, refusal) in [
        (json!({"label": "nolabel"}), "No session found with label: nolabel"),
        (json!({}), "Either key, sessionId, or label is required"),
        (json!({"key": "a", "label": "b"}), "Provide either key, sessionId, or label (not multiple)"),
        (json!({"key": "nosuch"}), "No session found: nosuch"),
    ] {
        assert_eq!(desk.refusal("sessions.resolve", params).await, refusal);
    }
}

#[tokio::test(start_paused = true)]
async fn a_patch_makes_the_entry_and_guards_labels() {
    let desk = desk();
    let reply = desk
        .ask("sessions.patch", json!({"key": "thinky", "label": "My label", "thinkingLevel": "high"}))
        .await
        .unwrap();
    assert_eq!(
        (&reply["key"], &reply["path"]),
        (&json!("agent:main:thinky"), &json!("/s/agents/main/sessions/sessions.json"))
    );
    assert_eq!((&reply["entry"]["label"], &reply["entry"]["thinkingLevel"]), (&json!("My label"), &json!("high")));
    let taken = desk.refusal("sessions.patch", json!({"key": "other", "label": "My label"})).await;
    assert_eq!(taken, "label already in use: My label");
    let model = desk.ask("sessions.patch", json!({"key": "thinky", "model": "openai/gpt-5.2"})).await.unwrap();
    assert_eq!(
        (&model["entry"]["providerOverride"], &model["entry"]["modelOverride"]),
        (&json!("openai"), &json!("gpt-5.2"))
    );
    // A refused patch leaves no entry behind.
    assert_eq!(desk.refusal("sessions.resolve", json!({"key": "other"})).await, "No session found: other");
}

#[tokio::test(start_paused = true)]
async fn a_reset_keeps_the_key_and_the_old_file() {
    let desk = desk();
    let session = desk.talk("agent:main:main").await;
    session.flush().await.unwrap();
    let reply = desk.ask("sessions.reset", json!({"key": "main"})).await.unwrap();
    assert_eq!(reply["key"], "agent:main:main");
    assert_ne!(reply["entry"]["sessionId"], json!(session.id()));
    assert_eq!((&reply["entry"]["systemSent"], &reply["entry"]["totalTokens"]), (&json!(false), &json!(0)));
    assert!(desk.house.disk.stat(session.path()).is_ok());
    let history = desk.ask("chat.history", json!({"sessionKey": "main"})).await.unwrap();
    assert_eq!(history["messages"], json!([]));
}

#[tokio::test(start_paused = true)]
async fn a_deleted_session_leaves_its_transcript_under_another_name() {
    let desk = desk();
    let session = desk.talk("agent:main:x").await;
    let archived = format!("{}.deleted.2026-01-24T10-00-00.000Z", session.path());
    let reply = desk.ask("sessions.delete", json!({"key": "x"})).await.unwrap();
    assert_eq!(reply, json!({"ok": true, "key": "agent:main:x", "deleted": true, "archived": [archived]}));
    assert_eq!(desk.house.lines(&path(&archived)).len(), 5);
    let again = desk.ask("sessions.delete", json!({"key": "x"})).await.unwrap();
    assert_eq!(again, json!({"ok": true, "key": "agent:main:x", "deleted": false, "archived": []}));
    assert_eq!(
        desk.refusal("sessions.delete", json!({"key": "main"})).await,
        "Cannot delete the main session (agent:main:main)."
    );
}

#[tokio::test(start_paused = true)]
async fn a_session_whose_run_does_not_end_is_not_deleted() {
    let desk = desk_with(house().neighbours(false));
    desk.talk("agent:main:x").await;
    let refusal = desk.refusal("sessions.delete", json!({"key": "x"})).await;
    assert_eq!(refusal, "Session agent:main:x is still active; try again in a moment.");
}

#[tokio::test(start_paused = true)]
async fn compacting_keeps_the_header_and_the_last_lines() {
    let desk = desk();
    let session = desk.talk("agent:main:thinky").await;
    let archived = format!("{}.bak.2026-01-24T10-00-00.000Z", session.path());
    let cut = desk.ask("sessions.compact", json!({"key": "thinky", "maxLines": 2})).await.unwrap();
    assert_eq!(
        cut,
        json!({"ok": true, "key": "agent:main:thinky", "compacted": true, "archived": archived, "kept": 2})
    );
    let lines = desk.house.lines(session.path());
    assert_eq!(
        (&lines[0]["type"], &lines[1]["message"]["content"][0]["text"]),
        (&json!("session"), &json!("Hello there, friend."))
    );
    let again = desk.ask("sessions.compact", json!({"key": "thinky"})).await.unwrap();
    assert_eq!(again, json!({"ok": true, "key": "agent:main:thinky", "compacted": false, "kept": 2}));
    let none = desk.ask("sessions.compact", json!({"key": "nosuch"})).await.unwrap();
    assert_eq!(none, json!({"ok": true, "key": "agent:main:nosuch", "compacted": false, "reason": "no sessionId"}));
    // Writing goes on behind what was kept.
    session.append(vec![user("next")]).await.unwrap();
    session.flush().await.unwrap();
    let lines = desk.house.lines(session.path());
    assert_eq!((lines.len(), &lines[2]["parentId"]), (3, &lines[1]["id"]));
    let key: SessionKey = "agent:main:thinky".parse().unwrap();
    assert!(desk.sessions.find(&key).await.unwrap().unwrap().raw("totalTokens").is_none());
}
