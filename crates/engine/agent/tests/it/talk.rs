//! A plain turn, and what it leaves behind.

use std::time::Duration;

use lanes::{RunEvent, RunOutcome};
use provider::{ModelEvent, StopReason, Thinking, Usage};
use serde_json::json;

use crate::house::{CONFIG, House, key, turn};
use crate::script::{Step, say};

#[tokio::test(start_paused = true)]
async fn a_plain_turn_is_answered_and_committed_in_two_steps() {
    let house = House::new().await;
    house.model.says("Hello Ann.");
    let end = house.hears("hi").await;
    assert_eq!(end.outcome, RunOutcome::Done);
    assert_eq!(end.texts, ["Hello Ann."]);
    assert_eq!(end.model, Some(("fake".into(), "m".into())));
    assert_eq!(house.sink.steps(), ["started", "said Hello Ann.", "done"]);
    assert_eq!(house.said().await, ["user: hi", "assistant: Hello Ann."]);
}

#[tokio::test(start_paused = true)]
async fn every_entry_says_where_it_came_from_and_follows_the_one_before() {
    let house = House::new().await;
    house.model.says("Hello.");
    house.hears("hi").await;
    let lines = house.transcript().await;
    let kinds: Vec<_> = lines.iter().map(|line| line["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["model_change", "thinking_level_change", "custom", "message", "message"]);
    assert_eq!(lines[0]["parentId"], json!(null));
    for pair in lines.windows(2) {
        assert_eq!(pair[1]["parentId"], pair[0]["id"]);
    }
    assert!(lines.iter().all(|line| line["x"]["origin"].is_string()));
    assert_eq!(lines[3]["x"]["origin"], "owner");
    assert_eq!((&lines[4]["x"]["origin"], &lines[4]["x"]["by"]), (&json!("model"), &json!("fake/m")));
    assert_eq!(lines[4]["message"]["stopReason"], "stop");
    assert_eq!(lines[4]["message"]["usage"]["totalTokens"], 15);
}

#[tokio::test(start_paused = true)]
async fn the_next_turn_is_sent_with_what_was_said_before() {
    let house = House::new().await;
    house.model.says("One.");
    house.model.says("Two.");
    house.hears("first").await;
    house.hears("second").await;
    let request = house.model.request(1);
    let texts: Vec<String> = request.messages.iter().map(|message| format!("{message:?}")).collect();
    assert_eq!(texts.len(), 3);
    assert!(texts[0].contains("first") && texts[1].contains("One.") && texts[2].contains("second"));
    assert_eq!(request.tools.iter().map(|tool| tool.name).collect::<Vec<_>>(), ["read", "exec"]);
    // What did not change is not said again.
    let kinds: Vec<_> = house.transcript().await.iter().map(|line| line["type"].clone()).collect();
    assert_eq!(kinds.iter().filter(|kind| **kind == "model_change").count(), 1);
}

#[tokio::test(start_paused = true)]
async fn reasoning_is_kept_for_its_model_and_never_said() {
    let house = House::with(&CONFIG.replace("\"primary\": \"fake/m\"", "\"primary\": \"paid/m\""), "{}").await;
    let thinks = vec![
        Step::Event(ModelEvent::Thinking("secret plan".into())),
        Step::Event(ModelEvent::ThinkingEnd { signature: Some("sig".into()) }),
        Step::Event(ModelEvent::Text("Done.".into())),
        Step::Event(ModelEvent::Usage(Usage { input: 1, output: 1, ..Usage::default() })),
        Step::Event(ModelEvent::Stop(StopReason::End)),
    ];
    house.model.then(thinks);
    house.model.says("Again.");
    let end = house.hears("think").await;
    assert_eq!(end.texts, ["Done."]);
    assert!(house.sink.steps().iter().all(|step| !step.contains("secret")));
    assert_eq!(house.model.request(0).thinking, Thinking::Low);
    house.hears("and now").await;
    let again = format!("{:?}", house.model.request(1).messages);
    assert!(again.contains("secret plan") && again.contains("sig"), "{again}");
    // Another model never sees it.
    house
        .sessions
        .change(&key(), |_, record| {
            record.set("providerOverride", "fake");
            record.set("modelOverride", "m");
            Ok(())
        })
        .await
        .unwrap();
    house.hears("once more").await;
    let other = format!("{:?}", house.model.request(2).messages);
    assert!(!other.contains("secret plan"), "{other}");
    assert_eq!(&*house.model.request(2).model.reference.provider, "fake");
}

#[tokio::test(start_paused = true)]
async fn a_sessions_level_holds_off_is_a_level_and_the_highest_is_lowered_where_it_is_not_taken() {
    let house = House::with(&CONFIG.replace("\"primary\": \"fake/m\"", "\"primary\": \"paid/m\""), "{}").await;
    for word in ["off", "medium", "xhigh"] {
        let set = move |_: &store::Tx<'_>, record: &mut sessions::Record| {
            record.set("thinkingLevel", word);
            Ok(())
        };
        house.sessions.change(&key(), set).await.unwrap();
        house.hears(word).await;
    }
    let levels: Vec<_> = house.model.requests.lock().iter().map(|request| request.thinking).collect();
    assert_eq!(levels, [Thinking::Off, Thinking::Medium, Thinking::High]);
}

#[tokio::test(start_paused = true)]
async fn after_a_long_pause_old_results_are_sent_shortened_and_stay_so() {
    let pruning = r#""contextPruning": {"mode": "cache-ttl", "keepLastAssistants": 1, "softTrimRatio": 0,
        "softTrim": {"maxChars": 100, "headChars": 10, "tailChars": 10}}, "skipBootstrap""#;
    let config = CONFIG.replace("\"primary\": \"fake/m\"", "\"primary\": \"paid/m\"");
    let house = House::with(&config.replace("\"skipBootstrap\"", pruning), "{}").await;
    let long = "x".repeat(400);
    house.model.calls(&[("1", "read", &json!({ "path": long }).to_string())]);
    house.model.says("Seen.");
    house.hears("look").await;
    house.hears("now").await;
    house.clock.advance(Duration::from_secs(301));
    house.hears("later").await;
    house.hears("soon").await;
    let sent = |number: usize| {
        let messages = house.model.request(number).messages;
        messages.iter().map(|message| format!("{message:?}")).collect::<Vec<_>>()
    };
    let (before, after, next) = (sent(2), sent(3), sent(4));
    assert!(before[2].contains(&long), "{before:?}");
    assert!(after[2].contains("left out") && !after[2].contains(&long), "{after:?}");
    assert_eq!((&before[..2], &before[3..]), (&after[..2], &after[3..before.len()]));
    assert_eq!(next[..after.len()], after);
    assert!(house.said().await.iter().any(|said| said.contains(&long)));
}

#[tokio::test(start_paused = true)]
async fn text_is_shown_while_it_streams() {
    let house = House::new().await;
    let mut steps: Vec<Step> = ["Hel", "lo ", "Ann"].map(|t| Step::Event(ModelEvent::Text(t.into()))).into();
    steps.extend(say("").into_iter().skip(1));
    house.model.then(steps);
    house.hears("hi").await;
    let texts: Vec<String> = house
        .sink
        .events
        .lock()
        .iter()
        .filter_map(|event| match event {
            RunEvent::Text { text, .. } => Some(text.to_string()),
            _ => None,
        })
        .collect();
    assert_eq!(texts, ["Hel", "Hello ", "Hello Ann"]);
}

#[tokio::test(start_paused = true)]
async fn the_session_remembers_model_and_tokens_of_its_last_run() {
    let house = House::new().await;
    house.model.says("Hello.");
    house.hears("hi").await;
    let record = house.record().await;
    assert_eq!(record.text("model").as_deref(), Some("m"));
    assert_eq!((record.get::<u64>("inputTokens"), record.get::<u64>("totalTokens")), (Some(10), Some(10)));
    assert_eq!(record.get::<bool>("systemSent"), Some(true));
    let facts = house.facts().await;
    assert_eq!(
        facts,
        ["session.began", "budget.reserved", "run.began", "budget.settled", "model.answered", "run.ended"]
    );
}

#[tokio::test(start_paused = true)]
async fn a_picture_is_shown_to_a_model_that_sees_and_another_file_is_named() {
    let house = House::new().await;
    let path = stdx::AbsPath::new("/media/a.png").unwrap();
    stdx::Disk::replace(house.disk.as_ref(), &path, &mut |to| to.write_all(b"PNG")).unwrap();
    house.model.says("A cat.");
    let mut turn = turn("what is it?");
    turn.files = vec![
        lanes::TurnFile { path, mime: "image/png".into(), name: None },
        lanes::TurnFile { path: "/media/b.pdf".parse().unwrap(), mime: "application/pdf".into(), name: None },
    ];
    house.start(turn).end().await;
    let sent = format!("{:?}", house.model.request(0).messages);
    assert!(sent.contains("UE5H") && sent.contains("/media/b.pdf (application/pdf)"), "{sent}");
}

#[tokio::test(start_paused = true)]
async fn a_disk_that_is_full_ends_the_run_with_a_word_about_the_disk() {
    let house = House::new().await;
    house.model.says("Hello.");
    *house.sink.fails_on_end.lock() = true;
    let end = house.hears("hi").await;
    let RunOutcome::Failed { message } = end.outcome else { panic!("{:?}", end.outcome) };
    assert!(message.contains("disk"), "{message}");
}

#[tokio::test(start_paused = true)]
async fn a_person_may_have_the_conversation_summarised() {
    let house = House::new().await;
    assert!(house.agents.compact(&key(), None).await.unwrap_err().contains("nothing to summarise"));
    house.model.says("Noted.");
    for number in 0..6 {
        house.hears(&format!("fact {number} {}", "blue ".repeat(100))).await;
    }
    house.model.says("Goal: facts.");
    house.agents.compact(&key(), Some("keep the colours")).await.unwrap();
    let asked = house.model.request(6);
    assert!(asked.system.contains("keep the colours") && asked.tools.is_empty());
    house.model.says("Yes.");
    house.hears("and now?").await;
    let sent = house.model.request(7).messages;
    assert!(format!("{:?}", sent[0]).contains("Goal: facts.") && sent.len() < 8, "{}", sent.len());
    assert_eq!(house.record().await.get::<u64>("compactionCount"), Some(1));
}
