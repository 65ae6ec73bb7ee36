//! What happens to a call: rights, order, repeats, panics, bounds.

use std::sync::atomic::Ordering;

use client::CallError;
use serde_json::{Value, json, value::to_raw_value};
use tokio_tungstenite::tungstenite::Message;

use crate::house::{House, call};

#[tokio::test]
async fn a_call_is_answered_or_refused_by_the_callers_rights() {
    let house = House::start().await;
    let reader = client::Client::connect(&house.options().scopes(&["operator.read"])).await.unwrap();
    assert_eq!(call(&reader, "test.echo", json!({"text": "a"})).await, Ok(json!({"text": "a"})));
    for (method, message) in [
        ("test.write", "missing scope: operator.write"),
        ("device.pair.list", "missing scope: operator.pairing"),
        ("system-event", "missing scope: operator.admin"),
        ("no.such.method", "missing scope: operator.admin"),
        ("test.node", "unauthorized role: operator"),
    ] {
        assert_eq!(call(&reader, method, json!({})).await.unwrap_err(), message, "{method}");
    }
    let admin = house.client().await;
    assert_eq!(call(&admin, "no.such.method", json!({})).await.unwrap_err(), "unknown method: no.such.method");
    assert_eq!(call(&admin, "connect", json!({})).await.unwrap_err(), "connect is only valid as the first request");
    let bad = call(&admin, "device.pair.list", json!({"bogus": 1})).await.unwrap_err();
    assert_eq!(bad, "invalid device.pair.list params: at root: unexpected property 'bogus'");
}

#[tokio::test]
async fn frames_that_are_no_requests_leave_the_connection_standing() {
    let house = House::start().await;
    let client = house.client().await;
    client.send(Message::text("not json")).await.unwrap();
    client.send(Message::text(r#"{"type":"req","id":"z"}"#)).await.unwrap();
    client.send(Message::Ping(b"p".to_vec().into())).await.unwrap();
    assert_eq!(call(&client, "test.echo", json!({"text": "still"})).await, Ok(json!({"text": "still"})));
}

#[tokio::test]
async fn a_panicking_method_is_answered_and_the_gateway_lives_on() {
    let house = House::start().await;
    let client = house.client().await;
    let params = to_raw_value(&json!({"text": "boom"})).unwrap();
    let CallError::Failed { error, .. } = client.call_raw("test.panic", Some(params)).await.unwrap_err() else {
        panic!("an answer")
    };
    assert_eq!(error.code, protocol::ErrorCode::Unavailable);
    assert!(!error.message.contains("boom"));
    assert!(call(&client, "test.echo", json!({})).await.is_ok());
}

#[tokio::test]
async fn calls_of_one_session_keep_their_order_and_others_overtake() {
    let house = House::start().await;
    let client = house.client().await;
    let ask = |session: &str, text: &str| {
        client.ask("test.session", Some(to_raw_value(&json!({"session": session, "text": text})).unwrap()))
    };
    let mut slow = ask("agent:main:a", "slow").await.unwrap();
    house.work.began.notified().await;
    let mut second = ask("A", "second").await.unwrap();
    let mut other = ask("agent:main:b", "other").await.unwrap();
    other.next().await.unwrap();
    house.work.go_on.notify_one();
    slow.next().await.unwrap();
    second.next().await.unwrap();
    assert_eq!(*house.work.log.lock(), ["agent:main:b other", "agent:main:a slow", "A second"]);
}

#[tokio::test]
async fn a_repeat_on_another_connection_waits_for_the_first_and_acts_never() {
    let house = House::start().await;
    let (first, second) = (house.client().await, house.client().await);
    let params = || Some(to_raw_value(&json!({"idempotencyKey": "k"})).unwrap());
    let mut acts = first.ask("test.once", params()).await.unwrap();
    house.work.began.notified().await;
    let mut repeats = second.ask("test.once", params()).await.unwrap();
    house.work.go_on.notify_one();
    let answers = [
        acts.next().await.unwrap(),
        repeats.next().await.unwrap(),
        second.call_raw("test.once", params()).await.unwrap(),
    ];
    assert!(answers.iter().all(|answer| answer.payload.get() == r#"{"acted":1}"#), "{answers:?}");
    assert_eq!(house.work.acted.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_method_that_answers_twice_sends_both_and_a_repeat_gets_the_first() {
    let house = House::start().await;
    let client = house.client().await;
    let params = || Some(to_raw_value(&json!({"idempotencyKey": "k"})).unwrap());
    let mut asked = client.ask("test.twice", params()).await.unwrap();
    let status =
        |answer: client::Answer| serde_json::from_str::<Value>(answer.payload.get()).unwrap()["status"].clone();
    assert_eq!(status(asked.next().await.unwrap()), "accepted");
    assert_eq!(status(client.call_raw("test.twice", params()).await.unwrap()), "accepted");
    house.work.go_on.notify_one();
    assert_eq!(status(asked.next().await.unwrap()), "ok");
    assert_eq!(status(client.call_raw("test.twice", params()).await.unwrap()), "ok");
    assert_eq!(house.work.acted.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_connection_that_goes_takes_its_calls_with_it() {
    let house = House::start().await;
    let client = house.client().await;
    let asked = client.ask("test.hang", None).await.unwrap();
    house.work.began.notified().await;
    drop(asked);
    client.close().await;
    house.work.dropped.notified().await;
}

#[tokio::test]
async fn more_calls_at_once_than_a_connection_may_have_are_refused_for_now() {
    let house = House::start().await;
    let client = house.client().await;
    let mut hanging = Vec::new();
    for _ in 0..64 {
        hanging.push(client.ask("test.hang", None).await.unwrap());
    }
    let CallError::Failed { error, .. } = client.call_raw("test.echo", None).await.unwrap_err() else {
        panic!("an answer")
    };
    assert_eq!((error.code, error.retryable), (protocol::ErrorCode::Unavailable, Some(true)));
}

#[tokio::test]
async fn a_message_over_the_limit_closes_the_connection_and_one_at_the_limit_does_not() {
    let house = House::start().await;
    let client = house.client().await;
    let frame = |bytes: usize| {
        let empty = json!({"type": "req", "id": "x", "method": "test.echo", "params": {"text": ""}}).to_string();
        let text = "x".repeat(bytes - empty.len());
        Message::text(json!({"type": "req", "id": "x", "method": "test.echo", "params": {"text": text}}).to_string())
    };
    client.send(frame(524_288)).await.unwrap();
    assert!(call(&client, "test.echo", json!({})).await.is_ok());
    client.send(frame(524_289)).await.unwrap();
    assert_eq!(client.closed().await.code, Some(1009));
}
