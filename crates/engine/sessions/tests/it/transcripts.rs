//! What is committed is in the file, in the published form, and a model sees it.

use std::io::ErrorKind;
use std::sync::Arc;
use std::time::Duration;

use config::Live;
use futures_util::future::join_all;
use sessions::{Body, Config, Fresh, NewEntry, Opening, Parts, Sessions, SessionsError, Started};
use stdx::{AbsPath, CancellationToken, Disk as _, OsEntropy, Pool, RealDisk, SystemClock};
use store::{Store, StoreError};
use tool::Provenance;

use crate::house::{NOW, calls, house, key, open, opening, path, result, says, told, user};

#[tokio::test(start_paused = true)]
async fn a_first_turn_gives_a_file_that_the_published_program_reads() {
    let house = house();
    let sessions = house.sessions();
    sessions.start(&CancellationToken::new());
    let session = open(&sessions, "agent:main:main").await;
    session.append(vec![user("hi"), says("hello")]).await.unwrap();
    session.flush().await.unwrap();
    let lines = house.lines(session.path());
    assert_eq!(session.path().to_string(), format!("/s/agents/main/sessions/{}.jsonl", session.id()));
    let header = serde_json::json!({
        "type": "session", "version": 3, "id": session.id(), "timestamp": "2026-01-24T10:00:00.000Z", "cwd": "/w"
    });
    assert_eq!(lines[0], header);
    assert_eq!((&lines[1]["parentId"], &lines[2]["parentId"]), (&serde_json::Value::Null, &lines[1]["id"]));
    assert_eq!(lines[2]["message"]["content"][0]["text"], "hello");
    assert_eq!(lines[1]["x"], serde_json::json!({"origin": "owner", "secrecy": "chat"}));
    assert_eq!(lines[1]["message"].get("x"), None);
}

#[tokio::test(start_paused = true)]
async fn an_entry_is_committed_with_what_it_causes_or_not_at_all() {
    let house = house();
    let sessions = house.sessions();
    sessions.start(&CancellationToken::new());
    let session = open(&sessions, "agent:main:main").await;
    let staging = session.clone();
    let undone = house.store.write(move |tx| {
        staging.stage(tx, user("never"))?;
        Err::<(), _>(StoreError::abandoned("no"))
    });
    assert!(undone.await.is_err());
    session.append(vec![user("hi")]).await.unwrap();
    assert_eq!(told(&session).await, ["user: hi"]);
    assert_eq!(house.lines(session.path()).len(), 2);
}

#[tokio::test(start_paused = true)]
async fn entries_of_one_transaction_follow_each_other() {
    let house = house();
    let sessions = house.sessions();
    sessions.start(&CancellationToken::new());
    let session = open(&sessions, "agent:main:main").await;
    let ids = session.append(vec![user("a"), calls("t"), result("t", "ok"), says("b")]).await.unwrap();
    session.append(vec![user("c")]).await.unwrap();
    session.flush().await.unwrap();
    let lines = house.lines(session.path());
    let parents: Vec<_> = lines[2..].iter().map(|line| line["parentId"].as_str().unwrap()).collect();
    assert_eq!(parents, ids.iter().map(|id| id.as_str()).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn the_history_in_memory_equals_the_one_that_is_read_again() {
    let house = house();
    let sessions = house.sessions();
    sessions.start(&CancellationToken::new());
    let session = open(&sessions, "agent:main:main").await;
    session.append(vec![user("a"), says("b")]).await.unwrap();
    let kept_from = session.append(vec![user("c")]).await.unwrap().remove(0);
    told(&session).await;
    let compaction =
        Body::Compaction { summary: "short".into(), first_kept_entry_id: kept_from, tokens_before: 9, details: None };
    session.append(vec![NewEntry::new(compaction, Provenance::default()), calls("t")]).await.unwrap();
    let in_memory = told(&session).await;
    assert_eq!(
        in_memory,
        [
            "summary: short",
            "user: c",
            "assistant: ",
            "toolResult: No result of this tool call was recorded: it was interrupted."
        ]
    );
    session.flush().await.unwrap();
    sessions.stop().await;
    let again = house.sessions();
    assert_eq!(told(&open(&again, "agent:main:main").await).await, in_memory);
}

#[tokio::test(start_paused = true)]
async fn a_torn_last_line_is_mended_and_reported() {
    let house = house();
    {
        let sessions = house.sessions();
        sessions.start(&CancellationToken::new());
        open(&sessions, "agent:main:main").await.append(vec![user("a")]).await.unwrap();
        sessions.stop().await;
    }
    let sessions = house.sessions();
    let file = sessions.existing(&key("agent:main:main")).await.unwrap().unwrap().0.path().clone();
    house.disk.open(&file).unwrap().append(br#"{"type":"message","id":"12345678","par"#).unwrap();
    let sessions = house.sessions();
    sessions.start(&CancellationToken::new());
    let session = open(&sessions, "agent:main:main").await;
    session.append(vec![says("b")]).await.unwrap();
    assert_eq!(told(&session).await, ["user: a", "assistant: b"]);
    assert_eq!(house.lines(&file).len(), 3);
    let sql = "SELECT body FROM facts WHERE kind = 'transcript.mended'";
    let fact: String = house.store.read_blocking(|view| view.first(sql, [], |row| row.get(0))).unwrap().unwrap();
    assert!(fact.contains(r#""cutBytes":38"#), "{fact}");
}

#[tokio::test(start_paused = true)]
async fn on_a_full_disk_nothing_is_lost_and_writing_goes_on_when_there_is_room() {
    let house = house();
    let sessions = house.sessions();
    sessions.start(&CancellationToken::new());
    let session = open(&sessions, "agent:main:main").await;
    session.append(vec![user("a")]).await.unwrap();
    session.flush().await.unwrap();
    house.disk.fail_writes(Some(ErrorKind::StorageFull));
    session.append(vec![says("b")]).await.unwrap();
    let failed = session.flush().await.unwrap_err();
    assert!(matches!(failed, SessionsError::Transcript { .. }), "{failed}");
    assert_eq!(house.count("pending_entries"), 2);
    house.disk.fail_writes(None);
    session.flush().await.unwrap();
    assert_eq!(told(&session).await, ["user: a", "assistant: b"]);
    assert_eq!(house.lines(session.path()).len(), 3);
}

#[tokio::test(start_paused = true)]
async fn an_idle_session_leaves_memory_and_its_rows_leave_the_database() {
    let house = house();
    let sessions = house.sessions();
    sessions.start(&CancellationToken::new());
    let session = open(&sessions, "agent:main:main").await;
    session.append(vec![user("a"), says("b")]).await.unwrap();
    session.flush().await.unwrap();
    let weak = Arc::new(session);
    assert_eq!(house.count("pending_entries"), 2);
    drop(weak);
    while house.count("pending_entries") > 0 {
        tokio::time::advance(Duration::from_secs(10)).await;
        tokio::task::yield_now().await;
    }
    let session = open(&sessions, "agent:main:main").await;
    session.append(vec![user("c")]).await.unwrap();
    assert_eq!(told(&session).await, ["user: a", "assistant: b", "user: c"]);
}

#[tokio::test(start_paused = true)]
async fn in_the_morning_a_conversation_starts_over_in_a_new_file() {
    let house = house();
    let sessions = house.sessions();
    sessions.start(&CancellationToken::new());
    let first = open(&sessions, "agent:main:main").await;
    first.append(vec![user("a")]).await.unwrap();
    house.clock.jump_to(NOW + 3_600_000);
    let same = sessions.open(&key("agent:main:main"), opening()).await.unwrap();
    assert_eq!((same.started, same.session.id()), (Started::Continued, first.id()));
    house.clock.jump_to(NOW + 25 * 3_600_000);
    let kept = Opening { fresh: Fresh::Keep, ..opening() };
    assert_eq!(sessions.open(&key("agent:main:main"), kept).await.unwrap().started, Started::Continued);
    let over = sessions.open(&key("agent:main:main"), opening()).await.unwrap();
    assert_eq!(over.started, Started::Over { old: Some(first.id().clone()) });
    assert!(told(&over.session).await.is_empty());
    assert_eq!(told(&first).await, ["user: a"]);
}

#[tokio::test(start_paused = true)]
async fn a_conversation_of_the_published_program_goes_on_where_it_ended() {
    let house = house();
    let file = "/s/agents/main/sessions/5c5b8e3e-0000-4000-8000-000000000001.jsonl";
    house.write("/s/agents/main/sessions/sessions.json", &format!(
        r#"{{"agent:main:main":{{"sessionId":"5c5b8e3e-0000-4000-8000-000000000001","updatedAt":{NOW},"sessionFile":"{file}"}}}}"#
    ));
    house.write(file, concat!(
        r#"{"type":"session","version":3,"id":"5c5b8e3e-0000-4000-8000-000000000001","timestamp":"t","cwd":"/w"}"#, "\n",
        r#"{"type":"message","id":"44f80665","parentId":null,"timestamp":"t","message":{"role":"user","content":[{"type":"text","text":"old"}],"timestamp":1}}"#, "\n",
        r#"{"type":"message","id":"26ed2332","timestamp":"t","message":{"role":"assistant","content":[{"type":"text","text":"injected"}],"timestamp":1,"stopReason":"injected","usage":{"input":0,"output":0,"totalTokens":0}}}"#, "\n",
    ));
    let sessions = house.sessions();
    sessions.start(&CancellationToken::new());
    let session = open(&sessions, "agent:main:main").await;
    session.append(vec![user("new")]).await.unwrap();
    assert_eq!(told(&session).await, ["user: old", "assistant: injected", "user: new"]);
    let lines = house.lines(&path(file));
    assert_eq!((lines.len(), &lines[3]["parentId"]), (4, &lines[2]["id"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_real_disk_with_real_threads_many_sessions_are_written_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let state = AbsPath::new(folder.path()).unwrap();
    let open_all = || {
        let store = Store::open(&state.join("gateway.sqlite"), Sessions::MIGRATIONS, Arc::new(SystemClock)).unwrap();
        let sessions = Sessions::new(Parts {
            store: store.clone(),
            disk: Arc::new(RealDisk),
            pool: Arc::new(Pool::new("transcripts", 2, 8)),
            clock: Arc::new(SystemClock),
            entropy: Arc::new(OsEntropy),
            config: Live::fixed(Config::default()),
            state: state.clone(),
            home: state.clone(),
            neighbours: Arc::new(house().neighbours(true)),
        });
        sessions.start(&CancellationToken::new());
        (store, sessions)
    };
    let expected: Vec<String> = (0..20).map(|at| format!("user: {at}")).collect();
    {
        let (store, sessions) = open_all();
        let talk = (0..10).map(|number| {
            let sessions = Arc::clone(&sessions);
            async move {
                let session = open(&sessions, &format!("agent:main:s{number}")).await;
                for at in 0..20 {
                    session.append(vec![user(&at.to_string())]).await.unwrap();
                }
                told(&session).await
            }
        });
        for told in join_all(talk).await {
            assert_eq!(told, expected);
        }
        sessions.stop().await;
        store.close_blocking();
    }
    let (store, sessions) = open_all();
    for number in 0..10 {
        let session = open(&sessions, &format!("agent:main:s{number}")).await;
        assert_eq!(told(&session).await, expected);
        let lines = std::fs::read_to_string(session.path()).unwrap();
        assert_eq!(lines.lines().count(), 21);
    }
    let sql = "SELECT count(*) FROM pending_entries";
    assert_eq!(store.read_blocking(|view| view.first(sql, [], |row| row.get(0))), Ok(Some(0)));
    let index = std::fs::read_to_string(state.join("agents/main/sessions/sessions.json")).unwrap();
    let index: serde_json::Value = serde_json::from_str(&index).unwrap();
    assert_eq!(index.as_object().unwrap().len(), 10);
}

#[tokio::test(start_paused = true)]
async fn a_transcript_of_version_1_is_continued_from_what_its_compaction_kept() {
    let house = house();
    let said = |text: &str| format!(r#"{{"type":"message","message":{{"role":"user","content":"{text}"}}}}"#);
    let compaction = r#"{"type":"compaction","summary":"short","firstKeptEntryIndex":2,"tokensBefore":9}"#;
    let header = r#"{"type":"session","id":"old","timestamp":"t","cwd":"/w"}"#;
    let text = [header, &said("a"), &said("b"), compaction, &said("c"), ""].join("\n");
    house.write("/s/agents/main/sessions/old.jsonl", &text);
    let index = serde_json::json!({"agent:main:main": {"sessionId": "old", "updatedAt": NOW}});
    house.write("/s/agents/main/sessions/sessions.json", &index.to_string());
    let sessions = house.sessions();
    sessions.start(&CancellationToken::new());
    let session = open(&sessions, "agent:main:main").await;
    session.append(vec![says("d")]).await.unwrap();
    session.flush().await.unwrap();
    assert_eq!(told(&session).await, ["summary: short", "user: b", "user: c", "assistant: d"]);
    assert_eq!(house.lines(session.path())[0]["version"], 3);
    assert_eq!(house.text(&session.path().with_suffix(".version-1")), text);
}

#[tokio::test(start_paused = true)]
async fn what_a_hook_said_in_version_2_is_still_said() {
    let house = house();
    let header = r#"{"type":"session","version":2,"id":"old","timestamp":"t","cwd":"/w"}"#;
    let hook =
        r#"{"type":"message","id":"0000000a","parentId":null,"message":{"role":"hookMessage","content":"by a hook"}}"#;
    house.write("/s/agents/main/sessions/old.jsonl", &[header, hook, ""].join("\n"));
    let index = serde_json::json!({"agent:main:main": {"sessionId": "old", "updatedAt": NOW}});
    house.write("/s/agents/main/sessions/sessions.json", &index.to_string());
    let sessions = house.sessions();
    sessions.start(&CancellationToken::new());
    let session = open(&sessions, "agent:main:main").await;
    assert_eq!(told(&session).await, ["user: by a hook"]);
    assert_eq!(house.lines(session.path())[1]["message"]["role"], "custom");
}

#[tokio::test(start_paused = true)]
async fn a_transcript_that_is_not_where_its_record_says_is_found_beside_its_siblings() {
    let house = house();
    let header = r#"{"type":"session","version":3,"id":"a","timestamp":"t","cwd":"/w"}"#;
    let line = r#"{"type":"message","id":"0000000a","parentId":null,"message":{"role":"user","content":"kept"}}"#;
    house.write("/s/agents/main/sessions/a.jsonl", &[header, line, ""].join("\n"));
    let entry = serde_json::json!({"sessionId": "a", "updatedAt": NOW, "sessionFile": "/gone/sessions/a.jsonl"});
    house.write("/s/agents/main/sessions/sessions.json", &serde_json::json!({"agent:main:main": entry}).to_string());
    let sessions = house.sessions();
    sessions.start(&CancellationToken::new());
    let session = open(&sessions, "agent:main:main").await;
    assert_eq!(told(&session).await, ["user: kept"]);
    assert_eq!(session.path().to_string(), "/s/agents/main/sessions/a.jsonl");
}
