//! Every way to ask, and what is said when the question fits several.

use audit::{ExplainError, Question, Scope};

use crate::{House, house};

const ONE: &str = "m_01aaaaaaaaaaaaaaaaaaaaaaaa";
const TWO: &str = "m_01aaaabbbbbbbbbbbbbbbbbbbb";
const THREE: &str = "m_02cccccccccccccccccccccccc";

fn full() -> House {
    let house = house();
    house.arrives(ONE, "42", "17");
    house.arrives(TWO, "42", "18");
    house.answers(&[ONE, TWO], "run-1111");
    house.arrives(THREE, "-7:topic:1", "17");
    house
}

async fn asked(house: &House, question: &str) -> Result<String, ExplainError> {
    let question: Question = question.parse().unwrap();
    house.audit.explain(question).await.map(|explanation| explanation.id)
}

#[tokio::test]
async fn the_whole_life_of_a_message_is_told_in_order() {
    let house = full();
    let told = house.audit.explain(ONE.parse().unwrap()).await.unwrap();
    let sentences: Vec<_> = told.steps.iter().map(|(_, sentence)| sentence.as_str()).collect();
    assert_eq!(
        sentences,
        [
            "received from telegram/default, peer 42, message 17",
            "let in (allowFrom)",
            "routed to agent main, session agent:main:telegram:dm:42 (default)",
            "run run-1111 started",
            "reply part run-1111-1 prepared",
            "run ended: done",
            "delivery attempt 1",
            "delivered",
        ]
    );
    assert!(told.complete);
}

#[tokio::test]
async fn a_message_without_an_answer_is_not_complete() {
    let house = full();
    assert!(!house.audit.explain(THREE.parse().unwrap()).await.unwrap().complete);
}

#[tokio::test]
async fn every_way_to_ask_finds_the_message() {
    let house = full();
    for (question, id) in [
        ("last", THREE),
        (THREE, THREE),
        ("m_02cccc", THREE),
        ("telegram:42:17", ONE),
        ("telegram/default:42:18", TWO),
        ("telegram:-7:topic:1:17", THREE),
        // Two messages led to this run, so it is told as itself.
        ("run-1111", "run-1111"),
    ] {
        assert_eq!(asked(&house, question).await.as_deref(), Ok(id), "{question}");
    }
}

#[tokio::test]
async fn a_run_of_one_message_is_told_as_that_message() {
    let house = full();
    house.answers(&[THREE], "run-2222");
    assert_eq!(asked(&house, "run-2222").await.as_deref(), Ok(THREE));
    assert_eq!(asked(&house, "run-2222-1").await.as_deref(), Ok(THREE));
}

#[tokio::test]
async fn an_ambiguous_question_lists_the_candidates() {
    let house = full();
    let refusal = asked(&house, "m_01aaaa").await.unwrap_err();
    assert_eq!(refusal.to_string(), format!("m_01aaaa fits several: {ONE}, {TWO}"));
    assert_eq!(asked(&house, "telegram:42:99").await.unwrap_err().to_string(), "nothing is known of telegram:42:99");
    assert_eq!(asked(&house, "telegram/work:42:17").await, Err(ExplainError::Unknown("telegram:42:17".to_owned())));
}

#[tokio::test]
async fn the_last_message_of_a_session_or_channel_is_found() {
    let house = full();
    let last = async |session: Option<&str>, channel: Option<&str>| {
        let scope = Scope { session: session.map(Into::into), channel: channel.map(Into::into) };
        house.audit.explain(Question::Last(scope)).await.map(|explanation| explanation.id)
    };
    assert_eq!(last(Some("agent:main:telegram:dm:42"), None).await.as_deref(), Ok(TWO));
    assert_eq!(last(None, Some("telegram")).await.as_deref(), Ok(THREE));
    assert!(last(None, Some("slack")).await.is_err());
}

#[tokio::test]
async fn links_that_go_in_a_circle_come_to_an_end() {
    let house = house();
    house.link("run-aaaa", "made", "run-bbbb");
    house.link("run-bbbb", "made", "run-aaaa");
    assert_eq!(house.audit.explain("run-aaaa".parse().unwrap()).await.unwrap().steps.len(), 2);
}

#[tokio::test]
async fn a_step_that_two_engines_recorded_is_told_once() {
    let house = house();
    house.arrives(ONE, "42", "17");
    house.link(ONE, "run.started", "run-1111");
    house.link(ONE, "run.started", "run-1111");
    house.fact("run-1111", "run.ended", serde_json::json!({}));
    house.fact("run-1111", "run.ended", serde_json::json!("done"));
    let told = house.audit.explain(ONE.parse().unwrap()).await.unwrap();
    let sentences: Vec<_> = told.steps.iter().skip(3).map(|(_, sentence)| sentence.as_str()).collect();
    assert_eq!(sentences, ["run run-1111 started", "run ended: done"]);
}
