//! The published program's index: taken over, merged, written back, never lost.

use std::time::Duration;

use serde_json::{Value, json};
use stdx::{CancellationToken, Disk as _};

use crate::house::{House, NOW, house, key, open, path};

const FILE: &str = "/s/agents/main/sessions/sessions.json";

fn index(house: &House) -> Value {
    serde_json::from_str(&house.text(&path(FILE))).unwrap()
}

fn entry(id: &str, at: i64) -> Value {
    json!({"sessionId": id, "updatedAt": at, "future": {"keep": [1.5, "x"]}})
}

async fn settle(house: &House, is_there: impl Fn(&House) -> bool) {
    for _ in 0..200 {
        if is_there(house) {
            return;
        }
        tokio::time::advance(Duration::from_secs(1)).await;
        tokio::task::yield_now().await;
    }
    panic!("it never came");
}

#[tokio::test(start_paused = true)]
async fn an_index_is_taken_over_with_fields_we_do_not_know_and_written_back_after_a_copy() {
    let house = house();
    let theirs = json!({"agent:main:main": entry("a", NOW), "agent:main:x": entry("b", NOW)});
    house.write(FILE, &theirs.to_string());
    let sessions = house.sessions();
    sessions.start(&CancellationToken::new());
    let record = sessions.find(&key("agent:main:x")).await.unwrap().unwrap();
    assert_eq!(record.raw("future").unwrap().get(), r#"{"keep":[1.5,"x"]}"#);
    // Nothing was changed, so nothing is written.
    settle(&house, |house| house.count("session_exports") == 1).await;
    assert_eq!(index(&house), theirs);
    assert!(house.disk.stat(&path(FILE).with_suffix(".bak")).is_err());
    sessions
        .change(&key("agent:main:x"), |_, record| {
            record.set("label", "mine");
            Ok(())
        })
        .await
        .unwrap();
    settle(&house, |house| index(house)["agent:main:x"]["label"] == "mine").await;
    assert_eq!(index(&house)["agent:main:main"], entry("a", NOW));
    assert_eq!(index(&house)["agent:main:x"]["future"], json!({"keep": [1.5, "x"]}));
    assert_eq!(house.text(&path(FILE).with_suffix(".bak")), theirs.to_string());
    assert!(house.text(&path(FILE)).starts_with("{\n  \"agent:main:main\": {\n    \"sessionId\": \"a\","));
}

#[tokio::test(start_paused = true)]
async fn what_the_other_program_changed_meanwhile_is_merged_by_key() {
    let house = house();
    let sessions = house.sessions();
    sessions.start(&CancellationToken::new());
    for name in ["agent:main:kept", "agent:main:newer", "agent:main:older", "agent:main:deleted"] {
        open(&sessions, name).await;
    }
    sessions.stop().await;
    let mut theirs = index(&house);
    theirs["agent:main:newer"] = entry("theirs", NOW + 5);
    theirs["agent:main:older"] = entry("theirs", NOW - 5);
    theirs["agent:main:added"] = entry("theirs", NOW);
    theirs.as_object_mut().unwrap().remove("agent:main:deleted");
    house.write(FILE, &theirs.to_string());
    let sessions = house.sessions();
    sessions.start(&CancellationToken::new());
    let id = async |name: &str| {
        let record = sessions.find(&key(name)).await.unwrap();
        record.map(|record| record.session().unwrap().as_str() == "theirs")
    };
    assert_eq!(id("agent:main:kept").await, Some(false));
    assert_eq!(id("agent:main:newer").await, Some(true));
    assert_eq!(id("agent:main:older").await, Some(false));
    assert_eq!(id("agent:main:added").await, Some(true));
    assert_eq!(id("agent:main:deleted").await, None);
}

#[tokio::test(start_paused = true)]
async fn an_index_as_people_write_it_is_read_and_a_damaged_one_is_kept() {
    let house = house();
    house.write(FILE, "{ // mine\n 'agent:main:main': { sessionId: 'a', updatedAt: 5, }, }");
    let sessions = house.sessions();
    sessions.start(&CancellationToken::new());
    assert_eq!(sessions.find(&key("agent:main:main")).await.unwrap().unwrap().updated_at(), 5);
    sessions.stop().await;
    house.write(FILE, "{ broken");
    let sessions = house.sessions();
    sessions.start(&CancellationToken::new());
    assert!(sessions.find(&key("agent:main:main")).await.unwrap().is_some());
    let kept = house.disk.list(&path("/s/agents/main/sessions")).unwrap();
    assert!(kept.iter().any(|name| name.starts_with("sessions.json.damaged.")), "{kept:?}");
}

#[tokio::test(start_paused = true)]
async fn a_change_is_exported_at_most_every_half_minute() {
    let house = house();
    let sessions = house.sessions();
    sessions.start(&CancellationToken::new());
    open(&sessions, "agent:main:a").await;
    settle(&house, |house| house.disk.stat(&path(FILE)).is_ok()).await;
    open(&sessions, "agent:main:b").await;
    for _ in 0..25 {
        tokio::time::advance(Duration::from_secs(1)).await;
        tokio::task::yield_now().await;
    }
    assert_eq!(index(&house).as_object().unwrap().len(), 1);
    settle(&house, |house| index(house).as_object().unwrap().len() == 2).await;
}

#[tokio::test(start_paused = true)]
async fn what_the_other_program_wrote_while_we_ran_is_kept_before_it_is_replaced() {
    let house = house();
    house.write(FILE, &json!({"agent:main:old": entry("a", NOW)}).to_string());
    let sessions = house.sessions();
    sessions.start(&CancellationToken::new());
    open(&sessions, "agent:main:a").await;
    settle(&house, |house| index(house).as_object().unwrap().len() == 2).await;
    let theirs = json!({"agent:main:theirs": entry("t", NOW)}).to_string();
    house.write(FILE, &theirs);
    open(&sessions, "agent:main:b").await;
    settle(&house, |house| index(house).as_object().unwrap().len() == 3).await;
    open(&sessions, "agent:main:c").await;
    settle(&house, |house| index(house).as_object().unwrap().len() == 4).await;
    let folder = path("/s/agents/main/sessions");
    let names = house.disk.list(&folder).unwrap();
    let kept: Vec<_> = names.iter().filter(|name| name.starts_with("sessions.json.unread.")).collect();
    assert_eq!(kept.len(), 1, "what is our own is not kept: {names:?}");
    assert_eq!(house.text(&folder.join(kept[0])), theirs);
}

#[tokio::test]
async fn an_index_that_cannot_be_read_keeps_no_other_agent_from_its_sessions_and_is_not_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let file = |agent: &str| folder.path().join("agents").join(agent).join("sessions/sessions.json");
    // In place of the first file there is a folder: it cannot be read, whoever asks.
    std::fs::create_dir_all(file("main")).unwrap();
    std::fs::create_dir_all(file("zoe").parent().unwrap()).unwrap();
    std::fs::write(file("zoe"), json!({"agent:zoe:x": entry("x", NOW)}).to_string()).unwrap();
    let sessions = house().on_disk(folder.path());
    sessions.start(&CancellationToken::new());
    assert!(sessions.find(&key("agent:zoe:x")).await.unwrap().is_some());
    open(&sessions, "agent:main:a").await;
    open(&sessions, "agent:zoe:b").await;
    sessions.stop().await;
    assert!(file("main").is_dir());
    let theirs: Value = serde_json::from_slice(&std::fs::read(file("zoe")).unwrap()).unwrap();
    assert_eq!(theirs.as_object().unwrap().len(), 2, "{theirs}");
}
