//! The fake's own commands over HTTP.

use fakes::FakeTelegram;
use net::{Egress, Http, HttpConfig, Request};
use serde_json::{Value, json};

async fn ask(telegram: &FakeTelegram, path: &str, body: &Value) -> (u16, Value) {
    let url = format!("{}/{path}", telegram.url());
    let response = Http::new(HttpConfig::default()).send(Request::post(Egress::Configured, &url).json(body)).await;
    let response = response.unwrap();
    (response.status(), response.json(1 << 20).await.unwrap())
}

#[tokio::test]
async fn people_can_write_read_the_log_and_order_faults_over_http() {
    let telegram = FakeTelegram::start().await.unwrap();
    let (_, said) = ask(&telegram, "__say", &json!({ "user": "ann", "text": "hi" })).await;
    let token = telegram.token();
    let (_, updates) = ask(&telegram, &format!("bot{token}/getUpdates"), &json!({})).await;
    assert_eq!(updates["result"][0]["message"]["text"], json!("hi"));
    let send = format!("bot{token}/sendMessage");
    let message = json!({ "chat_id": said["chat"], "text": "hello" });
    ask(&telegram, "__fault", &json!({ "method": "sendMessage", "fault": "429", "seconds": 3 })).await;
    let (status, refused) = ask(&telegram, &send, &message).await;
    assert_eq!((status, &refused["parameters"]), (429, &json!({ "retry_after": 3 })));
    assert_eq!(ask(&telegram, &send, &message).await.0, 200);
    let (_, log) = ask(&telegram, "__log", &json!({})).await;
    assert_eq!((log.as_array().unwrap().len(), &log[0]["text"]), (1, &json!("hello")));
    assert_eq!(ask(&telegram, "__sing", &json!({})).await.0, 400);
}

#[tokio::test]
async fn what_telegram_refuses_is_refused_with_its_words() {
    let telegram = FakeTelegram::start().await.unwrap();
    let chat = telegram.user("ann").chat();
    let send = format!("bot{}/sendMessage", telegram.token());
    let long = "a".repeat(4097);
    for (message, refusal) in [
        (json!({ "chat_id": 5, "text": "x" }), "Bad Request: chat not found"),
        (json!({ "chat_id": chat, "text": " " }), "Bad Request: message text is empty"),
        (json!({ "chat_id": chat, "text": long }), "Bad Request: message is too long"),
    ] {
        let (status, answer) = ask(&telegram, &send, &message).await;
        assert_eq!((status, &answer["description"]), (400, &json!(refusal)));
    }
    assert_eq!(ask(&telegram, "bot1:x/getMe", &json!({})).await.0, 401);
    assert_eq!(telegram.log(), []);
}
