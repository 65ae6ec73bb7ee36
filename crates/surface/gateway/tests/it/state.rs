//! Presence, health, ticks, and the end.

use std::time::Duration;

use protocol::{Delivery, Event, Scope};
use serde_json::{Value, json};

use crate::house::{House, call};

fn parsed(event: &client::Event) -> Value {
    serde_json::from_str(event.payload.get()).unwrap()
}

#[tokio::test]
async fn health_follows_a_connect_and_presence_follows_who_comes_and_goes() {
    let house = House::start().await;
    let client = house.client().await;
    let mut events = client.events();
    let health = events.named("health").await.unwrap();
    assert_eq!(parsed(&health)["ok"], true);
    assert!(health.state_version.is_some());
    let mut options = house.options();
    options.client.display_name = Some("pixel".to_owned().try_into().unwrap());
    let other = client::Client::connect(&options).await.unwrap();
    let shows = |event: &client::Event, reason: &str| {
        let payload = parsed(event);
        payload["presence"]
            .as_array()
            .unwrap()
            .iter()
            .any(|entry| entry["host"] == "pixel" && entry["reason"] == reason)
    };
    while !shows(&events.named("presence").await.unwrap(), "connect") {}
    other.close().await;
    while !shows(&events.named("presence").await.unwrap(), "disconnect") {}
    let listed = call(&client, "system-presence", json!({})).await.unwrap();
    assert_eq!(listed.as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn a_report_is_shown_and_passed_on() {
    let house = House::start().await;
    let client = house.client().await;
    assert_eq!(call(&client, "system-event", json!({})).await.unwrap_err(), "text required");
    let beacon = json!({"text": "Node: box (10.0.0.9) · app 1", "host": "box", "ip": "10.0.0.9", "version": "1",
        "instanceId": "i", "reason": "launch"});
    assert_eq!(call(&client, "system-event", beacon.clone()).await, Ok(json!({"ok": true})));
    call(&client, "system-event", beacon).await.unwrap();
    call(&client, "system-event", json!({"text": "a note"})).await.unwrap();
    let reports = house.reports.0.lock().clone();
    let expected = [
        ("Node: box (10.0.0.9) · app 1 · reason launch".to_owned(), Some("presence:i".to_owned())),
        ("a note".to_owned(), None),
    ];
    assert_eq!(reports, expected);
}

#[tokio::test]
async fn health_is_answered_from_memory_unless_a_probe_is_asked_for() {
    let house = House::start().await;
    let client = house.client().await;
    let mut events = client.events();
    events.named("health").await.unwrap();
    let first = call(&client, "health", json!({})).await.unwrap();
    let probed = call(&client, "health", json!({"probe": true})).await.unwrap();
    assert!(probed["ts"].as_u64() > first["ts"].as_u64());
}

struct Secret;

impl Event for Secret {
    const NAME: &'static str = "test.secret";
    const SCOPE: Option<Scope> = Some(Scope::Approvals);
    const DELIVERY: Delivery = Delivery::Keep;
    type Payload = Value;
}

struct Public;

impl Event for Public {
    const NAME: &'static str = "test.public";
    type Payload = Value;
}

#[tokio::test]
async fn an_event_with_a_scope_is_seen_only_by_who_has_it_and_counted_by_all() {
    let house = House::start().await;
    let admin = house.client().await;
    let reader = client::Client::connect(&house.options().scopes(&["operator.read"])).await.unwrap();
    let (mut all, mut some) = (admin.events(), reader.events());
    house.gateway.events().publish::<Public>(&json!({"n": 0}));
    house.gateway.events().publish::<Secret>(&json!({"n": 1}));
    house.gateway.events().publish::<Public>(&json!({"n": 2}));
    assert!(all.named("test.public").await.is_some() && some.named("test.public").await.is_some());
    let (secret, public) = (all.named("test.secret").await.unwrap(), all.named("test.public").await.unwrap());
    assert!(public.seq > secret.seq);
    let mut seen = Vec::new();
    loop {
        let event = some.next().await.unwrap();
        seen.push(event.name.to_string());
        if &*event.name == "test.public" {
            assert_eq!(event.seq, public.seq, "one number for all");
            assert_eq!((event.missed, public.missed), (1, 0), "who may not hear one sees that it was there");
            break;
        }
    }
    assert!(!seen.contains(&"test.secret".to_owned()));
}

#[tokio::test]
async fn a_shutdown_is_announced_and_then_every_socket_is_closed() {
    let house = House::start().await;
    let client = house.client().await;
    let mut events = client.events();
    house.gateway.announce_shutdown("gateway stopping", None);
    let shutdown = events.named("shutdown").await.unwrap();
    assert_eq!(shutdown.payload.get(), r#"{"reason":"gateway stopping","restartExpectedMs":null}"#);
    assert!(client::Client::connect(&house.options()).await.is_err(), "nobody is let in any more");
    assert!(call(&client, "test.echo", json!({})).await.is_ok(), "those who are in may finish");
    house.gateway.close_all(Duration::from_secs(5)).await;
    let closed = client.closed().await;
    assert_eq!((closed.code, closed.reason.as_str()), (Some(1012), "service restart"));
}

#[tokio::test]
async fn the_gateway_says_again_and_again_that_it_is_alive() {
    let house = House::with(|config| config.tick = Duration::from_millis(20)).await;
    let client = house.client().await;
    let mut events = client.events();
    let first = parsed(&events.named("tick").await.unwrap())["ts"].as_u64().unwrap();
    let second = parsed(&events.named("tick").await.unwrap())["ts"].as_u64().unwrap();
    assert!(second > first, "{second} after {first}");
}
