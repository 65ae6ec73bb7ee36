//! Models that fail: who answers instead, what a person is told, what it costs.

use std::time::Duration;

use agent::no_model_advice;
use credentials::Failure;
use lanes::{Failover, RunEvent, RunOutcome};
use provider::{ModelEvent, ProviderError, Thinking, Usage};

use crate::house::{CONFIG, House, turn};
use crate::script::{Step, say};

fn two_models() -> String {
    CONFIG.replace(r#"{"primary": "fake/m"}"#, r#"{"primary": "fake/m", "fallbacks": ["paid/m"]}"#)
}

fn message(outcome: &RunOutcome) -> &str {
    match outcome {
        RunOutcome::Failed { message } => message,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn without_any_model_the_run_says_what_to_do() {
    let house = House::with("{}", "{}").await;
    let end = house.hears("hi").await;
    assert_eq!(message(&end.outcome), no_model_advice());
    assert!(no_model_advice().contains("clawdbot onboard"));
    assert_eq!(house.model.count(), 0);
    assert_eq!(house.said().await, ["user: hi", "assistant: "]);
    assert_eq!(house.problems().await, [no_model_advice()], "who opens the conversation later finds it there");
}

#[tokio::test(start_paused = true)]
async fn advice_that_no_model_stands_behind_is_kept_too() {
    let house = House::with(r#"{"agents":{"defaults":{"model":"nobody/x","skipBootstrap":true}}}"#, "{}").await;
    let end = house.hears("hi").await;
    assert!(message(&end.outcome).contains("clawdbot onboard"), "{end:?}");
    assert_eq!(house.said().await, ["user: hi", "assistant: "]);
    assert_eq!(house.problems().await, [message(&end.outcome)]);
}

#[tokio::test(start_paused = true)]
async fn a_configured_vendor_without_a_key_is_named() {
    let config = r#"{"agents":{"defaults":{"model":"none/m","skipBootstrap":true}},
        "models":{"providers":{"none":{"baseUrl":"http://x","api":"anthropic-messages","models":[{"id":"m"}]}}}}"#;
    let house = House::with(config, "{}").await;
    let end = house.hears("hi").await;
    assert!(message(&end.outcome).contains("no working credentials for none"), "{end:?}");
}

#[tokio::test(start_paused = true)]
async fn refused_credentials_take_the_next_profile_and_are_remembered() {
    let house = House::new().await;
    *house.keyring.profiles.lock() = 1;
    house.model.refuses(ProviderError::Auth("401".into()));
    house.model.says("Hello.");
    let end = house.hears("hi").await;
    assert_eq!(end.outcome, RunOutcome::Done);
    assert_eq!(*house.model.profiles.lock(), ["fake:0", "fake:1"]);
    assert_eq!(*house.keyring.notes.lock(), [("fake:0".to_owned(), Some(Failure::Auth)), ("fake:1".to_owned(), None)]);
    assert!(house.facts().await.contains(&"model.failover".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn an_overloaded_vendor_is_tried_again_and_then_the_next_model_answers() {
    let house = House::with(&two_models(), "{}").await;
    for _ in 0..3 {
        house.model.refuses(ProviderError::Overloaded("529".into()));
    }
    house.model.says("Hello from the other.");
    let end = house.hears("hi").await;
    assert_eq!(end.model, Some(("paid".into(), "m".into())));
    let events = house.sink.events.lock();
    let failover = events.iter().find_map(|event| match event {
        RunEvent::Failover(Failover { from, to, reason }) => Some((from.clone(), to.clone(), reason.clone())),
        _ => None,
    });
    assert_eq!(failover, Some(("fake/m".into(), "paid/m".into(), "overloaded".into())));
}

#[tokio::test(start_paused = true)]
async fn a_refused_thinking_level_gives_way_to_one_that_is_taken_for_the_rest_of_the_run() {
    let house = House::with(&CONFIG.replace("\"primary\": \"fake/m\"", "\"primary\": \"paid/m\""), "{}").await;
    let supported = vec![Thinking::Medium, Thinking::High];
    house.model.refuses(ProviderError::ThinkingLevel { supported, detail: "400".into() });
    house.model.calls(&[("1", "exec", r#"{"path":"a"}"#)]);
    house.model.says("Thought about.");
    assert_eq!(house.hears("think").await.texts, ["Thought about."]);
    let levels: Vec<_> = house.model.requests.lock().iter().map(|request| request.thinking).collect();
    assert_eq!(levels, [Thinking::Low, Thinking::Medium, Thinking::Medium]);
    assert!(house.model.request(1).system.contains("thinking=medium"));
}

#[tokio::test(start_paused = true)]
async fn a_vendor_that_refuses_every_level_is_not_asked_for_ever() {
    let house = House::with(&CONFIG.replace("\"primary\": \"fake/m\"", "\"primary\": \"paid/m\""), "{}").await;
    let supported = vec![Thinking::Low, Thinking::High];
    house.model.refuses(ProviderError::ThinkingLevel { supported, detail: "400 no".into() });
    let end = house.hears("think").await;
    assert!(message(&end.outcome).contains("/think"), "{end:?}");
    assert_eq!(house.model.count(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_short_rate_limit_is_waited_out() {
    let house = House::new().await;
    house.model.refuses(ProviderError::RateLimited { after: Some(Duration::from_secs(2)) });
    house.model.says("Hello.");
    let before = tokio::time::Instant::now();
    assert_eq!(house.hears("hi").await.outcome, RunOutcome::Done);
    assert!(before.elapsed() >= Duration::from_secs(2));
}

#[tokio::test(start_paused = true)]
async fn a_line_that_is_cut_in_the_middle_is_asked_again_from_the_start() {
    let house = House::new().await;
    let cut = ProviderError::Transport { detail: "reset".into(), began: true };
    house.model.then(vec![Step::Event(ModelEvent::Text("Hal".into())), Step::Fail(cut)]);
    house.model.says("Hello.");
    let end = house.hears("hi").await;
    assert_eq!(end.texts, ["Hello."]);
    assert_eq!(house.said().await, ["user: hi", "assistant: Hello."]);
}

#[tokio::test(start_paused = true)]
async fn answers_that_stall_break_off_or_hold_nothing_are_told_in_one_sentence() {
    let stalled = ProviderError::Transport { detail: "no byte came for 300 s".into(), began: true };
    let malformed = ProviderError::Unusable("an event of it is no JSON".into());
    let begun = |error| vec![Step::Event(ModelEvent::Text("Hal".into())), Step::Fail(error)];
    let empty = say("").into_iter().skip(1).collect::<Vec<_>>();
    for (answer, words, calls) in [
        (begun(stalled), "I cannot reach the vendor of fake/m (no byte came for 300 s): check the connection", 3),
        (begun(malformed), "The answer of fake/m could not be used: please try again", 2),
        (empty, "The answer of fake/m could not be used: please try again", 2),
    ] {
        let house = House::new().await;
        house.model.then(answer);
        let end = house.hears("hi").await;
        let told = message(&end.outcome);
        assert!(told.starts_with(words) && !told.contains('\n'), "{told}");
        assert_eq!(house.model.count(), calls);
        assert!(house.sink.steps().iter().all(|step| !step.starts_with("said")));
    }
}

#[tokio::test(start_paused = true)]
async fn an_empty_answer_is_asked_again_once() {
    let house = House::new().await;
    house.model.then(say("").into_iter().skip(1).collect());
    house.model.says("Hello.");
    assert_eq!(house.hears("hi").await.texts, ["Hello."]);
}

#[tokio::test(start_paused = true)]
async fn when_nobody_answers_the_person_gets_one_sentence_and_the_transcript_the_error() {
    let house = House::new().await;
    house.model.refuses(ProviderError::Refused("400 {\"stack\":1}\n at line 2".into()));
    let end = house.hears("hi").await;
    let message = message(&end.outcome);
    assert!(message.contains("refused the request") && !message.contains("line 2"), "{message}");
    let last = house.transcript().await.pop().unwrap();
    assert_eq!(last["message"]["stopReason"], "error");
    assert!(last["message"]["errorMessage"].as_str().unwrap().contains("400"));
    assert!(house.sink.steps().iter().all(|step| !step.starts_with("said")));
    // The next turn is not troubled by it.
    house.model.says("Hello.");
    house.hears("again").await;
    assert_eq!(house.model.request(1).messages.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_prompt_that_is_too_long_is_summarised_and_asked_again() {
    let verbose = CONFIG.replace("\"defaults\": {", "\"defaults\": {\"verboseDefault\": \"on\", ");
    let house = House::with(&verbose, "{}").await;
    house.model.says("One.");
    let long = "words ".repeat(4_000);
    for _ in 0..4 {
        house.hears(&long).await;
    }
    house.model.refuses(ProviderError::ContextOverflow { limit: None });
    house.model.says("Goal: words.");
    house.model.says("Here I am.");
    let end = house.hears("are you there?").await;
    assert_eq!(end.outcome, RunOutcome::Done, "{:?}", house.sink.steps());
    let lines = house.transcript().await;
    let compaction = lines.iter().find(|line| line["type"] == "compaction").unwrap();
    assert_eq!(compaction["summary"], "Goal: words.");
    assert_eq!(end.texts, ["Here I am."]);
    assert_eq!(house.record().await.get::<u64>("compactionCount"), Some(1));
    let events = house.sink.events.lock();
    assert!(events.iter().any(|event| matches!(event, RunEvent::CompactionStarted)));
    let steps = house.sink.steps();
    let noted: Vec<_> = steps.iter().filter(|step| step.starts_with("noted")).collect();
    assert!(noted[0].starts_with("noted 🧭 New session: "), "{noted:?}");
    assert_eq!(noted[1..], ["noted 🧹 Auto-compaction complete (count 1)."]);
}

#[tokio::test(start_paused = true)]
async fn a_conversation_near_the_window_is_summarised_before_the_call() {
    let house = House::with(&CONFIG.replace("\"primary\": \"fake/m\"", "\"primary\": \"fake/small\""), "{}").await;
    house.model.says("Noted.");
    for number in 0..12 {
        let end = house.hears(&format!("fact {number}: {}", "blue ".repeat(200))).await;
        assert_eq!(end.outcome, RunOutcome::Done);
    }
    let lines = house.transcript().await;
    let compactions: Vec<_> = lines.iter().filter(|line| line["type"] == "compaction").collect();
    assert!(!compactions.is_empty());
    assert_eq!(compactions[0]["summary"], "Noted.");
    let last = house.model.request(house.model.count() - 1);
    assert!(format!("{:?}", last.messages[0]).contains("<summary>"));
    let bytes: usize = last.messages.iter().map(|message| format!("{message:?}").len()).sum();
    assert!(bytes < 4_000 * 4, "{bytes}");
}

#[tokio::test(start_paused = true)]
async fn a_purse_of_one_cent_stops_the_run_before_the_call() {
    let config = CONFIG.replace("\"primary\": \"fake/m\"", "\"primary\": \"paid/m\"");
    let house = House::with(&config, r#"{"day": 0.01}"#).await;
    house.model.says("never said");
    let end = house.hears("hi").await;
    assert!(message(&end.outcome).contains("stopped before a paid call"), "{end:?}");
    assert_eq!(house.model.count(), 0);
    assert_eq!(house.said().await.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn every_paid_call_is_reserved_before_and_settled_after() {
    let config = CONFIG.replace("\"primary\": \"fake/m\"", "\"primary\": \"paid/m\"");
    let house = House::with(&config, "{}").await;
    let cut = ProviderError::Transport { detail: "reset".into(), began: true };
    let usage = Usage { input: 3, ..Usage::default() };
    house.model.then(vec![
        Step::Event(ModelEvent::Usage(usage)),
        Step::Event(ModelEvent::Text("H".into())),
        Step::Fail(cut),
    ]);
    house.model.calls(&[("1", "exec", r#"{"path":"a"}"#)]);
    house.model.says("Hello.");
    house.hears("hi").await;
    let facts = house.facts().await;
    let count = |kind: &str| facts.iter().filter(|fact| *fact == kind).count();
    assert_eq!((count("budget.reserved"), count("budget.settled")), (3, 3));
}

#[tokio::test(start_paused = true)]
async fn a_model_that_never_ends_its_tools_is_stopped() {
    let house = House::new().await;
    house.model.calls(&[("1", "exec", r#"{"path":"a"}"#)]);
    let mut long = turn("go on for ever");
    long.options.timeout = Some(Duration::from_secs(36_000));
    let end = house.start(long).end().await;
    assert!(message(&end.outcome).contains("rounds of tools"), "{:?}", end.outcome);
}

#[tokio::test(start_paused = true)]
async fn a_tool_that_breaks_gives_the_model_a_result_all_the_same() {
    let house = House::new().await;
    house.model.calls(&[("1", "exec", r#"{"path":"panic"}"#)]);
    house.model.says("It broke.");
    assert_eq!(house.hears("go").await.texts, ["It broke."]);
    assert!(house.said().await[2].contains("the tool broke"));
}

#[tokio::test(start_paused = true)]
async fn a_run_that_breaks_is_closed_and_its_chat_is_told() {
    let house = House::new().await;
    house.model.then(vec![Step::Panic]);
    let end = house.hears("go").await;
    assert!(message(&end.outcome).contains("try again"));
    assert_eq!(house.sink.steps().len(), 2);
    assert!(house.agents.unfinished().await.unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn when_all_credentials_are_refused_the_person_hears_how_to_renew_them() {
    let house = House::with(&two_models(), "{}").await;
    house.model.refuses(ProviderError::Auth("401 sk-secret".into()));
    let end = house.hears("hi").await;
    let message = message(&end.outcome);
    assert!(
        message.contains("paid/m") && message.contains("clawdbot onboard") && !message.contains("sk-"),
        "{message}"
    );
    assert_eq!(house.model.count(), 2);
}
