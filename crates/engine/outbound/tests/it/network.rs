//! A network that takes what it is given, and deliveries in front of it.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use async_trait::async_trait;
use channel::{
    Attachment, ChannelError, Descriptor, Dialect, Guarantee, Limits, Outbound, OutboundBody, Pace, PeerField, Rate,
    Receipt, Speaker, Target,
};
use config::Live;
use futures_util::{FutureExt as _, future::BoxFuture};
use ids::{AccountId, AgentId, ChannelKind};
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
}

impl Network {
    pub(crate) fn texts(&self) -> Vec<String> {
        self.taken.borrow().iter().map(|taken| taken.text.clone()).collect()
    }
}

#[async_trait]
impl Speaker for Network {
    async fn send(&self, message: &Outbound) -> Result<Receipt, ChannelError> {
        let mut refusal = None;
        self.refusals.send_if_modified(|left| {
            refusal = left.pop_front();
            refusal.is_some()
        });
        if let Some(refusal) = refusal {
            return Err(refusal);
        }
        let OutboundBody::Text { markdown } = &message.body else { return Err(ChannelError::Ended) };
        let (peer, text, at) = (message.target.peer.to_string(), markdown.clone(), self.opened.elapsed());
        self.taken.send_modify(|taken| taken.push(Taken { peer: peer.clone(), text, at }));
        Ok(Receipt { message: "m".parse().unwrap(), others: Vec::new(), peer })
    }
}

/// Deliveries and what they lead to.
pub(crate) struct House {
    pub(crate) network: Arc<Network>,
    store: Store,
    deliveries: Deliveries,
    _cancel: CancellationToken,
}

impl House {
    pub(crate) fn open() -> Self {
        Self::open_with(Config::default())
    }

    pub(crate) fn open_with(config: Config) -> Self {
        let opened = tokio::time::Instant::now();
        let network = Network { opened, refusals: watch::Sender::default(), taken: watch::Sender::new(Vec::new()) };
        let (network, clock) = (Arc::new(network), Arc::new(Paused(opened)));
        let store = Store::memory(MIGRATIONS, clock.clone()).unwrap();
        let outlets = Arc::new(Line(Arc::clone(&network)));
        let neighbours = Neighbours { store: store.clone(), outlets, door: Arc::new(Shut), clock };
        let cancel = CancellationToken::new();
        let deliveries = Deliveries::new(Live::fixed(config), neighbours, &cancel);
        Self { network, store, deliveries, _cancel: cancel }
    }

    /// Sends a text of ours and waits until the network has taken something.
    pub(crate) async fn deliver(&self, peer: &str, text: &str) {
        let (deliveries, at, text) = (self.deliveries.clone(), place(peer), notice(text).unwrap());
        let staged = self.store.write(move |tx| deliveries.stage(tx, &at, Origin { cause: "c", name: "n" }, &text));
        staged.await.unwrap();
        self.deliveries.wake(&place(peer));
        self.taken(1).await;
    }

    /// Stages texts for somebody and wakes their worker.
    pub(crate) async fn stage(&self, peer: &str, texts: std::ops::Range<usize>) {
        let place = place(peer);
        let (deliveries, at, peer) = (self.deliveries.clone(), place.clone(), peer.to_owned());
        let staged = self.store.write(move |tx| {
            texts.into_iter().try_for_each(|number| {
                let name = format!("{peer}-{number}");
                let text = notice(&format!("text {number}")).unwrap();
                deliveries.stage(tx, &at, Origin { cause: "c", name: &name }, &text)
            })
        });
        staged.await.unwrap();
        self.deliveries.wake(&place);
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
        let speaker: Arc<dyn Speaker> = self.0.clone();
        Some(Outlet { speaker, actions: None, drafts: None, reconcile: None, guarantee: Guarantee::None })
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

/// Wall time that passes with the runtime's.
#[derive(Debug)]
struct Paused(tokio::time::Instant);

impl Clock for Paused {
    fn now_ms(&self) -> i64 {
        i64::try_from(self.0.elapsed().as_millis()).unwrap()
    }

    fn now(&self) -> std::time::Instant {
        tokio::time::Instant::now().into_std()
    }
}
