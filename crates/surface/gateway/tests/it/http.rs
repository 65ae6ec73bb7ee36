//! HTTP beside the WebSocket, on the same port.

use std::sync::Arc;

use async_trait::async_trait;
use gateway::{HttpRequest, HttpResponse, Route};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::house::{House, TOKEN};

/// Status, head and body of a request; `head` are further header lines.
async fn ask(house: &House, line: &str, head: &str, body: &str) -> (u16, String, String) {
    let mut stream = TcpStream::connect(house.address()).await.unwrap();
    let host = if head.contains("host:") { String::new() } else { format!("host: {}\r\n", house.address()) };
    let length = body.len();
    let request = format!("{line} HTTP/1.1\r\n{host}{head}content-length: {length}\r\nconnection: close\r\n\r\n{body}");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head[9..12].parse().unwrap(), head.to_lowercase(), body.to_owned())
}

#[tokio::test]
async fn the_page_exchanges_its_code_for_the_token_once() {
    let house = House::start().await;
    let code = house.gateway.page_code();
    let body = json!({ "code": code }).to_string();
    let (status, ..) = ask(&house, "POST /__clawdbot/exchange", "origin: https://evil.example\r\n", &body).await;
    assert_eq!(status, 403, "another page may not even try");
    let own = format!("origin: http://{}\r\n", house.address());
    let (status, head, answer) = ask(&house, "POST /__clawdbot/exchange", &own, &body).await;
    assert_eq!((status, head.contains("cache-control: no-store")), (200, true));
    assert_eq!(serde_json::from_str::<Value>(&answer).unwrap(), json!({ "token": TOKEN }));
    let (status, ..) = ask(&house, "POST /__clawdbot/exchange", &own, &body).await;
    assert_eq!(status, 403, "used already");
    let (status, _, answer) = ask(&house, "POST /__clawdbot/exchange", &own, "no json").await;
    assert_eq!(status, 400);
    assert!(serde_json::from_str::<Value>(&answer).is_ok(), "{answer}");
}

#[tokio::test]
async fn health_is_open_and_figures_are_for_this_machine_only() {
    let house = House::start().await;
    house.gateway.gauge(|out| gateway::sample(out, "runs", "Runs at work", "gauge", 3));
    assert_eq!(ask(&house, "GET /healthz", "", "").await.2, r#"{"ok":true}"#);
    let _client = house.client().await;
    let (status, _, figures) = ask(&house, "GET /metrics", "", "").await;
    assert_eq!(status, 200);
    assert!(figures.contains("\nclawdbot_gateway_connections 1\n"), "{figures}");
    assert!(figures.contains("\nclawdbot_runs 3\n"));
    assert_eq!(ask(&house, "GET /metrics", "x-forwarded-for: 203.0.113.7\r\n", "").await.0, 403);
    assert_eq!(ask(&house, "GET /metrics", "host: evil.example\r\n", "").await.0, 403);
    assert_eq!(ask(&house, "POST /metrics", "", "").await.0, 405);
}

struct Repeats;

#[async_trait]
impl Route for Repeats {
    fn body_limit(&self) -> usize {
        8 * 1024
    }

    async fn answer(&self, request: &HttpRequest) -> Option<HttpResponse> {
        (request.method == "POST").then(|| {
            HttpResponse::text(200, request.body.clone())
                .with_header("x-query", request.query.clone().unwrap_or_default())
        })
    }
}

#[tokio::test]
async fn a_mounted_route_answers_until_it_is_taken_away() {
    let house = House::start().await;
    let mounted = house.gateway.mount("/hooks/*", Arc::new(Repeats));
    let (status, head, body) = ask(&house, "POST /hooks/a?b=c", "", "hello").await;
    assert_eq!((status, body.as_str(), head.contains("x-query: b=c")), (200, "hello", true));
    assert_eq!(ask(&house, "GET /hooks/a", "", "").await.0, 404, "not its own after all");
    assert_eq!(ask(&house, "POST /hooks/a", "", &"x".repeat(8 * 1024 + 1)).await.0, 413);
    drop(mounted);
    assert_eq!(ask(&house, "POST /hooks/a", "", "hello").await.0, 404);
}
