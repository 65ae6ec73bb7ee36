//! The player's own part: it waits for what a step depends on, signs what it sends, and sees how it ends.

use std::net::SocketAddr;

use foreign::{Bindings, Deviations, Finding, Forms, Gateway, Story, replay};
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use stdx::{CancellationToken, OwnedTask, SystemClock};
use tokio::net::TcpListener;
use tokio_tungstenite::{
    accept_async,
    tungstenite::{
        Message,
        protocol::{CloseFrame, frame::coding::CloseCode},
    },
};

/// Greets, answers one request with what it was asked, and closes with a reason.
struct Parrot {
    address: SocketAddr,
    _server: OwnedTask,
}

impl Parrot {
    async fn start(reason: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = OwnedTask::spawn(&CancellationToken::new(), |_| async move {
            let (socket, _) = listener.accept().await.unwrap();
            let mut socket = accept_async(socket).await.unwrap();
            let challenge =
                json!({ "type": "event", "event": "connect.challenge", "payload": { "nonce": "n0", "ts": 1 } });
            socket.send(Message::text(challenge.to_string())).await.unwrap();
            let request: Value =
                serde_json::from_str(&socket.next().await.unwrap().unwrap().into_text().unwrap()).unwrap();
            let answer = json!({ "type": "res", "id": request["id"], "ok": true, "payload": request["params"] });
            socket.send(Message::text(answer.to_string())).await.unwrap();
            socket.close(Some(CloseFrame { code: CloseCode::Policy, reason: reason.into() })).await.unwrap();
            while let Some(Ok(_)) = socket.next().await {}
        });
        Self { address, _server: server }
    }
}

impl Gateway for Parrot {
    fn address(&self) -> SocketAddr {
        self.address
    }

    fn facts(&self) -> Bindings {
        let mut facts = Bindings::default();
        facts.bind("token", "secret");
        facts
    }

    fn stop(&self) {}
}

async fn told(reason: &'static str) -> Vec<Finding> {
    let lines = [
        json!({ "story": "a parrot", "gateway": "token" }),
        json!({ "conn": "A", "open": {} }),
        json!({ "conn": "A", "recv": { "type": "event", "event": "connect.challenge", "payload": { "nonce": "<text>", "ts": "<int>" } } }),
        json!({ "conn": "A", "send": { "type": "req", "id": "r1", "method": "connect",
            "params": { "auth": { "token": "<token>" }, "key": "<id:1>", "device": { "sign": "1", "how": "v2" } } } }),
        json!({ "conn": "A", "recv": { "type": "res", "id": "r1", "ok": true,
            "payload": { "auth": { "token": "secret" }, "key": "<id:1>", "device": { "id": "<device:1>",
                "publicKey": "<key:1>", "signature": "<text>", "signedAt": "<int>", "nonce": "n0" } } } }),
        json!({ "conn": "A", "close": { "code": 1008, "reason": "bye" } }),
    ];
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("parrot.jsonl");
    std::fs::write(&path, lines.map(|line| line.to_string()).join("\n")).unwrap();
    let story = Story::read(&path).unwrap();
    let parrot = Parrot::start(reason).await;
    replay(&story, &parrot, &SystemClock, (&Forms::default(), &Deviations::default())).await.unwrap()
}

#[tokio::test]
async fn a_story_that_comes_true_over_a_socket_has_no_finding() {
    assert_eq!(told("bye").await, []);
}

#[tokio::test]
async fn another_reason_for_closing_is_found() {
    let findings: Vec<String> = told("go away").await.iter().map(ToString::to_string).collect();
    assert_eq!(findings, [r#"parrot: `close` `/reason` other: recorded "bye", came "go away""#]);
}
