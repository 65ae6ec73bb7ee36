//! Too many conversations, and what was put aside long ago: only where the owner says so.

use std::time::Duration;

use stdx::{CancellationToken, Disk as _};

use crate::house::{House, house, key, open, path, says, told, user};

const FOLDER: &str = "/s/agents/main/sessions";

fn put_aside(house: &House) -> Vec<String> {
    let files = house.disk.list(&path(FOLDER)).unwrap();
    files.into_iter().filter(|name| name.contains(".deleted.")).collect()
}

async fn begin(house: &House, sessions: &sessions::Sessions, name: &str) {
    house.clock.advance(Duration::from_secs(1));
    let session = open(sessions, name).await;
    session.append(vec![user(name)]).await.unwrap();
    session.flush().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn the_longest_unused_conversation_makes_room_and_the_main_one_and_one_in_use_stay() {
    let house = House { config: r#"{"maxSessions": 3}"#, ..house() };
    let sessions = house.sessions();
    sessions.start(&CancellationToken::new());
    begin(&house, &sessions, "agent:main:main").await;
    begin(&house, &sessions, "agent:main:held").await;
    let held = open(&sessions, "agent:main:held").await;
    begin(&house, &sessions, "agent:main:oldest").await;
    begin(&house, &sessions, "agent:main:fresh").await;
    assert!(sessions.find(&key("agent:main:oldest")).await.unwrap().is_none());
    for kept in ["agent:main:main", "agent:main:held", "agent:main:fresh"] {
        assert!(sessions.find(&key(kept)).await.unwrap().is_some(), "{kept} is gone");
    }
    assert_eq!(put_aside(&house).len(), 1);
    let told_of = "SELECT count(*) FROM facts WHERE kind = 'session.archived' AND cause = 'agent:main:oldest'";
    let facts: Option<i64> = house.store.read_blocking(|view| view.first(told_of, [], |row| row.get(0))).unwrap();
    assert_eq!(facts, Some(1));
    assert_eq!(told(&held).await, ["user: agent:main:held"]);
}

#[tokio::test(start_paused = true)]
async fn conversations_that_begin_at_once_put_aside_as_many_as_are_too_many() {
    let house = House { config: r#"{"maxSessions": 9}"#, ..house() };
    let sessions = house.with_threads();
    sessions.start(&CancellationToken::new());
    begin(&house, &sessions, "agent:main:main").await;
    for old in 0..8 {
        begin(&house, &sessions, &format!("agent:main:old{old}")).await;
    }
    let names: Vec<String> = (0..4).map(|new| format!("agent:main:new{new}")).collect();
    let _held = futures_util::future::join_all(names.iter().map(|name| open(&sessions, name))).await;
    assert_eq!(house.count("sessions"), 9);
    assert_eq!(put_aside(&house).len(), 4);
    assert!(sessions.find(&key("agent:main:old4")).await.unwrap().is_some(), "the newer ones stay");
}

#[tokio::test(start_paused = true)]
async fn where_the_bound_was_lowered_a_new_conversation_waits_for_a_few_and_the_rest_go_behind_it() {
    let before = house();
    let sessions = before.sessions();
    sessions.start(&CancellationToken::new());
    for old in 0..30 {
        begin(&before, &sessions, &format!("agent:main:old{old}")).await;
    }
    sessions.stop().await;
    let house = House { config: r#"{"maxSessions": 3}"#, seed: 8, ..before };
    let sessions = house.sessions();
    sessions.start(&CancellationToken::new());
    let _held = open(&sessions, "agent:main:new").await;
    assert_eq!(put_aside(&house).len(), 4);
    while house.count("sessions") > 3 {
        tokio::task::yield_now().await;
    }
    sessions.stop().await;
    assert_eq!(put_aside(&house).len(), 28);
    assert!(house.count("sessions") == 3 && sessions.find(&key("agent:main:old29")).await.unwrap().is_some());
}

#[tokio::test(start_paused = true)]
async fn what_was_put_aside_is_kept_unless_the_config_says_for_how_long() {
    for (config, left) in [("{}", 1), (r#"{"keepArchivedDays": 2}"#, 0)] {
        let house = House { config, ..house() };
        let sessions = house.sessions();
        sessions.start(&CancellationToken::new());
        begin(&house, &sessions, "agent:main:x").await;
        sessions.delete(&key("agent:main:x"), true).await.unwrap();
        sessions.stop().await;
        assert_eq!(put_aside(&house).len(), 1);
        house.clock.advance(Duration::from_secs(3 * 24 * 3_600));
        let later = house.sessions();
        later.start(&CancellationToken::new());
        for _ in 0..50 {
            tokio::task::yield_now().await;
        }
        assert_eq!(put_aside(&house).len(), left, "{config}");
    }
}

#[tokio::test(start_paused = true)]
async fn histories_that_nobody_holds_stay_within_their_budget() {
    let house = house();
    let sessions = house.sessions();
    sessions.start(&CancellationToken::new());
    let text = "x".repeat(100_000);
    for number in 0..50 {
        let session = open(&sessions, &format!("agent:main:s{number}")).await;
        session.append(vec![says(&text)]).await.unwrap();
        assert_eq!(told(&session).await.len(), 1);
    }
    for _ in 0..5 {
        tokio::time::advance(Duration::from_secs(2)).await;
        tokio::task::yield_now().await;
    }
    let kept = sessions.kept_bytes();
    assert!((1..=1024 * 1024).contains(&kept), "{kept} bytes of histories are kept");
}
