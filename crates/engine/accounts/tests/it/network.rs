//! A network in memory: what it does next is what the test said, and what it was told is there to read.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use accounts::{Accounts, Arrived, Inbox, Mounted, Mounts, Neighbours, NotAccepted};
use async_trait::async_trait;
use channel::{
    Account, AccountContext, AccountIssue, Addressed, Change, Channel, ChannelError, Connected, Descriptor, Dialect,
    Guarantee, Inbound, Limits, Listener, Menu, Outbound, Peer, PeerField, PeerKind, Probe, Profile, Receipt, Sender,
    Speaker, Webhook, WebhookRequest, WebhookResponse,
};
use ids::{AccountId, ChannelKind};
use parking_lot::Mutex;
use serde_json::{Map, Value, json, value::RawValue};
use stdx::{AbsPath, CancellationToken, Clock, SeededEntropy};
use tokio::sync::watch;

static DESCRIPTOR: Descriptor = Descriptor {
    kind: "pigeon",
    label: "Pigeon",
    detail_label: "Pigeon Post",
    system_image: "bird",
    id_label: "pigeonId",
    env_key: None,
    peer_field: PeerField::ChatId,
    limits: Limits {
        text: 100,
        caption: 10,
        album: 0,
        upload_bytes: 0,
        download_bytes: 0,
        dialect: Dialect::Plain,
        edits: false,
        threads: false,
        typing_seconds: 0,
        pace: None,
    },
};

/// What the network does at the next connect or poll of an account.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    Refuse(ChannelError),
    Deliver(&'static str),
    Fail(ChannelError),
    Panic,
}

#[derive(Debug, Default)]
pub(crate) struct Sky {
    steps: Mutex<BTreeMap<String, VecDeque<Step>>>,
    /// What happened, in order.
    told: Mutex<Vec<String>>,
    bell: watch::Sender<u64>,
    refuses_batches: Mutex<u32>,
}

impl Sky {
    pub(crate) fn will(&self, account: &str, steps: impl IntoIterator<Item = Step>) {
        self.steps.lock().entry(account.to_owned()).or_default().extend(steps);
        self.bell.send_modify(|count| *count += 1);
    }

    pub(crate) fn refuse_batches(&self, count: u32) {
        *self.refuses_batches.lock() = count;
    }

    fn next(&self, account: &str, is_connect: bool) -> Option<Step> {
        let mut steps = self.steps.lock();
        let queue = steps.get_mut(account)?;
        let fits = matches!(queue.front()?, Step::Refuse(_)) == is_connect;
        if fits { queue.pop_front() } else { None }
    }

    pub(crate) fn tell(&self, what: String) {
        self.told.lock().push(what);
        self.bell.send_modify(|count| *count += 1);
    }

    pub(crate) fn told(&self) -> Vec<String> {
        self.told.lock().clone()
    }

    /// Waits until this was told so many times.
    pub(crate) async fn told_times(&self, what: &str, times: usize) {
        let mut bell = self.bell.subscribe();
        let waiting = async {
            while self.told().iter().filter(|told| *told == what).count() < times {
                bell.changed().await.unwrap();
            }
        };
        let waited = tokio::time::timeout(Duration::from_secs(3600), waiting).await;
        assert!(waited.is_ok(), "{what:?} was not told {times} times: {:?}", self.told());
    }
}

#[derive(Debug)]
pub(crate) struct Pigeons(pub(crate) Arc<Sky>);

#[async_trait]
impl Channel for Pigeons {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    fn schema(&self) -> Value {
        json!({ "type": "object" })
    }

    fn accounts(
        &self,
        section: &RawValue,
        _env: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Vec<Box<dyn Account>>, Vec<AccountIssue>> {
        let section: Map<String, Value> = serde_json::from_str(section.get()).unwrap();
        if section.contains_key("mistake") {
            return Err(vec![AccountIssue { path: "mistake".to_owned(), message: "no".to_owned() }]);
        }
        let account = |(id, of): (&String, &Value)| -> Box<dyn Account> {
            let flag = |key: &str| of.get(key).and_then(Value::as_bool);
            Box::new(Pigeon {
                sky: Arc::clone(&self.0),
                id: id.parse().unwrap(),
                enabled: flag("enabled").unwrap_or(true),
                configured: flag("configured").unwrap_or(true),
                cage: of.get("cage").and_then(Value::as_u64).unwrap_or(0),
                policy: of.get("policy").cloned().unwrap_or_default(),
                webhook: flag("webhook").unwrap_or(false),
            })
        };
        Ok(section.iter().map(account).collect())
    }
}

#[derive(Debug)]
struct Pigeon {
    sky: Arc<Sky>,
    id: AccountId,
    enabled: bool,
    configured: bool,
    cage: u64,
    policy: Value,
    webhook: bool,
}

#[async_trait]
impl Account for Pigeon {
    fn id(&self) -> &AccountId {
        &self.id
    }

    fn enabled(&self) -> bool {
        self.enabled
    }

    fn is_configured(&self) -> bool {
        self.configured
    }

    fn fingerprint(&self) -> u64 {
        self.cage
    }

    fn facts(&self) -> Map<String, Value> {
        Map::from_iter([("dmPolicy".to_owned(), self.policy.clone())])
    }

    async fn connect(&self, _cx: AccountContext) -> Result<Connected, ChannelError> {
        self.sky.tell(format!("connect {} {}", self.id, self.cage));
        if let Some(Step::Refuse(error)) = self.sky.next(self.id.as_str(), true) {
            return Err(error);
        }
        let webhook: Option<Arc<dyn Webhook>> = if self.webhook { Some(Arc::new(Door)) } else { None };
        Ok(Connected {
            profile: Profile { id: "1".to_owned(), username: Some("coo".to_owned()), display_name: None },
            listener: Box::new(Ears { sky: Arc::clone(&self.sky), id: self.id.clone(), given: None }),
            speaker: Arc::new(Beak),
            actions: None,
            webhook,
            drafts: None,
            files: None,
            reconcile: None,
            guarantee: Guarantee::None,
        })
    }

    async fn probe(&self, _cx: AccountContext) -> Result<Probe, ChannelError> {
        match self.id.as_str() {
            "mute" => std::future::pending().await,
            "lost" => Err(ChannelError::Auth("gone".to_owned())),
            _ => Ok(Probe { facts: Map::from_iter([("bird".to_owned(), json!({ "id": 1 }))]), ..Probe::default() }),
        }
    }
}

struct Ears {
    sky: Arc<Sky>,
    id: AccountId,
    given: Option<&'static str>,
}

#[async_trait]
impl Listener for Ears {
    async fn next(&mut self) -> Result<Vec<Inbound>, ChannelError> {
        if let Some(given) = self.given.take() {
            self.sky.tell(format!("confirmed {given}"));
        }
        let mut bell = self.sky.bell.subscribe();
        loop {
            match self.sky.next(self.id.as_str(), false) {
                Some(Step::Deliver(text)) => {
                    self.given = Some(text);
                    return Ok(vec![inbound(text)]);
                }
                Some(Step::Fail(error)) => return Err(error),
                Some(Step::Panic) => panic!("the adapter is broken"),
                Some(Step::Refuse(_)) | None => bell.changed().await.map_err(|_| ChannelError::Ended)?,
            }
        }
    }
}

impl Drop for Ears {
    fn drop(&mut self) {
        self.sky.tell(format!("gone {}", self.id));
    }
}

#[derive(Debug)]
struct Beak;

#[async_trait]
impl Speaker for Beak {
    async fn send(&self, _message: &Outbound) -> Result<Receipt, ChannelError> {
        Err(ChannelError::Ended)
    }
}

#[derive(Debug)]
struct Door;

#[async_trait]
impl Webhook for Door {
    fn path(&self) -> &'static str {
        "/pigeons"
    }

    async fn receive(&self, _request: WebhookRequest) -> WebhookResponse {
        WebhookResponse { status: 200, body: String::new() }
    }
}

fn inbound(text: &str) -> Inbound {
    Inbound {
        event: text.to_owned(),
        message: "m".parse().unwrap(),
        peer: Peer {
            id: "p".parse().unwrap(),
            kind: PeerKind::Dm,
            title: None,
            is_forum: false,
            main_line: None,
            space: None,
        },
        thread: None,
        sender: Sender { id: "s".parse().unwrap(), name: None, username: None, is_bot: false },
        text: text.to_owned(),
        attachments: Vec::new(),
        spans: Vec::new(),
        addressed: Addressed::Nobody,
        reply_to: None,
        merge: None,
        change: Change::New,
        at: 1,
    }
}

#[derive(Debug)]
struct Letterbox(Arc<Sky>);

#[async_trait]
impl Inbox for Letterbox {
    async fn accept(&self, batch: Vec<Arrived>) -> Result<(), NotAccepted> {
        {
            let mut refuses = self.0.refuses_batches.lock();
            if *refuses > 0 {
                *refuses -= 1;
                return Err(NotAccepted("the disk is full".to_owned()));
            }
        }
        for arrived in batch {
            self.0.tell(format!("written {} {}", arrived.account, arrived.inbound.text));
        }
        Ok(())
    }
}

#[derive(Debug)]
struct Wall(Arc<Sky>);

impl Mounts for Wall {
    fn mount(&self, webhook: Arc<dyn Webhook>) -> Mounted {
        struct Hung(Arc<Sky>);
        impl Drop for Hung {
            fn drop(&mut self) {
                self.0.tell("unmounted".to_owned());
            }
        }
        self.0.tell(format!("mounted {}", webhook.path()));
        Box::new(Hung(Arc::clone(&self.0)))
    }
}

/// The runtime's time.
#[derive(Debug)]
struct Paused(tokio::time::Instant);

impl Clock for Paused {
    fn now_ms(&self) -> i64 {
        1_769_000_000_000 + i64::try_from(self.0.elapsed().as_millis()).unwrap()
    }

    fn now(&self) -> std::time::Instant {
        tokio::time::Instant::now().into_std()
    }
}

/// Accounts over a sky.
pub(crate) struct House {
    pub(crate) sky: Arc<Sky>,
    pub(crate) accounts: Arc<Accounts>,
}

impl House {
    pub(crate) fn new() -> Self {
        let sky = Arc::new(Sky::default());
        let neighbours = Neighbours {
            networks: vec![Arc::new(Pigeons(Arc::clone(&sky)))],
            inbox: Arc::new(Letterbox(Arc::clone(&sky))),
            mounts: Arc::new(Wall(Arc::clone(&sky))),
            state: AbsPath::new("/nowhere").unwrap(),
            environment: Arc::new(|_| None),
            menu: Arc::new(Menu::default),
            clock: Arc::new(Paused(tokio::time::Instant::now())),
            entropy: Arc::new(SeededEntropy::new(1)),
        };
        Self { accounts: Accounts::new(neighbours, &CancellationToken::new()), sky }
    }

    /// With accounts that connect as soon as they are known.
    pub(crate) fn open() -> Self {
        let house = Self::new();
        house.accounts.open();
        house
    }

    pub(crate) fn apply(&self, section: &Value) -> usize {
        let text = section.to_string();
        let mistakes = self.accounts.apply(|kind| {
            assert_eq!(kind, "pigeon");
            RawValue::from_string(text.clone()).ok()
        });
        mistakes.len()
    }

    /// Waits until the account is on line.
    pub(crate) async fn online(&self, account: &str) {
        let mut changes = self.accounts.changes();
        let waiting = async {
            while self.accounts.online(&pigeon(), &account.parse().unwrap()).is_none() {
                changes.changed().await.unwrap();
            }
        };
        tokio::time::timeout(Duration::from_secs(3600), waiting).await.unwrap();
    }
}

pub(crate) fn pigeon() -> ChannelKind {
    "pigeon".parse().unwrap()
}
