//! Telegram calls us: 200 means that the message is written down.

use std::sync::Arc;

use bytes::Bytes;
use channel::{Connected, Webhook, WebhookRequest};
use serde_json::{Value, json};

use crate::setting::{Setting, next};

fn keys() -> Value {
    json!({ "webhookUrl": "http://127.0.0.1:9/hook", "webhookPath": "/hook", "webhookSecret": "s3cret" })
}

fn call(secret: &str, body: &str) -> WebhookRequest {
    WebhookRequest {
        method: "POST".to_owned(),
        path: "/hook".to_owned(),
        headers: vec![("x-telegram-bot-api-secret-token".to_owned(), secret.to_owned())],
        body: Bytes::from(body.to_owned()),
    }
}

fn update(number: i64) -> String {
    let message = json!({ "message_id": 1, "date": 1, "chat": { "id": 5, "type": "private" },
        "from": { "id": 5, "first_name": "Ann" }, "text": format!("hi {number}") });
    json!({ "update_id": number, "message": message }).to_string()
}

async fn connected(setting: &Setting) -> (Connected, Arc<dyn Webhook>) {
    let connected = setting.connect_with(keys()).await.unwrap();
    let webhook = connected.webhook.clone().unwrap();
    (connected, webhook)
}

#[tokio::test]
async fn a_call_is_answered_only_when_the_listener_comes_back_for_more() {
    let setting = Setting::new().await;
    let (mut connected, webhook) = connected(&setting).await;
    let answering = webhook.receive(call("s3cret", &update(1)));
    tokio::pin!(answering);
    let batch = tokio::select! {
        answer = &mut answering => panic!("{answer:?} before the message was written down"),
        batch = next(&mut connected) => batch,
    };
    assert_eq!(batch[0].text, "hi 1");
    let again = connected.listener.next();
    tokio::select! {
        answer = &mut answering => assert_eq!(answer.status, 200),
        more = again => panic!("{more:?}"),
    }
}

#[tokio::test]
async fn a_call_that_nobody_wrote_down_is_not_a_success() {
    let setting = Setting::new().await;
    let (mut connected, webhook) = connected(&setting).await;
    let answering = webhook.receive(call("s3cret", &update(1)));
    tokio::pin!(answering);
    tokio::select! {
        answer = &mut answering => panic!("{answer:?}"),
        _batch = next(&mut connected) => {}
    }
    drop(connected);
    assert_eq!(answering.await.status, 503);
    assert_eq!(webhook.receive(call("s3cret", &update(2))).await.status, 503);
}

#[tokio::test]
async fn strangers_and_nonsense_are_turned_away_at_the_door() {
    let setting = Setting::new().await;
    let (_connected, webhook) = connected(&setting).await;
    assert_eq!(webhook.path(), "/hook");
    assert_eq!(webhook.receive(call("", &update(1))).await.status, 401);
    assert_eq!(webhook.receive(call("s3cre", &update(1))).await.status, 401);
    assert_eq!(webhook.receive(call("s3cret", "{")).await.status, 400);
    let mut get = call("s3cret", "");
    get.method = "GET".to_owned();
    assert_eq!(webhook.receive(get).await.status, 405);
}

#[tokio::test]
async fn a_bot_that_is_called_must_not_poll_until_it_says_so() {
    let setting = Setting::new().await;
    let with_hook = setting.connect_with(keys()).await.unwrap();
    drop(with_hook);
    setting.telegram.user("ann").says("hi");
    let mut polling = setting.connect().await;
    assert_eq!(next(&mut polling).await[0].text, "hi");
}

#[tokio::test]
async fn telegram_is_told_where_to_call_and_what_to_send_along() {
    let setting = Setting::new().await;
    let _connected = setting.connect_with(keys()).await.unwrap();
    let probe = setting.account(keys()).probe(setting.cx()).await.unwrap();
    assert_eq!(probe.facts["webhook"]["url"], "http://127.0.0.1:9/hook");
    assert_eq!(setting.telegram.hook(), Some(("http://127.0.0.1:9/hook".to_owned(), Some("s3cret".to_owned()))));
    let mut unsaid = keys();
    unsaid.as_object_mut().unwrap().remove("webhookSecret");
    let _connected = setting.connect_with(unsaid).await.unwrap();
    let (_, secret) = setting.telegram.hook().unwrap();
    assert!(secret.is_some_and(|secret| secret.len() >= 32), "without a secret of the owner's there is one of ours");
}
