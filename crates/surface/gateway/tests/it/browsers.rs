//! Which pages may reach the socket, and where it may be bound.

use std::net::Ipv4Addr;

use gateway::{Access, Bind, Config, Gateway, Identity};
use tokio_tungstenite::{
    connect_async,
    tungstenite::{self, client::IntoClientRequest as _},
};

use crate::house::{House, on};

async fn status(house: &House, origin: &str, host: &str) -> u16 {
    let mut request = house.url().into_client_request().unwrap();
    request.headers_mut().insert("origin", origin.parse().unwrap());
    request.headers_mut().insert("host", host.parse().unwrap());
    match connect_async(request).await {
        Ok(_) => 101,
        Err(tungstenite::Error::Http(response)) => response.status().as_u16(),
        Err(error) => panic!("{error}"),
    }
}

#[tokio::test]
async fn a_foreign_page_cannot_reach_the_socket() {
    let house = House::start().await;
    let port = house.address().port();
    let own = format!("127.0.0.1:{port}");
    assert_eq!(status(&house, &format!("http://{own}"), &own).await, 101);
    assert_eq!(status(&house, "http://localhost:5173", &own).await, 101);
    assert_eq!(status(&house, "https://evil.example", &own).await, 403);
    let rebound = format!("evil.example:{port}");
    assert_eq!(status(&house, &format!("http://{rebound}"), &rebound).await, 403, "its name points here");
    house.access.set(Access { allowed_origins: vec!["https://chat.example.org".into()], ..Access::default() });
    assert_eq!(status(&house, "https://chat.example.org", &own).await, 101);
}

#[tokio::test]
async fn a_bind_that_others_can_reach_needs_authentication() {
    for bind in [Bind::Lan, Bind::Address(Ipv4Addr::new(192, 0, 2, 1).into())] {
        let defaults = serde_json::from_value(serde_json::json!({
            "defaultAgentId": "main", "mainKey": "main", "mainSessionKey": "agent:main:main",
        }));
        let defaults = config::Live::fixed(defaults.unwrap());
        let config = Config { bind, has_auth: false, ..Config::loopback(0, Identity::default(), defaults) };
        let ports = crate::house::ports();
        let refused = Gateway::bind(config, ports, &stdx::CancellationToken::new()).unwrap_err();
        assert!(refused.to_string().contains("without authentication: set gateway.auth.token"), "{refused}");
    }
    let house = House::with(on(Bind::Lan)).await;
    assert!(house.address().ip().is_unspecified());
}

#[tokio::test]
async fn loopback_is_both_addresses_on_one_port_and_a_taken_port_is_said() {
    let house = House::start().await;
    let addresses = house.gateway.addresses();
    assert!(addresses.iter().all(|address| address.ip().is_loopback() && address.port() == house.gateway.port()));
    let has_six = std::net::TcpListener::bind("[::1]:0").is_ok();
    assert_eq!(addresses.len(), if has_six { 2 } else { 1 });
    let defaults = serde_json::from_value(serde_json::json!({
        "defaultAgentId": "main", "mainKey": "main", "mainSessionKey": "agent:main:main",
    }));
    let config = Config::loopback(house.gateway.port(), Identity::default(), config::Live::fixed(defaults.unwrap()));
    let taken = Gateway::bind(config, crate::house::ports(), &stdx::CancellationToken::new()).unwrap_err();
    assert!(taken.to_string().contains("is taken"), "{taken}");
}
