//! A network that takes what it is given, and deliveries in front of it.

use std::{
    collections::VecDeque,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use channel::{
    Actions, Activity, Attachment, ChannelError, Descriptor, Dialect, Guarantee, Limits, Outbound, OutboundBody, Pace,
    PeerField, Rate, Receipt, Speaker, Target,
};
use config::Live;
use futures_util::{FutureExt as _, future::BoxFuture};
use ids::{AccountId, AgentId, ChannelKind, MessageId};
use outbound::{Config, Deliveries, Door, MIGRATIONS, Neighbours, Origin, Outlet, Outlets, Place, notice};
use stdx::{CancellationToken, Clock};
use store::Store;
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
        pace: Some(Pace { account: Rate { messages: 30, seconds: 1 }, conversation }),
    },
};

fn conversation(target: &Target) -> Rate {
    match target.peer.as_str() {
        "group" => Rate { messages: 20, seconds: 60 },
        _ => Rate { messages: 10, seconds: 10 },
    }
}

/// A message as the network took it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Taken {
    /// Which connection it came by, counted from 1.
    pub(crate) connection: usize,
    pub(crate) peer: String,
    pub(crate) text: String,
    /// Since the house was opened.
    pub(crate) at: Duration,
}

/// The network's side.
#[derive(Debug)]
pub(crate) struct Network {
    opened: tokio::time::Instant,
    refusals: watch::Sender<VecDeque<ChannelError>>,
    taken: watch::Sender<Vec<Taken>>,
    /// The connection that lives; 0 for none.
    connection: watch::Sender<usize>,
}

impl Network {
    fn take(&self, connection: usize, peer: &str, text: &str) -> Result<(), ChannelError> {
        let mut refusal = None;
        self.refusals.send_if_modified(|left| {
            refusal = left.pop_front();
            refusal.is_some()
        });
        if let Some(refusal) = refusal {
            return Err(refusal);
        }
        let (peer, text, at) = (peer.to_owned(), text.to_owned(), self.opened.elapsed());
        self.taken.send_modify(|taken| taken.push(Taken { connection, peer, text, at }));
        Ok(())
    }
}

/// One connection of the account.
#[derive(Debug)]
struct Connection(usize, Arc<Network>);

#[async_trait]
impl Speaker for Connection {
    async fn send(&self, message: &Outbound) -> Result<Receipt, ChannelError> {
        let OutboundBody::Text { markdown } = &message.body else { return Err(ChannelError::Ended) };
        let peer = message.target.peer.to_string();
        self.1.take(self.0, &peer, markdown)?;
        Ok(Receipt { message: "m".parse().unwrap(), others: Vec::new(), peer })
    }
}

#[async_trait]
impl Actions for Connection {
    async fn show(&self, target: &Target, _: Activity) -> Result<(), ChannelError> {
        self.1.take(self.0, target.peer.as_str(), "typing")
    }

    async fn react(&self, target: &Target, _: &MessageId, emoji: Option<&str>) -> Result<(), ChannelError> {
        self.1.take(self.0, target.peer.as_str(), emoji.unwrap_or("no reaction"))
    }

    async fn edit(&self, _: &Target, _: &MessageId, _: &str) -> Result<(), ChannelError> {
        Err(ChannelError::Ended)
    }

    async fn delete(&self, _: &Target, _: &MessageId) -> Result<(), ChannelError> {
        Err(ChannelError::Ended)
    }
}

/// Deliveries and what they lead to.
pub(crate) struct House {
    pub(crate) network: Arc<Network>,
    pub(crate) store: Store,
    pub(crate) deliveries: Deliveries,
    clock: Arc<Paused>,
    _cancel: CancellationToken,
}

impl House {
    /// With the account connected.
    pub(crate) fn open() -> Self {
        Self::open_with(Config::default())
    }

    pub(crate) fn open_with(config: Config) -> Self {
        let opened = tokio::time::Instant::now();
        let network = Arc::new(Network {
            opened,
            refusals: watch::Sender::default(),
            taken: watch::Sender::new(Vec::new()),
            connection: watch::Sender::new(1),
        });
        let clock = Arc::new(Paused { opened, off_ms: AtomicI64::new(0) });
        let store = Store::memory(MIGRATIONS, clock.clone()).unwrap();
        let outlets = Arc::new(Line(Arc::clone(&network)));
        let neighbours = Neighbours { store: store.clone(), outlets, door: Arc::new(Shut), clock: clock.clone() };
        let cancel = CancellationToken::new();
        let deliveries = Deliveries::new(Live::fixed(config), neighbours, &cancel);
        Self { network, store, deliveries, clock, _cancel: cancel }
    }

    /// Sends a text of ours and waits until the network has taken something.
    pub(crate) async fn deliver(&self, peer: &str, text: &str) {
        let (deliveries, at, text) = (self.deliveries.clone(), place(peer), notice(text).unwrap());
        let staged = self.store.write(move |tx| deliveries.stage(tx, &at, Origin { cause: "c", name: "n" }, &text));
        staged.await.unwrap();
        self.deliveries.wake(&place(peer));
        self.taken(1).await;
    }

    /// Another connection lives from now on; 0 for none.
    pub(crate) fn connect(&self, connection: usize) {
        self.network.connection.send_replace(connection);
        if connection > 0 {
            self.deliveries.connected(&"pigeon".parse().unwrap(), &AccountId::default_account());
        }
    }

    /// The machine was off for so long.
    pub(crate) fn was_off(&self, time: Duration) {
        self.clock.off_ms.fetch_add(i64::try_from(time.as_millis()).unwrap(), Ordering::SeqCst);
    }

    /// Stages texts for somebody.
    pub(crate) async fn write(&self, peer: &str, texts: std::ops::Range<usize>) {
        let (deliveries, at, peer) = (self.deliveries.clone(), place(peer), peer.to_owned());
        let staged = self.store.write(move |tx| {
            texts.into_iter().try_for_each(|number| {
                let name = format!("{peer}-{number}");
                let text = notice(&format!("text {number}")).unwrap();
                deliveries.stage(tx, &at, Origin { cause: "c", name: &name }, &text)
            })
        });
        staged.await.unwrap();
    }

    /// Stages texts for somebody and wakes their worker.
    pub(crate) async fn stage(&self, peer: &str, texts: std::ops::Range<usize>) {
        self.write(peer, texts).await;
        self.deliveries.wake(&place(peer));
    }

    /// Reacts to something of theirs.
    pub(crate) async fn react(&self, peer: &str) -> Result<(), ChannelError> {
        self.deliveries.react(&place(peer), &"m".parse().unwrap(), "👀").await
    }

    /// Changes the database as nobody should.
    pub(crate) async fn meddle(&self, sql: &'static str) {
        self.store.write(move |tx| tx.execute(sql, [])).await.unwrap();
    }

    /// The kinds of facts about a piece, in order.
    pub(crate) async fn facts(&self, piece: &'static str) -> Vec<String> {
        let sql = "SELECT kind FROM facts WHERE cause = ?1 ORDER BY id";
        self.store.read(move |view| view.query(sql, [piece], |row| row.get(0))).await.unwrap()
    }

    /// The next attempt ends so.
    pub(crate) fn refuse_once(&self, error: ChannelError) {
        self.network.refusals.send_modify(|left| left.push_back(error));
    }

    /// Waits until every refusal was given.
    pub(crate) async fn refused(&self) {
        let mut left = self.network.refusals.subscribe();
        left.wait_for(VecDeque::is_empty).await.unwrap();
    }

    /// Waits until so many messages were taken.
    pub(crate) async fn taken(&self, count: usize) -> Vec<Taken> {
        let mut seen = self.network.taken.subscribe();
        seen.wait_for(|taken| taken.len() >= count).await.unwrap().clone()
    }

    /// The texts that were taken so far.
    pub(crate) fn texts(&self) -> Vec<String> {
        self.network.taken.borrow().iter().map(|taken| taken.text.clone()).collect()
    }

    /// Lets time pass, and all work that falls into it.
    pub(crate) async fn pass(&self, time: Duration) {
        tokio::time::advance(time).await;
        self.settled().await;
    }

    /// All that can happen now has happened.
    pub(crate) async fn settled(&self) {
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
    }
}

fn place(peer: &str) -> Place {
    Place {
        channel: "pigeon".parse().unwrap(),
        account: AccountId::default_account(),
        target: Target { peer: peer.parse().unwrap(), thread: None },
    }
}

#[derive(Debug)]
struct Line(Arc<Network>);

impl Outlets for Line {
    fn outlet(&self, _: &ChannelKind, _: &AccountId) -> Option<Outlet> {
        let number = *self.0.connection.borrow();
        let connection = || Arc::new(Connection(number, Arc::clone(&self.0)));
        let (speaker, guarantee) = (connection(), Guarantee::None);
        (number > 0).then(|| Outlet { speaker, actions: Some(connection()), drafts: None, reconcile: None, guarantee })
    }

    fn descriptor(&self, _: &ChannelKind) -> Option<&'static Descriptor> {
        Some(&DESCRIPTOR)
    }
}

struct Shut;

impl Door for Shut {
    fn admit(&self, _: &AgentId, _: &str) -> BoxFuture<'static, Result<Attachment, String>> {
        std::future::ready(Err("no files here".to_owned())).boxed()
    }
}

/// Wall time that passes with the runtime's, and while the machine is off.
#[derive(Debug)]
struct Paused {
    opened: tokio::time::Instant,
    off_ms: AtomicI64,
}

impl Clock for Paused {
    fn now_ms(&self) -> i64 {
        i64::try_from(self.opened.elapsed().as_millis()).unwrap() + self.off_ms.load(Ordering::SeqCst)
    }

    fn now(&self) -> std::time::Instant {
        tokio::time::Instant::now().into_std()
    }
}
