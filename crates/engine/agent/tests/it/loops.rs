//! Tools: calls, results, and messages that come in between.

use ids::EventId;
use lanes::{RunEvent, RunOutcome, ToolPhase};
use provider::{Block, Message};
use serde_json::json;

use crate::house::{House, turn};

#[tokio::test(start_paused = true)]
async fn a_tool_is_run_and_its_result_goes_back_to_the_model() {
    let house = House::new().await;
    house.model.calls(&[("t1", "exec", r#"{"path":"a"}"#)]);
    house.model.says("Done it.");
    let end = house.hears("do a").await;
    assert_eq!(end.outcome, RunOutcome::Done);
    assert_eq!(house.sink.steps(), ["started", "tool exec", "ended exec", "said Done it.", "done"]);
    assert_eq!(house.said().await, ["user: do a", "assistant: <exec>", "toolResult: did a", "assistant: Done it."]);
    let request = house.model.request(1);
    let Some(Message::ToolResult { call, tool, is_error, .. }) = request.messages.last() else { panic!() };
    assert_eq!((&**call, &**tool, *is_error), ("t1", "exec", false));
    assert_eq!(end.usage.input, 20);
    let lines = house.transcript().await;
    let result = lines.iter().find(|line| line["message"]["role"] == "toolResult").unwrap();
    assert_eq!((&result["x"]["origin"], &result["x"]["by"]), (&json!("tool"), &json!("exec")));
}

#[tokio::test(start_paused = true)]
async fn calls_that_only_read_run_side_by_side_and_others_in_order() {
    let house = House::new().await;
    house.model.calls(&[
        ("1", "read", r#"{"path":"a"}"#),
        ("2", "read", r#"{"path":"b"}"#),
        ("3", "exec", r#"{"path":"c"}"#),
        ("4", "exec", r#"{"path":"d"}"#),
    ]);
    house.model.says("ok");
    house.hears("go").await;
    assert_eq!(*house.log.lock(), ["+a", "+b", "-a", "-b", "+c", "-c", "+d", "-d"]);
    let steps = house.sink.steps();
    assert_eq!(steps, ["started", "tool exec", "ended exec", "tool exec", "ended exec", "said ok", "done"]);
}

#[tokio::test(start_paused = true)]
async fn of_many_calls_that_only_read_eight_are_at_work_at_once() {
    let house = House::new().await;
    let calls: Vec<_> = (0..12).map(|n| (n.to_string(), json!({"path": format!("p{n}")}).to_string())).collect();
    house.model.calls(&calls.iter().map(|(id, input)| (&**id, "read", &**input)).collect::<Vec<_>>());
    house.model.says("ok");
    house.hears("go").await;
    let (mut at_work, mut most) = (0, 0);
    for line in house.log.lock().iter() {
        at_work = if line.starts_with('+') { at_work + 1 } else { at_work - 1 };
        most = most.max(at_work);
    }
    assert_eq!((most, house.log.lock().len()), (8, 24));
    let results = house.model.request(1).messages;
    assert_eq!(results.iter().filter(|message| matches!(message, Message::ToolResult { .. })).count(), 12);
}

#[tokio::test(start_paused = true)]
async fn what_a_model_writes_wrong_comes_back_to_it_as_words() {
    let house = House::new().await;
    house.model.calls(&[
        ("1", "exec", r#"{"path":"#),
        ("2", "exec", r#"{"nothing":1}"#),
        ("3", "paint", "{}"),
        ("4", "exec", r#"{"path":"fail"}"#),
    ]);
    house.model.says("Sorry.");
    let end = house.hears("go").await;
    assert_eq!(end.outcome, RunOutcome::Done);
    let said = house.said().await;
    assert!(said[2].contains("not valid JSON") && said[2].contains(r#"{"path":"#), "{said:?}");
    assert!(said[3].contains("invalid parameters for exec") && said[3].contains("path"), "{said:?}");
    assert!(said[4].contains("there is no tool paint; there are: read, exec"), "{said:?}");
    assert!(said[5].contains("exit 1"), "{said:?}");
    let errors = house.transcript().await;
    let errors = errors.iter().filter(|line| line["message"]["isError"] == json!(true)).count();
    assert_eq!(errors, 4);
}

#[tokio::test(start_paused = true)]
async fn a_tool_shows_its_start_its_progress_and_its_result() {
    let house = House::new().await;
    house.model.calls(&[("1", "read", r#"{"path":"a"}"#)]);
    house.model.says("ok");
    house.hears("go").await;
    let phases: Vec<String> = house
        .sink
        .events
        .lock()
        .iter()
        .filter_map(|event| match event {
            RunEvent::Tool { phase, .. } => Some(match phase {
                ToolPhase::Start { arguments } => arguments.get().to_owned(),
                ToolPhase::Update { partial } => partial.clone(),
                ToolPhase::Result { result, .. } => result.get().to_owned(),
            }),
            _ => None,
        })
        .collect();
    let result = r#"{"content":[{"type":"text","text":"seen a"}],"details":null}"#;
    assert_eq!(phases, [r#"{"path":"a"}"#, "looking", result]);
}

#[tokio::test(start_paused = true)]
async fn a_steered_message_ends_the_round_and_the_model_reads_it_next() {
    let house = House::new().await;
    house.model.calls(&[("1", "exec", r#"{"path":"a"}"#), ("2", "exec", r#"{"path":"b"}"#)]);
    house.model.says("Stopped at a.");
    let running = house.start(turn("do both"));
    house.acting.notified().await;
    let mut more = turn("no, only a");
    more.causes = vec![EventId::new(3, 4)];
    running.steer.send(more).await.unwrap();
    assert_eq!(running.end().await.outcome, RunOutcome::Done);
    assert_eq!(*house.log.lock(), ["+a", "-a"]);
    let said = house.said().await;
    assert!(said[3].contains("Skipped") && said[4] == "user: no, only a", "{said:?}");
    assert!(house.sink.steps().contains(&"steered 1: no, only a".to_owned()));
    let Some(Message::User(blocks)) = house.model.request(1).messages.last().cloned() else { panic!() };
    assert!(matches!(&blocks[0], Block::Text(text) if &**text == "no, only a"));
}

#[tokio::test(start_paused = true)]
async fn a_message_that_comes_with_the_last_word_starts_another_round() {
    let house = House::new().await;
    house.model.says("First answer.");
    house.model.says("Second answer.");
    let running = house.start(turn("one"));
    house.model.asked.notified().await;
    running.steer.send(turn("two")).await.unwrap();
    let end = running.end().await;
    assert_eq!(end.texts, ["First answer.", "Second answer."]);
    assert_eq!(house.sink.steps(), ["started", "said First answer.", "steered 1: two", "said Second answer.", "done"]);
}

#[tokio::test(start_paused = true)]
async fn calls_with_the_same_name_in_two_answers_are_told_apart() {
    let house = House::new().await;
    house.model.calls(&[("call_1", "exec", r#"{"path":"a"}"#)]);
    house.model.calls(&[("call_1", "exec", r#"{"path":"b"}"#)]);
    house.model.says("Both done.");
    house.hears("go").await;
    let request = house.model.request(2);
    let results: Vec<(String, String)> = request
        .messages
        .iter()
        .filter_map(|message| match message {
            Message::ToolResult { call, content, .. } => Some((call.to_string(), format!("{content:?}"))),
            _ => None,
        })
        .collect();
    assert_eq!(results.len(), 2);
    assert_eq!((results[0].0.as_str(), results[1].0.as_str()), ("call_1", "call_1_2"));
    assert!(results[0].1.contains("did a") && results[1].1.contains("did b"));
}

#[tokio::test(start_paused = true)]
async fn sixty_turns_commit_no_more_each_than_one() {
    let house = House::new().await;
    house.model.says("Short answer.");
    for number in 0..60 {
        house.hears(&format!("message {number}")).await;
    }
    assert_eq!(house.sink.commits.lock().len(), 60 * 3);
    assert_eq!(house.model.request(59).messages.len(), 59 * 2 + 1);
}
