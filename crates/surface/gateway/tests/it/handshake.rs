//! Who is let in, and what the others are told: every refusal as recorded from 2026.1.24.

use std::sync::Arc;

use client::{Client, ConnectError, DeviceTokens, Identity, Options};
use futures_util::{SinkExt as _, StreamExt as _};
use pairing::{Auth, Mode};
use protocol::{
    Role,
    connect::{ClientId, ClientMode},
};
use serde_json::{Value, json};
use stdx::{AbsPath, OsEntropy};
use tokio_tungstenite::{connect_async, tungstenite::Message};

use crate::house::{House, TOKEN, call};

/// What came back until the socket closed: frames, then the close code and reason.
async fn talk(house: &House, frames: &[Message]) -> (Vec<Value>, u16, String) {
    let (mut socket, _) = connect_async(house.url()).await.unwrap();
    let challenge = socket.next().await.unwrap().unwrap();
    assert!(
        challenge.to_text().unwrap().starts_with(r#"{"type":"event","event":"connect.challenge","payload":{"nonce""#)
    );
    for frame in frames {
        socket.send(frame.clone()).await.unwrap();
    }
    let mut received = Vec::new();
    loop {
        match socket.next().await.unwrap().unwrap() {
            Message::Text(text) => received.push(serde_json::from_str(&text).unwrap()),
            Message::Close(Some(frame)) => return (received, frame.code.into(), frame.reason.to_string()),
            Message::Close(None) => return (received, 1005, String::new()),
            _ => {}
        }
    }
}

fn connect(change: impl Fn(&mut Value)) -> Message {
    let mut params = json!({
        "minProtocol": 3, "maxProtocol": 3,
        "client": {"id": "gateway-client", "version": "0.0.1", "platform": "linux", "mode": "backend"},
        "role": "operator", "scopes": ["operator.admin"], "caps": [], "auth": {"token": TOKEN},
    });
    change(&mut params);
    Message::text(json!({"type": "req", "id": "r1", "method": "connect", "params": params}).to_string())
}

/// What one row does to good params.
type Change = Box<dyn Fn(&mut Value)>;

fn refusal(code: &str, message: &str) -> Value {
    json!({"type": "res", "id": "r1", "ok": false, "error": {"code": code, "message": message}})
}

#[tokio::test]
async fn a_first_frame_that_is_no_connect_is_refused_by_its_form() {
    let house = House::start().await;
    assert_eq!(talk(&house, &[Message::text("hello")]).await, (vec![], 1000, String::new()));
    let no_frame = talk(&house, &[Message::text(r#"{"hello":1}"#)]).await;
    assert_eq!(no_frame, (vec![], 1008, "invalid request frame".into()));
    let health = json!({"type": "req", "id": "r1", "method": "health", "params": {}}).to_string();
    let text = "invalid handshake: first request must be connect";
    let first = talk(&house, &[Message::text(health)]).await;
    assert_eq!(first, (vec![refusal("INVALID_REQUEST", text)], 1008, text.into()));
}

#[tokio::test]
async fn connect_params_are_refused_with_every_problem_and_a_reason_cut_to_fit() {
    let house = House::start().await;
    let bad = connect(|params| {
        params["client"]["id"] = json!("nope");
        params["bogus"] = json!(1);
    });
    let text = "invalid connect params: at root: unexpected property 'bogus'; at /client/id: must be equal to \
                constant; at /client/id: must match a schema in anyOf";
    let (frames, code, reason) = talk(&house, &[bad]).await;
    assert_eq!((frames, code), (vec![refusal("INVALID_REQUEST", text)], 1008));
    assert_eq!(reason, text[..120]);
}

#[tokio::test]
async fn protocol_role_and_secrets_are_refused_in_the_published_words() {
    let house = House::start().await;
    let mismatch = connect(|params| (params["minProtocol"], params["maxProtocol"]) = (json!(2), json!(2)));
    let mut expected = refusal("INVALID_REQUEST", "protocol mismatch");
    expected["error"]["details"] = json!({"expectedProtocol": 3});
    assert_eq!(talk(&house, &[mismatch]).await, (vec![expected], 1002, "protocol mismatch".into()));

    let wrong = "unauthorized: gateway token mismatch (provide gateway auth token)";
    let insecure = "control ui requires HTTPS or localhost (secure context)";
    let table: [(Change, &str, &str); 4] = [
        (Box::new(|params| params["role"] = json!("admin")), "INVALID_REQUEST", "invalid role"),
        (Box::new(|params| params["auth"] = json!({"token": "wrong"})), "INVALID_REQUEST", wrong),
        (
            Box::new(|params| drop(params.as_object_mut().unwrap().remove("auth"))),
            "NOT_PAIRED",
            "device identity required",
        ),
        (
            Box::new(|params| {
                params["client"]["id"] = json!("clawdbot-control-ui");
                params["client"]["mode"] = json!("webchat");
            }),
            "INVALID_REQUEST",
            insecure,
        ),
    ];
    for (change, code, text) in table {
        let told = talk(&house, &[connect(change)]).await;
        assert_eq!(told, (vec![refusal(code, text)], 1008, text.into()));
    }
}

#[tokio::test]
async fn a_password_alone_is_not_enough_without_a_device() {
    let house = House::start().await;
    house.auth.set(Auth { mode: Mode::Password(Some("pw0rd".into())), allow_insecure_page: false });
    let told = talk(&house, &[connect(|params| params["auth"] = json!({"password": "pw0rd"}))]).await;
    assert_eq!(told.0, [refusal("NOT_PAIRED", "device identity required")]);
    let identity = Arc::new(Identity::generate(&OsEntropy));
    let mut options = house.options().identity(identity).password("pw0rd");
    options.credentials.token = None;
    Client::connect(&options).await.unwrap();
    options.credentials.password = Some("nope".into());
    let refused = Client::connect(&options).await.unwrap_err();
    assert_eq!(refused.to_string(), "unauthorized: gateway password mismatch (provide gateway auth password)");
}

#[tokio::test]
async fn a_client_that_says_nothing_is_closed_when_its_time_is_over() {
    let house = House::with(|config| config.handshake_timeout = std::time::Duration::from_millis(50)).await;
    assert_eq!(talk(&house, &[]).await, (vec![], 1000, String::new()));
}

#[tokio::test]
async fn binary_frames_and_any_path_are_accepted() {
    let house = House::start().await;
    let (mut socket, _) = connect_async(format!("{}/any/path?x=1", house.url())).await.unwrap();
    let Message::Text(text) = connect(|_| ()) else { panic!("text") };
    socket.send(Message::binary(text.as_str().as_bytes().to_vec())).await.unwrap();
    drop(socket.next().await);
    let hello: Value = serde_json::from_str(socket.next().await.unwrap().unwrap().to_text().unwrap()).unwrap();
    assert_eq!(hello["payload"]["type"], "hello-ok");
    let policy = json!({"maxPayload": 524_288, "maxBufferedBytes": 1_572_864, "tickIntervalMs": 30_000});
    assert_eq!(hello["payload"]["policy"], policy);
    assert_eq!(hello["payload"]["snapshot"]["sessionDefaults"]["mainSessionKey"], "agent:main:main");
    assert_eq!(hello["payload"]["snapshot"]["presence"][0]["mode"], "gateway");
    assert_eq!(hello["payload"]["snapshot"]["presence"][1]["text"], "Node: gateway-client · mode backend");
    assert!(hello["payload"].get("auth").is_none(), "no device, no token");
}

#[tokio::test]
async fn a_local_device_is_paired_silently_and_then_comes_with_its_own_token() {
    let house = House::start().await;
    let state_dir = AbsPath::new(house.folder.path().join("client")).unwrap();
    let identity = Arc::new(Identity::generate(&OsEntropy));
    let tokens = DeviceTokens::new(&state_dir);
    let options = house.options().identity(Arc::clone(&identity)).tokens(tokens.clone()).scopes(&["operator.admin"]);
    let watcher = house.client().await;
    let mut events = watcher.events();
    let first = Client::connect(&options).await.unwrap();
    let grant = first.hello().auth.clone().unwrap();
    assert_eq!(grant.device_token.len(), 32);
    let resolved = events.named("device.pair.resolved").await.unwrap();
    assert!(resolved.payload.get().contains(r#""decision":"approved""#));

    let mut without_secret = options.clone();
    without_secret.credentials.token = None;
    let second = Client::connect(&without_secret).await.unwrap();
    assert_eq!(second.hello().auth.as_ref().unwrap().device_token, grant.device_token);

    let revoked = call(&watcher, "device.token.revoke", json!({"deviceId": identity.id(), "role": "operator"})).await;
    assert!(revoked.unwrap()["revokedAtMs"].as_u64().unwrap() > 0);
    let refused = Client::connect(&without_secret).await.unwrap_err();
    assert!(refused.to_string().starts_with("unauthorized: gateway token mismatch"), "{refused}");
    assert_eq!(tokens.get(identity.id(), Role::Operator), None, "a refused token is forgotten");
    let third = Client::connect(&options).await.unwrap();
    assert_ne!(third.hello().auth.as_ref().unwrap().device_token, grant.device_token);

    let stored = std::fs::read_to_string(house.folder.path().join("devices/paired.json")).unwrap();
    let stored: Value = serde_json::from_str(&stored).unwrap();
    assert_eq!(stored[identity.id()]["roles"], json!(["operator"]));
}

/// A device that comes through a proxy we do not know, so from afar.
fn from_afar(house: &House, identity: &Arc<Identity>) -> Options {
    let mut options = house.options().identity(Arc::clone(identity)).header("x-forwarded-for", "203.0.113.7");
    options.client.id = ClientId::ClawdbotAndroid;
    options.client.mode = ClientMode::Ui;
    options.scopes(&["operator.read", "operator.write"])
}

#[tokio::test]
async fn a_device_from_afar_waits_for_the_owner() {
    let house = House::start().await;
    let owner = house.client().await;
    let mut events = owner.events();
    let options = from_afar(&house, &Arc::new(Identity::generate(&OsEntropy)));
    let refused = Client::connect(&options).await.unwrap_err();
    let ConnectError::Refused { error, closed } = refused else { panic!("refused") };
    assert_eq!((error.message.as_ref(), closed.unwrap().code), ("pairing required", Some(1008)));
    let asked: Value =
        serde_json::from_str(events.named("device.pair.requested").await.unwrap().payload.get()).unwrap();
    assert_eq!(
        (&asked["clientId"], &asked["silent"], &asked["isRepair"]),
        (&json!("clawdbot-android"), &json!(false), &json!(false))
    );
    let details: Value = serde_json::from_str(error.details.unwrap().get()).unwrap();
    assert_eq!(details, json!({"requestId": asked["requestId"]}));

    let again = Client::connect(&options).await.unwrap_err();
    let ConnectError::Refused { error, .. } = again else { panic!("refused") };
    assert!(error.details.unwrap().get().contains(asked["requestId"].as_str().unwrap()), "the same request");

    let listed = call(&owner, "device.pair.list", json!({})).await.unwrap();
    assert_eq!(listed["pending"].as_array().unwrap().len(), 1);
    let approve = json!({"requestId": asked["requestId"]});
    let approved = call(&owner, "device.pair.approve", approve.clone()).await.unwrap();
    assert_eq!(approved["device"]["tokens"][0]["scopes"], json!(["operator.read", "operator.write"]));
    assert_eq!(call(&owner, "device.pair.approve", approve).await.unwrap_err(), "unknown requestId");

    let device = Client::connect(&options).await.unwrap();
    assert_eq!(call(&device, "test.write", json!({"text": "hi"})).await.unwrap(), json!({"text": "hi"}));
    let more = Client::connect(&options.clone().scopes(&["operator.admin"])).await.unwrap_err();
    assert_eq!(more.to_string(), "pairing required", "more scopes need the owner again");
}

#[tokio::test]
async fn a_device_from_afar_must_sign_our_challenge() {
    let house = House::start().await;
    let mut options = from_afar(&house, &Arc::new(Identity::generate(&OsEntropy)));
    options.challenge_wait = std::time::Duration::ZERO;
    let refused = Client::connect(&options).await.unwrap_err();
    assert_eq!(refused.to_string(), "device nonce required");
}

#[tokio::test]
async fn without_any_secret_a_proxy_nobody_trusts_is_refused() {
    let house = House::start().await;
    house.auth.set(Auth::default());
    let options = house.options().header("x-forwarded-for", "203.0.113.7");
    let refused = Client::connect(&options).await.unwrap_err();
    assert_eq!(refused.to_string(), "gateway auth required behind reverse proxy");
    Client::connect(&house.options()).await.unwrap();
}
