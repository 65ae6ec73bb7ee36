//! Calls to a bot's webhook.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use fakes::FakeTelegram;
use net::{Egress, Http, HttpConfig, Request};
use parking_lot::Mutex;
use serde_json::{Value, json};
use stdx::OwnedTask;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

#[derive(Debug, Default)]
struct Door {
    calls: AtomicUsize,
    seen: Mutex<Vec<(String, i64)>>,
}

/// Says no once, then yes.
async fn receive(State(door): State<Arc<Door>>, headers: HeaderMap, body: axum::body::Bytes) -> StatusCode {
    let update: Value = serde_json::from_slice(&body).unwrap_or_default();
    let secret = headers.get("x-telegram-bot-api-secret-token").and_then(|value| value.to_str().ok());
    let number = update.get("update_id").and_then(Value::as_i64).unwrap_or_default();
    door.seen.lock().push((secret.unwrap_or_default().to_owned(), number));
    if door.calls.fetch_add(1, Ordering::SeqCst) == 0 { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK }
}

#[tokio::test]
async fn a_call_is_repeated_until_the_bot_takes_it_and_the_next_waits() {
    let telegram = FakeTelegram::start().await.unwrap();
    let door = Arc::new(Door::default());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    let app = Router::new().route("/hook", post(receive)).with_state(Arc::clone(&door));
    let _serving = OwnedTask::spawn(&CancellationToken::new(), |_| async move {
        let _ended = axum::serve(listener, app).await;
    });
    telegram.user("ann").says("one");
    telegram.user("ann").says("two");
    let set = format!("{}/bot{}/setWebhook", telegram.url(), telegram.token());
    let request = Request::post(Egress::Configured, &set).json(&json!({ "url": url, "secret_token": "s" }));
    assert!(Http::new(HttpConfig::default()).send(request).await.unwrap().is_success());
    telegram.hook_answered(3).await;
    assert_eq!(telegram.hook_answers(), [503, 200, 200]);
    let seen = door.seen.lock().clone();
    let (first, second) = (seen[0].1, seen[2].1);
    let expected = [first, first, second].map(|number| ("s".to_owned(), number));
    assert_eq!((seen.as_slice(), second), (expected.as_slice(), first + 1));
    assert_eq!(telegram.unconfirmed(), 0);
}
