//! Many clients, and slow ones.

use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use protocol::{Delivery, Event};
use serde_json::{Value, json};
use tokio_tungstenite::{connect_async, tungstenite::Message};

use crate::house::{House, TOKEN, call};

struct Loud;

impl Event for Loud {
    const NAME: &'static str = "test.loud";
    type Payload = Value;
}

struct Quiet;

impl Event for Quiet {
    const NAME: &'static str = "test.quiet";
    const DELIVERY: Delivery = Delivery::Droppable;
    type Payload = Value;
}

type Raw = tokio_tungstenite::WebSocketStream<tokio_tungstenite::MaybeTlsStream<tokio::net::TcpStream>>;

/// A client that reads only when told.
async fn reader(house: &House) -> Raw {
    let (mut socket, _) = connect_async(house.url()).await.unwrap();
    let params = json!({
        "minProtocol": 3, "maxProtocol": 3, "auth": {"token": TOKEN},
        "client": {"id": "test", "version": "1", "platform": "x", "mode": "cli"},
    });
    let frame = json!({"type": "req", "id": "1", "method": "connect", "params": params});
    socket.send(Message::text(frame.to_string())).await.unwrap();
    loop {
        if socket.next().await.unwrap().unwrap().to_text().unwrap().contains("hello-ok") {
            return socket;
        }
    }
}

fn payload() -> Value {
    json!({ "text": "x".repeat(256 * 1024) })
}

#[tokio::test]
async fn a_reader_that_falls_behind_is_closed_and_others_hear_everything() {
    let house = House::start().await;
    let mut slow = reader(&house).await;
    let good = house.client().await;
    let mut events = good.events();
    for number in 0..64 {
        house.gateway.events().publish::<Loud>(&payload());
        assert!(events.named("test.loud").await.is_some(), "{number}");
    }
    let mut heard = 0;
    let closed = loop {
        match slow.next().await {
            Some(Ok(Message::Text(_))) => heard += 1,
            Some(Ok(Message::Close(frame))) => {
                break frame.map(|frame| (u16::from(frame.code), frame.reason.to_string()));
            }
            Some(Ok(_)) => {}
            Some(Err(error)) => panic!("{error}"),
            None => panic!("no close frame"),
        }
    };
    assert_eq!(closed, Some((1008, "slow consumer".to_owned())));
    assert!(heard < 64, "{heard}");
}

#[tokio::test]
async fn what_may_be_lost_is_skipped_for_a_slow_reader_that_stays() {
    let house = House::silent();
    let mut slow = reader(&house).await;
    for _ in 0..64 {
        house.gateway.events().publish::<Quiet>(&payload());
        tokio::task::yield_now().await;
    }
    slow.send(Message::text(r#"{"type":"req","id":"last","method":"test.echo","params":{}}"#)).await.unwrap();
    let mut heard = 0;
    loop {
        let message = slow.next().await.unwrap().unwrap();
        let text = message.to_text().unwrap();
        heard += usize::from(text.contains("test.quiet"));
        if text.contains(r#""id":"last""#) {
            break;
        }
    }
    assert!((1..64).contains(&heard), "{heard}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_clients_come_and_go_one_after_the_other() {
    let house = House::start().await;
    let mut options = house.options();
    options.client.mode = protocol::connect::ClientMode::Cli;
    for number in 0..10_000 {
        let client = client::Client::connect(&options).await.unwrap();
        if number % 1_000 == 0 {
            assert!(call(&client, "test.echo", json!({})).await.is_ok());
        }
        client.close().await;
    }
    tokio::time::timeout(Duration::from_secs(10), house.until_alone()).await.unwrap();
}

#[tokio::test]
async fn those_who_do_not_shake_hands_leave_room_for_nobody_else_beyond_their_bound() {
    let house = House::start().await;
    let mut waiting = Vec::new();
    for _ in 0..512 {
        waiting.push(connect_async(house.url()).await.unwrap());
    }
    let refused = connect_async(house.url()).await.unwrap_err();
    assert!(refused.to_string().contains("503"), "{refused}");
    drop(waiting.pop());
    loop {
        if connect_async(house.url()).await.is_ok() {
            break;
        }
        tokio::task::yield_now().await;
    }
}
