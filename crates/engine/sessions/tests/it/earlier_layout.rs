//! Folders from before agents had folders of their own, and folders that were moved.

use ids::AgentId;
use serde_json::json;
use stdx::{CancellationToken, Disk as _};

use crate::house::{House, NOW, house, key, open, path, says, told, user};

/// A house whose default agent is another than the one of old.
fn butlers() -> House {
    House { default_agent: "butler".parse::<AgentId>().unwrap(), ..house() }
}

fn entry(id: &str, at: i64) -> serde_json::Value {
    json!({"sessionId": id, "updatedAt": at})
}

fn transcript(text: &str) -> String {
    let said = json!({"type": "message", "id": "0000000a", "parentId": null, "timestamp": "2026-01-01T00:00:00.000Z",
        "message": {"role": "user", "content": text, "timestamp": 1}});
    format!("{}\n{said}\n", json!({"type": "session", "version": 3, "id": "s", "timestamp": "", "cwd": "/"}))
}

/// Which transcript a key leads to.
async fn id(sessions: &sessions::Sessions, name: &str) -> Option<String> {
    let record = sessions.find(&key(name)).await.unwrap();
    record.and_then(|record| record.session()).map(|id| id.to_string())
}

fn names(house: &House, folder: &str) -> Vec<String> {
    house.disk.list(&path(folder)).unwrap()
}

#[tokio::test(start_paused = true)]
async fn sessions_of_the_layout_before_agents_become_those_of_the_default_agent() {
    let house = butlers();
    let old = json!({"main": entry("a", NOW), "group:g": entry("g", NOW), "x": entry("old", NOW - 9)}).to_string();
    house.write("/s/sessions/sessions.json", &old);
    house.write("/s/sessions/a.jsonl", &transcript("from long ago"));
    house.write("/s/sessions/twin.jsonl", "old");
    house.write("/s/sessions/notes.txt", "mine");
    let newer = json!({"agent:butler:x": entry("new", NOW - 5)}).to_string();
    house.write("/s/agents/butler/sessions/sessions.json", &newer);
    house.write("/s/agents/butler/sessions/twin.jsonl", "new");
    let sessions = house.sessions();
    sessions.start(&CancellationToken::new());
    assert_eq!(id(&sessions, "agent:butler:main").await.as_deref(), Some("a"));
    assert_eq!(id(&sessions, "agent:butler:unknown:group:g").await.as_deref(), Some("g"));
    assert_eq!(id(&sessions, "agent:butler:x").await.as_deref(), Some("new"), "of two, the one used later");
    assert_eq!(id(&sessions, "agent:main:main").await, None);
    let (session, _) = sessions.existing(&key("agent:butler:main")).await.unwrap().unwrap();
    assert_eq!(told(&session).await, ["user: from long ago"]);

    let folder = "/s/agents/butler/sessions";
    let index: serde_json::Value = serde_json::from_str(&house.text(&path(folder).join("sessions.json"))).unwrap();
    assert_eq!(index.as_object().unwrap().len(), 3, "the other program finds all of them: {index}");
    assert_eq!(house.text(&path(folder).join("sessions.json.bak")), newer);
    assert_eq!(names(&house, "/s/sessions"), ["notes.txt", "twin.jsonl"]);
    assert_eq!(house.text(&path(folder).join("twin.jsonl")), "new");
    let kept = names(&house, folder).into_iter().find(|name| name.contains("older-layout")).unwrap();
    assert_eq!(house.text(&path(folder).join(kept)), old);
}

#[tokio::test(start_paused = true)]
async fn an_index_at_the_old_place_stays_there_when_the_config_says_so() {
    let house = House { config: r#"{"store": "/s/sessions/sessions.json"}"#, ..butlers() };
    house.write("/s/sessions/sessions.json", &json!({"main": entry("a", NOW)}).to_string());
    house.write("/s/sessions/a.jsonl", &transcript("from long ago"));
    for _ in 0..2 {
        let sessions = house.sessions();
        sessions.start(&CancellationToken::new());
        let (session, _) = sessions.existing(&key("agent:butler:main")).await.unwrap().unwrap();
        assert_eq!(told(&session).await, ["user: from long ago"]);
        drop(session);
        sessions.stop().await;
        assert_eq!(names(&house, "/s/sessions"), ["sessions.json"]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_broken_index_on_either_side_loses_no_session_and_no_byte() {
    let house = house();
    house.write("/s/sessions/sessions.json", "{ torn");
    let newer = json!({"agent:main:main": entry("a", NOW)}).to_string();
    house.write("/s/agents/main/sessions/sessions.json", &newer);
    let sessions = house.sessions();
    sessions.start(&CancellationToken::new());
    assert_eq!(id(&sessions, "agent:main:main").await.as_deref(), Some("a"));
    sessions.stop().await;
    assert_eq!(house.text(&path("/s/sessions/sessions.json")), "{ torn");

    house.write("/s/sessions/sessions.json", &json!({"x": entry("x", NOW)}).to_string());
    house.write("/s/agents/main/sessions/sessions.json", "{ broken");
    let sessions = house.sessions();
    sessions.start(&CancellationToken::new());
    assert_eq!(id(&sessions, "agent:main:x").await.as_deref(), Some("x"));
    assert_eq!(id(&sessions, "agent:main:main").await.as_deref(), Some("a"));
    let folder = path("/s/agents/main/sessions");
    let damaged = names(&house, "/s/agents/main/sessions").into_iter().find(|name| name.contains("damaged")).unwrap();
    assert_eq!(house.text(&folder.join(damaged)), "{ broken");
}

#[tokio::test(start_paused = true)]
async fn each_index_that_was_taken_over_is_kept_as_it_was() {
    let house = house();
    for at in 0..2 {
        house.write("/s/sessions/sessions.json", &json!({format!("x{at}"): entry("x", NOW)}).to_string());
        let sessions = house.sessions();
        sessions.start(&CancellationToken::new());
        assert!(sessions.find(&key(&format!("agent:main:x{at}"))).await.unwrap().is_some());
        sessions.stop().await;
        house.clock.advance(std::time::Duration::from_secs(60));
    }
    let kept = names(&house, "/s/agents/main/sessions").into_iter().filter(|name| name.contains("older-layout"));
    assert_eq!(kept.count(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_session_that_was_deleted_does_not_come_back_from_an_old_index_that_could_not_be_put_away() {
    let house = house();
    house.write("/s/sessions/sessions.json", &json!({"x": entry("x", NOW), "y": entry("y", NOW)}).to_string());
    house.disk.fail_writes(Some(std::io::ErrorKind::PermissionDenied));
    let sessions = house.sessions();
    sessions.start(&CancellationToken::new());
    assert_eq!(id(&sessions, "agent:main:x").await.as_deref(), Some("x"));
    sessions.stop().await;
    house.disk.fail_writes(None);
    let sessions = house.sessions();
    sessions.delete(&key("agent:main:x"), false).await.unwrap();
    assert_eq!(names(&house, "/s/sessions"), ["sessions.json"]);
    let sessions = house.sessions();
    sessions.start(&CancellationToken::new());
    assert_eq!(id(&sessions, "agent:main:x").await, None);
    assert_eq!(id(&sessions, "agent:main:y").await.as_deref(), Some("y"));
    assert_eq!(names(&house, "/s/sessions"), Vec::<String>::new(), "and it is put away now");
}

#[tokio::test(start_paused = true)]
async fn an_index_that_is_the_agents_own_through_a_link_is_left_alone() {
    let house = house();
    let index = json!({"agent:main:main": entry("a", NOW)}).to_string();
    house.write("/s/sessions/sessions.json", &index);
    house.write("/s/agents/main/sessions/sessions.json", &index);
    let sessions = house.sessions();
    sessions.start(&CancellationToken::new());
    assert_eq!(id(&sessions, "agent:main:main").await.as_deref(), Some("a"));
    assert_eq!(house.text(&path("/s/sessions/sessions.json")), index);
}

#[tokio::test(start_paused = true)]
async fn a_state_folder_that_was_moved_keeps_its_conversations_whole() {
    let house = house();
    {
        let sessions = house.sessions();
        sessions.start(&CancellationToken::new());
        open(&sessions, "agent:main:main").await.append(vec![user("a")]).await.unwrap();
        sessions.stop().await;
        // Without its tasks nothing writes the file, as if the process had died right after the commit.
        let sessions = house.sessions();
        open(&sessions, "agent:main:main").await.append(vec![says("b")]).await.unwrap();
        open(&sessions, "agent:main:new").await.append(vec![user("never in a file")]).await.unwrap();
    }
    let moved = House { state: "/moved", ..house.clone() };
    for name in names(&house, "/s/agents/main/sessions") {
        let at = |state: &str| path(state).join("agents/main/sessions").join(&name);
        house.disk.rename(&at("/s"), &at("/moved")).unwrap();
    }
    let sessions = moved.sessions();
    sessions.start(&CancellationToken::new());
    let main = sessions.existing(&key("agent:main:main")).await.unwrap().unwrap().0;
    assert_eq!(told(&main).await, ["user: a", "assistant: b"]);
    main.append(vec![user("c")]).await.unwrap();
    assert_eq!(told(&main).await, ["user: a", "assistant: b", "user: c"]);
    let new = sessions.existing(&key("agent:main:new")).await.unwrap().unwrap().0;
    assert_eq!(told(&new).await, ["user: never in a file"]);
    sessions.stop().await;
    assert_eq!(names(&moved, "/s"), Vec::<String>::new(), "nothing is made at the old place");
}

#[tokio::test(start_paused = true)]
async fn what_was_committed_follows_a_transcript_to_the_folder_of_its_own_agent() {
    let house = house();
    house.write("/elsewhere/a.jsonl", &transcript("from long ago"));
    let sessions = house.sessions();
    place_at(&sessions, "agent:zoe:main", "/elsewhere/a.jsonl").await;
    // Without its tasks nothing writes the file, as if the process had died right after the commit.
    open(&sessions, "agent:zoe:main").await.append(vec![says("b")]).await.unwrap();
    let now = path("/s/agents/zoe/sessions/a.jsonl");
    house.disk.rename(&path("/elsewhere/a.jsonl"), &now).unwrap();
    let sessions = house.sessions();
    sessions.start(&CancellationToken::new());
    let (session, _) = sessions.existing(&key("agent:zoe:main")).await.unwrap().unwrap();
    assert_eq!(told(&session).await, ["user: from long ago", "assistant: b"]);
    assert_eq!(names(&house, "/elsewhere"), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn a_transcript_that_is_only_below_another_state_folder_is_copied_and_not_added_to() {
    let house = house();
    let old = path("/old/agents/main/sessions/a.jsonl");
    house.write("/old/agents/main/sessions/a.jsonl", &transcript("from long ago"));
    let sessions = house.sessions();
    sessions.start(&CancellationToken::new());
    place_at(&sessions, "agent:main:x", "/old/agents/main/sessions/a.jsonl").await;
    let session = open(&sessions, "agent:main:x").await;
    session.append(vec![says("b")]).await.unwrap();
    assert_eq!(told(&session).await, ["user: from long ago", "assistant: b"]);
    sessions.stop().await;
    assert_eq!(house.text(&old), transcript("from long ago"));
    assert_eq!(house.lines(&path("/s/agents/main/sessions/a.jsonl")).len(), 3);
}

/// A session whose record says where its transcript is.
async fn place_at(sessions: &sessions::Sessions, name: &str, file: &'static str) {
    let of = key(name);
    let placed = sessions.change(&of, move |_, record| {
        record.set("sessionFile", file);
        Ok(())
    });
    placed.await.unwrap();
}
