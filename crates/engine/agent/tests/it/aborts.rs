//! A run that is stopped leaves a whole conversation behind, at whatever moment.

use std::time::Duration;

use lanes::{RunOutcome, StopCause};
use provider::{Message, ModelEvent};
use serde_json::json;

use crate::house::{House, settle, turn};
use crate::script::Step;

fn text_then_silence() -> Vec<Step> {
    vec![Step::Event(ModelEvent::Text("Once upon".into())), Step::Hang]
}

#[tokio::test(start_paused = true)]
async fn what_was_said_so_far_stays_when_a_run_is_stopped() {
    let house = House::new().await;
    house.model.then(text_then_silence());
    let running = house.start(turn("a story"));
    settle().await;
    running.stop.stop(StopCause::Rpc);
    let end = running.end().await;
    assert_eq!(end.outcome, RunOutcome::Aborted { cause: StopCause::Rpc });
    assert_eq!(house.sink.steps(), ["started", "aborted rpc"]);
    let last = house.transcript().await.pop().unwrap();
    assert_eq!(last["message"]["stopReason"], "aborted");
    assert_eq!(house.said().await, ["user: a story", "assistant: Once upon"]);
    assert_eq!(house.record().await.get::<bool>("abortedLastRun"), Some(true));
    // The next turn hears of it once, and the conversation is whole.
    house.model.says("Where were we?");
    house.hears("go on").await;
    let said = house.said().await;
    assert!(said[2].starts_with("user: [") && said[2].ends_with("go on"), "{said:?}");
    assert_eq!(house.record().await.get::<bool>("abortedLastRun"), Some(false));
}

#[tokio::test(start_paused = true)]
async fn a_run_stopped_before_the_first_word_still_ends_in_the_transcript() {
    let house = House::new().await;
    house.model.then(vec![Step::Hang]);
    let running = house.start(turn("hello?"));
    settle().await;
    running.stop.stop(StopCause::Stop);
    running.end().await;
    let last = house.transcript().await.pop().unwrap();
    assert_eq!((&last["message"]["stopReason"], &last["message"]["content"]), (&json!("aborted"), &json!([])));
    house.model.says("Hi.");
    house.hears("again").await;
    // The empty answer is not sent to the model.
    assert!(house.model.request(1).messages.iter().all(|message| !matches!(message, Message::Assistant(_))));
}

#[tokio::test(start_paused = true)]
async fn a_tool_at_work_is_cancelled_and_every_call_gets_a_result() {
    let house = House::new().await;
    house.model.calls(&[("1", "exec", r#"{"path":"wait"}"#), ("2", "exec", r#"{"path":"b"}"#)]);
    let running = house.start(turn("work"));
    house.acting.notified().await;
    running.stop.stop(StopCause::Stop);
    let end = running.end().await;
    assert_eq!(end.outcome, RunOutcome::Aborted { cause: StopCause::Stop });
    let said = house.said().await;
    assert_eq!(said.iter().filter(|line| line.starts_with("toolResult: ")).count(), 2);
    assert_eq!(*house.log.lock(), ["+wait"]);
    assert_eq!(house.sink.steps().last().unwrap(), "aborted stop");
}

#[tokio::test(start_paused = true)]
async fn a_run_that_takes_too_long_is_stopped_by_its_own_clock() {
    let house = House::new().await;
    house.model.then(text_then_silence());
    let mut slow = turn("take your time");
    slow.options.timeout = Some(Duration::from_secs(30));
    let end = house.start(slow).end().await;
    assert_eq!(end.outcome, RunOutcome::Aborted { cause: StopCause::Timeout });
    let end = house.hears("and without a word about it").await;
    assert_eq!(end.outcome, RunOutcome::Aborted { cause: StopCause::Timeout });
    assert!(end.ended_at - end.started_at < 600_000 * 2);
}

#[tokio::test(start_paused = true)]
async fn a_message_steered_into_a_run_that_is_stopped_is_not_lost() {
    let house = House::new().await;
    house.model.then(text_then_silence());
    let running = house.start(turn("one"));
    settle().await;
    running.steer.send(turn("two")).await.unwrap();
    running.stop.stop(StopCause::Stop);
    running.end().await;
    assert_eq!(house.said().await, ["user: one", "assistant: Once upon", "user: two"]);
    assert_eq!(house.sink.steps(), ["started", "steered 1: two", "aborted stop"]);
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_commits_nothing_and_leaves_the_run_open() {
    let house = House::new().await;
    house.model.then(text_then_silence());
    let running = house.start(turn("one"));
    settle().await;
    running.stop.stop(StopCause::Shutdown);
    assert_eq!(running.end().await.outcome, RunOutcome::Aborted { cause: StopCause::Shutdown });
    assert_eq!(house.sink.steps(), ["started"]);
    assert_eq!(house.said().await, ["user: one"]);
    assert_eq!(house.agents.unfinished().await.unwrap().len(), 1);
}
