//! The program is killed in the middle of a run and starts again.

use std::time::Duration;

use lanes::{RunOutcome, StopCause};

use crate::house::{CONFIG, House, settle, turn};
use crate::script::{Step, pass};

#[tokio::test(start_paused = true)]
async fn a_run_cut_off_while_the_model_spoke_goes_on_and_its_words_are_there_once() {
    let house = House::new().await;
    house.model.then(vec![Step::Hang]);
    let running = house.start(turn("hello"));
    settle().await;
    let house = house.killed(CONFIG).await;
    drop(running);
    let unfinished = house.agents.unfinished().await.unwrap();
    assert_eq!(unfinished.len(), 1);
    assert_eq!(unfinished[0].tool_in_flight, None);
    house.model.says("Hello again.");
    let end = house.start(unfinished[0].turn.clone()).end().await;
    assert_eq!(end.outcome, RunOutcome::Done);
    assert_eq!(house.said().await, ["user: hello", "assistant: Hello again."]);
    assert_eq!(house.sink.steps(), ["started again", "said Hello again.", "done"]);
    assert!(house.agents.unfinished().await.unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_run_cut_off_between_tool_and_answer_does_not_run_the_tool_again() {
    let house = House::new().await;
    house.model.calls(&[("1", "exec", r#"{"path":"a"}"#)]);
    house.model.then(vec![Step::Hang]);
    let running = house.start(turn("do a"));
    settle().await;
    let house = house.killed(CONFIG).await;
    drop(running);
    let unfinished = house.agents.unfinished().await.unwrap();
    house.model.says("Done.");
    house.start(unfinished[0].turn.clone()).end().await;
    assert!(house.log.lock().is_empty());
    assert_eq!(house.said().await, ["user: do a", "assistant: <exec>", "toolResult: did a", "assistant: Done."]);
}

#[tokio::test(start_paused = true)]
async fn a_reading_call_that_was_cut_off_is_made_again() {
    let house = House::new().await;
    house.model.calls(&[("1", "read", r#"{"path":"a"}"#)]);
    let running = house.start(turn("look"));
    pass(Duration::from_millis(20)).await;
    assert_eq!(*house.log.lock(), ["+a"]);
    let house = house.killed(CONFIG).await;
    drop(running);
    let unfinished = house.agents.unfinished().await.unwrap();
    assert_eq!(unfinished[0].tool_in_flight, None);
    house.model.says("Seen.");
    house.start(unfinished[0].turn.clone()).end().await;
    assert_eq!(*house.log.lock(), ["+a", "-a"]);
    assert_eq!(house.said().await.last().unwrap(), "assistant: Seen.");
    // Every reservation of the second process was settled or given back.
    let facts = house.facts().await;
    let count = |kind: &str| facts.iter().filter(|fact| *fact == kind).count();
    assert_eq!(count("budget.reserved"), count("budget.settled") + count("budget.expired"));
}

#[tokio::test(start_paused = true)]
async fn a_tool_with_effects_that_was_cut_off_is_reported_and_not_run_again() {
    let house = House::new().await;
    house.model.calls(&[("1", "exec", r#"{"path":"wait"}"#)]);
    let running = house.start(turn("do it"));
    house.acting.notified().await;
    let house = house.killed(CONFIG).await;
    drop(running);
    let unfinished = house.agents.unfinished().await.unwrap();
    assert_eq!(unfinished[0].tool_in_flight.as_deref(), Some("exec"));
    house.agents.close_interrupted(&unfinished[0], &house.sinks()).await.unwrap();
    let steps = house.sink.steps();
    assert!(steps.len() == 1 && steps[0].contains("restarted while `exec` was at work"), "{steps:?}");
    let said = house.said().await;
    assert!(said[2].starts_with("toolResult: Interrupted"), "{said:?}");
    assert!(said[3].contains("restarted while `exec`"), "{said:?}");
    assert!(house.agents.unfinished().await.unwrap().is_empty());
    assert!(house.log.lock().is_empty());
    // The conversation goes on.
    house.model.says("Sorry about that.");
    assert_eq!(house.hears("go on").await.outcome, RunOutcome::Done);
}

#[tokio::test(start_paused = true)]
async fn a_run_cut_off_whose_conversation_was_started_over_tells_its_chat() {
    let house = House::new().await;
    house.model.then(vec![Step::Hang]);
    let running = house.start(turn("hello"));
    settle().await;
    let workspace = stdx::AbsPath::new("/clawd").unwrap();
    let opening = sessions::Opening { channel: None, workspace, fresh: sessions::Fresh::Always };
    house.sessions.open(&crate::house::key(), opening).await.unwrap();
    let house = house.killed(CONFIG).await;
    drop(running);
    let unfinished = house.agents.unfinished().await.unwrap();
    let end = house.start(unfinished[0].turn.clone()).end().await;
    assert!(matches!(&end.outcome, RunOutcome::Failed { message } if message.contains("started over")), "{end:?}");
    assert_eq!(house.model.count(), 0);
    assert!(house.agents.unfinished().await.unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_was_reserved_before_the_kill_counts_as_spent() {
    let config = CONFIG.replace("\"primary\": \"fake/m\"", "\"primary\": \"paid/m\"");
    let house = House::with(&config, "{}").await;
    house.model.then(vec![Step::Hang]);
    let running = house.start(turn("hello"));
    settle().await;
    let house = house.killed(&config).await;
    drop(running);
    assert!(house.facts().await.contains(&"budget.expired".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn a_tool_that_finished_during_a_shutdown_is_not_run_again() {
    let house = House::new().await;
    house.model.calls(&[("1", "exec", r#"{"path":"stubborn"}"#), ("2", "exec", r#"{"path":"b"}"#)]);
    let running = house.start(turn("do both"));
    house.acting.notified().await;
    running.stop.stop(StopCause::Shutdown);
    running.end().await;
    assert_eq!(*house.log.lock(), ["+stubborn", "-stubborn"]);
    let house = house.killed(CONFIG).await;
    let unfinished = house.agents.unfinished().await.unwrap();
    assert_eq!(unfinished[0].tool_in_flight, None);
    house.model.says("Both done.");
    house.start(unfinished[0].turn.clone()).end().await;
    assert_eq!(*house.log.lock(), ["+b", "-b"]);
    assert_eq!(house.said().await.last().unwrap(), "assistant: Both done.");
}

#[tokio::test(start_paused = true)]
async fn a_tool_that_a_shutdown_cut_off_is_in_doubt() {
    let house = House::new().await;
    house.model.calls(&[("1", "exec", r#"{"path":"wait"}"#)]);
    let running = house.start(turn("do it"));
    house.acting.notified().await;
    running.stop.stop(StopCause::Shutdown);
    running.end().await;
    let house = house.killed(CONFIG).await;
    let unfinished = house.agents.unfinished().await.unwrap();
    assert_eq!(unfinished[0].tool_in_flight.as_deref(), Some("exec"));
}
