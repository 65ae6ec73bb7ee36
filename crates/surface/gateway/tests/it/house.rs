//! A gateway on a free port, with devices on a fresh folder and methods that show what the gateway does to calls.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use client::{Client, Options};
use config::{Live, LiveSetter};
use gateway::{Access, Bind, Config, Gateway, HealthSource, Identity, Ports, SystemEvents};
use pairing::{Auth, Devices, Mode};
use parking_lot::Mutex;
use protocol::{
    Effect, Method, Order, Scope, Twin,
    connect::{ClientId, ClientMode, SessionDefaults},
    health,
};
use rpc::{Call, Methods, RpcError};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use stdx::{AbsPath, CancellationToken, Secret, SystemClock};
use tokio::sync::Notify;

pub(crate) const TOKEN: &str = "t0k";

/// A running gateway and what its tests watch.
pub(crate) struct House {
    pub(crate) gateway: Arc<Gateway>,
    pub(crate) auth: LiveSetter<Auth>,
    pub(crate) access: LiveSetter<Access>,
    pub(crate) work: Arc<Work>,
    pub(crate) reports: Arc<Reports>,
    pub(crate) folder: tempfile::TempDir,
    _cancel: CancellationToken,
}

#[derive(Debug, Default)]
pub(crate) struct Reports(pub(crate) Mutex<Vec<(String, Option<String>)>>);

impl SystemEvents for Reports {
    fn system_event(&self, text: String, context: Option<String>) {
        self.0.lock().push((text, context));
    }
}

#[derive(Debug)]
struct Healthy(AtomicU64);

#[async_trait]
impl HealthSource for Healthy {
    async fn collect(&self, _probe: bool) -> health::Snapshot {
        let store = json!({"path": "/s/sessions.json", "count": 0, "recent": []});
        let snapshot = json!({
            "ok": true, "ts": self.0.fetch_add(1, Ordering::Relaxed), "durationMs": 0, "channels": {},
            "channelOrder": [], "channelLabels": {}, "heartbeatSeconds": 0, "defaultAgentId": "main", "agents": [],
            "sessions": store,
        });
        serde_json::from_value(snapshot).unwrap()
    }
}

#[derive(Debug)]
struct Unknown;

#[async_trait]
impl HealthSource for Unknown {
    async fn collect(&self, _probe: bool) -> health::Snapshot {
        std::future::pending().await
    }
}

/// What the test methods did.
#[derive(Debug, Default)]
pub(crate) struct Work {
    pub(crate) acted: AtomicU64,
    pub(crate) log: Mutex<Vec<String>>,
    pub(crate) go_on: Notify,
    pub(crate) began: Notify,
    pub(crate) dropped: Notify,
}

macro_rules! method {
    ($name:ident, $wire:literal, $scope:expr, $effect:expr, $order:expr) => {
        pub(crate) struct $name;
        impl Method for $name {
            const NAME: &'static str = $wire;
            const SCOPE: Scope = $scope;
            const EFFECT: Effect = $effect;
            type Params = Params;
            type Reply = Value;
            fn order(params: &Params) -> Order {
                let order: fn(&Params) -> Order = $order;
                order(params)
            }
        }
    };
}

#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct Params {
    pub(crate) text: String,
    pub(crate) session: Option<String>,
    pub(crate) idempotency_key: Option<String>,
}

method!(Echo, "test.echo", Scope::Read, Effect::Free, |_| Order::Free);
method!(Write, "test.write", Scope::Write, Effect::Free, |_| Order::Free);
method!(Panics, "test.panic", Scope::Read, Effect::Free, |_| Order::Free);
method!(Hang, "test.hang", Scope::Read, Effect::Free, |_| Order::Free);
method!(ForNodes, "test.node", Scope::Node, Effect::Free, |_| Order::Free);
method!(Once, "test.once", Scope::Read, Effect::Once(Twin::Wait), |_| Order::Free);
method!(Twice, "test.twice", Scope::Read, Effect::Once(Twin::Stored), |_| Order::Free);
method!(Session, "test.session", Scope::Read, Effect::Free, |params| {
    Order::Session(params.session.clone().unwrap_or_default().parse().unwrap())
});

async fn echo(_: Arc<Work>, _: Call, params: Params) -> Result<Value, RpcError> {
    Ok(json!({ "text": params.text }))
}

async fn panics(_: Arc<Work>, _: Call, params: Params) -> Result<Value, RpcError> {
    panic!("{}", params.text)
}

struct TellsOfDrop(Arc<Work>);

impl Drop for TellsOfDrop {
    fn drop(&mut self) {
        self.0.dropped.notify_one();
    }
}

async fn hang(work: Arc<Work>, _: Call, _: Params) -> Result<Value, RpcError> {
    let _tells = TellsOfDrop(Arc::clone(&work));
    work.began.notify_one();
    std::future::pending().await
}

async fn once(work: Arc<Work>, _: Call, _: Params) -> Result<Value, RpcError> {
    let acted = work.acted.fetch_add(1, Ordering::SeqCst) + 1;
    work.began.notify_one();
    work.go_on.notified().await;
    Ok(json!({ "acted": acted }))
}

async fn twice(work: Arc<Work>, call: Call, _: Params) -> Result<Value, RpcError> {
    let acted = work.acted.fetch_add(1, Ordering::SeqCst) + 1;
    call.accepted(&json!({ "status": "accepted", "acted": acted }));
    work.go_on.notified().await;
    Ok(json!({ "status": "ok", "acted": acted }))
}

/// The first of a session waits to be told to go on; all write down when they end.
async fn session(work: Arc<Work>, _: Call, params: Params) -> Result<Value, RpcError> {
    if params.text == "slow" {
        work.began.notify_one();
        work.go_on.notified().await;
    }
    work.log.lock().push(format!("{} {}", params.session.unwrap_or_default(), params.text));
    Ok(json!({}))
}

impl House {
    pub(crate) async fn start() -> Self {
        Self::with(|_| ()).await
    }

    pub(crate) async fn with(change: impl FnOnce(&mut Config)) -> Self {
        Self::build(change, Arc::new(Healthy(AtomicU64::new(1))))
    }

    /// One that says nothing by itself: health is never known.
    pub(crate) fn silent() -> Self {
        Self::build(|_| (), Arc::new(Unknown))
    }

    fn build(change: impl FnOnce(&mut Config), health: Arc<dyn HealthSource>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let state_dir = AbsPath::new(folder.path()).unwrap();
        let clock = Arc::new(SystemClock);
        let identity = Identity {
            version: "1.2.3".into(),
            host: "mybox".into(),
            platform: "linux".into(),
            config_path: Some("/c/clawdbot.json".into()),
            ..Identity::default()
        };
        let defaults: SessionDefaults = serde_json::from_value(json!({
            "defaultAgentId": "main", "mainKey": "main", "mainSessionKey": "agent:main:main", "scope": "per-sender",
        }))
        .unwrap();
        let (access, live_access) = Live::new(Access::default());
        let mut config = Config::loopback(0, identity, Live::fixed(defaults));
        config.access = live_access;
        config.page_token = Some(TOKEN.into());
        change(&mut config);
        let (reports, cancel) = (Arc::<Reports>::default(), CancellationToken::new());
        let ports = Ports {
            clock: Arc::clone(&clock) as Arc<dyn stdx::Clock>,
            health,
            system_events: Arc::clone(&reports) as Arc<dyn SystemEvents>,
        };
        let gateway = Arc::new(Gateway::bind(config, ports, &cancel).unwrap());
        let token = Auth { mode: Mode::Token(Some(Secret::from(TOKEN))), allow_insecure_page: false };
        let (auth, live_auth) = Live::new(token);
        let devices = Devices::open(&state_dir, live_auth, clock, gateway.events());
        let work = Arc::<Work>::default();
        let methods = Methods::default()
            .on::<Echo, _, _, _>(&work, echo)
            .on::<Write, _, _, _>(&work, echo)
            .on::<ForNodes, _, _, _>(&work, echo)
            .on::<Panics, _, _, _>(&work, panics)
            .on::<Hang, _, _, _>(&work, hang)
            .on::<Once, _, _, _>(&work, once)
            .on::<Twice, _, _, _>(&work, twice)
            .on::<Session, _, _, _>(&work, session)
            .merge(gateway.methods())
            .unwrap()
            .merge(devices.methods())
            .unwrap();
        gateway.serve(methods, devices);
        Self { gateway, auth, access, work, reports, folder, _cancel: cancel }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.gateway.addresses()[0]
    }

    pub(crate) fn url(&self) -> String {
        format!("ws://{}", self.address())
    }

    /// A program with the shared token.
    pub(crate) fn options(&self) -> Options {
        Options::new(self.url(), ClientId::GatewayClient, ClientMode::Backend, "0.0.1").unwrap().token(TOKEN)
    }

    pub(crate) async fn client(&self) -> Client {
        Client::connect(&self.options()).await.unwrap()
    }

    pub(crate) async fn until_alone(&self) {
        while self.gateway.connections() > 0 {
            tokio::task::yield_now().await;
        }
    }
}

/// A call by name with params as JSON; an error is its message.
pub(crate) async fn call(client: &Client, method: &str, params: Value) -> Result<Value, String> {
    let params = serde_json::value::to_raw_value(&params).unwrap();
    match tokio::time::timeout(Duration::from_secs(20), client.call_raw(method, Some(params))).await.unwrap() {
        Ok(answer) => Ok(serde_json::from_str(answer.payload.get()).unwrap()),
        Err(error) => Err(error.to_string()),
    }
}

/// For a gateway that is never served.
pub(crate) fn ports() -> Ports {
    Ports {
        clock: Arc::new(SystemClock),
        health: Arc::new(Healthy(AtomicU64::new(1))),
        system_events: Arc::<Reports>::default(),
    }
}

/// Listens on every address, or on those the test wants.
pub(crate) fn on(bind: Bind) -> impl FnOnce(&mut Config) {
    move |config| config.bind = bind
}
