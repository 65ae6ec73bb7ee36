//! The handle: stages pieces inside other engines' transactions, and keeps one worker per place with work.

use std::{collections::HashMap, fmt, sync::Arc, time::Duration};

use ::config::Live;
use channel::{Attachment, ChannelError, Receipt, SendKey};
use futures_util::future::BoxFuture;
use ids::{AccountId, AgentId, ChannelKind, MessageId, PeerId, ThreadId};
use parking_lot::Mutex;
use stdx::{CancellationToken, Clock, OwnedTask, OwnedTasks};
use store::{Store, StoreError, Tx};
use tokio::sync::{Notify, oneshot};

use crate::{
    Blocks, Config, OutboundError, Outlets,
    compose::{Room, compose},
    config, deliver,
    outbox::{self, Body, Draft, Place},
    pace::Leaving,
    shape::{self, Part, Quote, Visible},
    stream::Streams,
    told,
    typing::Typing,
    way::Ways,
};

/// Checks a file that an agent wants to send, and opens the way to it.
pub trait Door: Send + Sync {
    /// # Errors
    /// A phrase for the reader: what is wrong with the file.
    fn admit(&self, agent: &AgentId, path: &str) -> BoxFuture<'static, Result<Attachment, String>>;
}

/// What deliveries need of others.
#[derive(Clone)]
pub struct Neighbours {
    pub store: Store,
    pub outlets: Arc<dyn Outlets>,
    pub door: Arc<dyn Door>,
    pub clock: Arc<dyn Clock>,
}

impl fmt::Debug for Neighbours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Neighbours")
    }
}

/// A place's worker, as others see it.
#[derive(Debug, Default)]
pub(crate) struct Slot {
    notify: Notify,
    /// Somebody staged a row after the worker last looked.
    fresh: Mutex<bool>,
}

impl Slot {
    pub(crate) async fn woken(&self) {
        self.notify.notified().await;
    }
}

struct Worker {
    slot: Arc<Slot>,
    task: Option<OwnedTask>,
}

/// Texts staged at once for callers; more wait.
const STAGING_CAPACITY: u32 = 64;

type Waiters = HashMap<SendKey, oneshot::Sender<Result<Receipt, ChannelError>>>;

pub(crate) struct Inner {
    pub(crate) store: Store,
    pub(crate) ways: Arc<Ways>,
    pub(crate) door: Arc<dyn Door>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) config: Live<Config>,
    pub(crate) typing: Typing,
    pub(crate) streams: Streams,
    cancel: CancellationToken,
    /// The gateway is about to stop: what would have to wait stays for the next start.
    pub(crate) leaving: CancellationToken,
    workers: Mutex<HashMap<Place, Worker>>,
    waiters: Mutex<Waiters>,
    /// Texts that are being staged for a caller who may go away.
    staging: OwnedTasks,
}

impl Inner {
    /// Whoever waits for this piece hears of its end.
    pub(crate) fn tell(&self, key: &SendKey, end: Result<Receipt, ChannelError>) {
        let waiter = self.waiters.lock().remove(key);
        if let Some(waiter) = waiter {
            let _gone = waiter.send(end);
        }
    }

    /// Forgets the worker unless a row was staged since it last looked.
    pub(crate) fn retire(&self, place: &Place, slot: &Slot) -> bool {
        let mut workers = self.workers.lock();
        let mut fresh = slot.fresh.lock();
        if std::mem::take(&mut *fresh) {
            return false;
        }
        drop(fresh);
        let worker = workers.remove(place);
        drop(workers);
        // Dropping the worker's own task here aborts it at its next wait, and there is none: it returns.
        drop(worker);
        true
    }
}

/// Where a staged text comes from.
#[derive(Debug, Clone, Copy)]
pub struct Origin<'a> {
    /// The id of what led to it: a run or an inbound event.
    pub cause: &'a str,
    /// Unique for this text: pieces get their keys from it.
    pub name: &'a str,
}

/// The deliveries' handle.
#[derive(Clone)]
pub struct Deliveries(pub(crate) Arc<Inner>);

impl fmt::Debug for Deliveries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Deliveries({} places)", self.0.workers.lock().len())
    }
}

impl Deliveries {
    #[must_use]
    pub fn new(config: Live<Config>, neighbours: Neighbours, cancel: &CancellationToken) -> Self {
        let Neighbours { store, outlets, door, clock } = neighbours;
        let ways = Arc::new(Ways::new(outlets, Arc::clone(&clock)));
        Self(Arc::new(Inner {
            store,
            typing: Typing::new(Arc::clone(&ways), cancel.clone()),
            streams: Streams::default(),
            ways,
            door,
            clock,
            config,
            cancel: cancel.child_token(),
            leaving: cancel.child_token(),
            workers: Mutex::default(),
            waiters: Mutex::default(),
            staging: OwnedTasks::new("staging", cancel, STAGING_CAPACITY),
        }))
    }

    /// Stages text inside somebody's transaction, in pieces; call [`Deliveries::wake`] after the commit. Keys are made
    /// of `origin.name`, so staging the same name twice keeps one.
    ///
    /// # Errors
    /// The store's.
    pub fn stage(&self, tx: &Tx<'_>, place: &Place, origin: Origin<'_>, text: &Visible) -> Result<(), StoreError> {
        let said = Said { cause: origin.cause, name: origin.name, agent: None, quote: None, footer: None };
        let bodies = compose(vec![Part::Text(text.clone())], said.agent, self.room(&place.channel));
        outbox::stage_all(tx, &drafts(bodies, place, &said))
    }

    /// How many pieces wait to leave.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn waiting_blocking(&self) -> Result<u64, StoreError> {
        self.0.store.read_blocking(outbox::count)
    }

    /// The pieces of what a model said, shaped. What `begins` an answer has the prefix; behind words that have left the
    /// footer may stand alone.
    pub(crate) fn said(&self, place: &Place, said: &Said<'_>, (raw, begins): (&str, bool)) -> Vec<Draft> {
        let config = self.0.config.get();
        let prefix = config.response_prefix.as_deref().filter(|_| begins);
        let mut parts = shape::shape(raw, prefix);
        if parts.is_empty() && !begins {
            parts.extend(said.footer.and_then(shape::notice).map(Part::Text));
        } else {
            parts = shape::with_footer(parts, said.footer);
        }
        let room = self.room(&place.channel);
        let blocks = self.blocks(place).filter(|_| self.draft(place).is_none());
        let text = blocks.map_or(room.text, |blocks| room.text.min(blocks.max));
        drafts(compose(parts, said.agent, Room { text, ..room }), place, said)
    }

    /// How answers leave there while they are being written.
    pub(crate) fn blocks(&self, place: &Place) -> Option<Blocks> {
        self.0.config.get().blocks(place.channel.as_str(), place.account.as_str())
    }

    /// Below this, whatever works for the deliveries ends with them.
    pub(crate) fn cancel(&self) -> &CancellationToken {
        &self.0.cancel
    }

    /// Stages a reaction of ours behind what waits for the place; `None` takes it back.
    ///
    /// # Errors
    /// The store's.
    pub fn stage_reaction(
        &self,
        tx: &Tx<'_>,
        place: &Place,
        origin: Origin<'_>,
        (message, emoji): (&MessageId, Option<&str>),
    ) -> Result<(), StoreError> {
        let body = Body::Reaction { message: message.clone(), emoji: emoji.map(str::to_owned) };
        let said = Said { cause: origin.cause, name: origin.name, agent: None, quote: None, footer: None };
        outbox::stage_all(tx, &drafts(vec![body], place, &said))
    }

    /// Reacts now or not at all: nothing depends on it, and a mark that comes late says nothing.
    ///
    /// # Errors
    /// The network's, or it has no room for it now.
    pub async fn react(&self, place: &Place, message: &MessageId, emoji: &str) -> Result<(), ChannelError> {
        let outlet = self.0.ways.outlet(place).ok_or(ChannelError::Ended)?;
        let Some(actions) = outlet.actions else { return Ok(()) };
        let begun = self.0.ways.begin(place, Leaving::Sign);
        let under_way = begun.map_err(|wait| ChannelError::RateLimited { after: Some(wait) })?;
        let reacted = actions.react(&place.target, message, Some(emoji)).await;
        under_way.heard(&reacted);
        reacted
    }

    /// The thread that a message of ours stands in; `None` when it is none of ours, as far as is remembered.
    ///
    /// # Errors
    /// The store's.
    pub async fn sent_in(
        &self,
        channel: &ChannelKind,
        account: &AccountId,
        peer: &PeerId,
        message: &MessageId,
    ) -> Result<Option<Option<ThreadId>>, StoreError> {
        let (channel, account, peer, message) = (channel.clone(), account.clone(), peer.clone(), message.clone());
        self.0.store.read(move |view| outbox::sent_in(view, (&channel, &account), &peer, &message)).await
    }

    /// What one message of the network may hold.
    pub(crate) fn room(&self, channel: &ChannelKind) -> Room {
        let limits = self.0.ways.descriptor(channel).map(|network| network.limits);
        Room {
            text: self.chunk_limit(channel),
            caption: limits.map_or(0, |limits| limits.caption),
            album: limits.map_or(0, |limits| limits.album),
        }
    }

    fn chunk_limit(&self, channel: &ChannelKind) -> usize {
        let configured =
            self.0.config.get().chunk_limit.get(channel.as_str()).copied().unwrap_or(config::DEFAULT_CHUNK);
        let network = self.0.ways.descriptor(channel).map_or(config::DEFAULT_CHUNK, |network| network.limits.text);
        configured.min(network)
    }

    /// The place has work: its worker looks now.
    pub fn wake(&self, place: &Place) {
        let mut workers = self.0.workers.lock();
        // A worker that broke left its task behind: the place gets a new one.
        let broke = |worker: &&Worker| worker.task.as_ref().is_some_and(OwnedTask::is_finished);
        if let Some(worker) = workers.get(place).filter(|worker| !broke(worker)) {
            *worker.slot.fresh.lock() = true;
            worker.slot.notify.notify_one();
            return;
        }
        let slot = Arc::new(Slot::default());
        let (inner, at, shared) = (Arc::clone(&self.0), place.clone(), Arc::clone(&slot));
        workers.insert(place.clone(), Worker { slot, task: None });
        let task = OwnedTask::spawn(&self.0.cancel, |cancel| async move {
            deliver::work(&inner, &at, &shared, &cancel).await;
        });
        if let Some(worker) = workers.get_mut(place) {
            worker.task = Some(task);
        }
    }

    /// Everything that was left when the last process ended.
    ///
    /// # Errors
    /// The store's.
    pub async fn recover(&self) -> Result<usize, StoreError> {
        let nowhere = self.0.store.read(outbox::nowhere).await?;
        for row in nowhere {
            deliver::set_aside(&self.0, row).await?;
        }
        let places = self.0.store.read(outbox::places).await?;
        places.iter().for_each(|place| self.wake(place));
        Ok(places.len())
    }

    /// The account is connected now: what waits for it is tried at once.
    pub fn connected(&self, channel: &ChannelKind, account: &AccountId) {
        let workers = self.0.workers.lock();
        let here = workers.iter().filter(|(at, _)| at.channel == *channel && at.account == *account);
        let mut waiting: Vec<_> = here.collect();
        // The table has no order of its own, and a replay must wake in the same one.
        waiting.sort_by_key(|(at, _)| (&at.target.peer, &at.target.thread));
        waiting.into_iter().for_each(|(_, worker)| worker.slot.notify.notify_one());
    }

    /// Stages these pieces and waits for the receipt of the last one, also when the network must be tried again and
    /// again. Said again under the same names, they leave once.
    pub(crate) async fn deliver(&self, pieces: Vec<Draft>) -> Result<Receipt, OutboundError> {
        match self.begun(pieces, |tx, piece| outbox::stage(tx, piece).map(drop)).await? {
            Begun::Before(receipt) => Ok(receipt),
            Begun::Now(waiting) => waiting.end().await,
        }
    }

    /// As [`Deliveries::deliver`] for a run's tool: `None` when the pieces are staged and the receipt has not come within
    /// `patience`.
    pub(crate) async fn say(&self, pieces: Vec<Draft>, patience: Duration) -> Result<Option<Receipt>, OutboundError> {
        match self.begun(pieces, told::stage).await? {
            Begun::Before(receipt) => Ok(Some(receipt)),
            Begun::Now(waiting) => tokio::time::timeout(patience, waiting.end()).await.ok().transpose(),
        }
    }

    async fn begun(
        &self,
        pieces: Vec<Draft>,
        stage: impl Fn(&Tx<'_>, &Draft) -> Result<(), StoreError> + Send + 'static,
    ) -> Result<Begun, OutboundError> {
        let last = pieces.last().ok_or_else(|| ChannelError::Rejected("there is nothing to send".into()))?;
        let (place, last) = (last.place.clone(), last.key.clone());
        // Before anything is staged: the receipt may come at once.
        let waiting = Waiting::new(&self.0, last.clone());
        let stage = move |tx: &Tx<'_>| {
            if let Some(receipt) = outbox::receipt(tx, &last)? {
                return Ok(Staged::Before(receipt));
            }
            if !outbox::takes(tx, &pieces)? {
                return Ok(Staged::Full);
            }
            pieces.iter().try_for_each(|piece| stage(tx, piece))?;
            Ok(Staged::Now)
        };
        match self.stage_alone(place, stage).await? {
            Staged::Now => Ok(Begun::Now(waiting)),
            Staged::Before(receipt) => Ok(Begun::Before(receipt)),
            Staged::Full => Err(OutboundError::Full { waiting: outbox::OUTBOX_CAPACITY }),
        }
    }

    /// Stages and wakes in a task of its own: whoever asked may go away in between, and the row must be looked at.
    async fn stage_alone(
        &self,
        place: Place,
        stage: impl FnOnce(&Tx<'_>) -> Result<Staged, StoreError> + Send + 'static,
    ) -> Result<Staged, OutboundError> {
        let (done, staged) = oneshot::channel();
        let this = self.clone();
        let work = move |_| async move {
            let written = this.0.store.write(stage).await;
            if matches!(written, Ok(Staged::Now)) {
                this.wake(&place);
            }
            let _gone = done.send(written);
        };
        self.0.staging.spawn(work).await;
        Ok(staged.await.map_err(|_| OutboundError::Stopping)??)
    }

    /// Lets what need not wait leave, for half of `grace`, and attempts that have begun end in the other half; the rest
    /// stays in the outbox.
    pub async fn stop(&self, grace: Duration) {
        self.0.leaving.cancel();
        let tasks: Vec<OwnedTask> =
            self.0.workers.lock().values_mut().filter_map(|worker| worker.task.take()).collect();
        let mut all = futures_util::future::join_all(tasks.into_iter().map(|task| task.join()));
        let half = grace / 2;
        if tokio::time::timeout(half, &mut all).await.is_err() {
            self.0.cancel.cancel();
            // What does not end in time is a row in *sending*: the next start treats it as unknown.
            let _ended = tokio::time::timeout(half, all).await;
        }
    }
}

/// What staging a text came to.
enum Staged {
    Now,
    /// The network has it already: this is its receipt.
    Before(Receipt),
    Full,
}

enum Begun {
    Now(Waiting),
    Before(Receipt),
}

/// Somebody who waits for the end of a piece; forgotten when they go away.
struct Waiting {
    inner: Arc<Inner>,
    piece: SendKey,
    end: oneshot::Receiver<Result<Receipt, ChannelError>>,
}

impl Waiting {
    fn new(inner: &Arc<Inner>, piece: SendKey) -> Self {
        let (waiter, end) = oneshot::channel();
        inner.waiters.lock().insert(piece.clone(), waiter);
        Self { inner: Arc::clone(inner), piece, end }
    }

    async fn end(mut self) -> Result<Receipt, OutboundError> {
        match (&mut self.end).await {
            Ok(end) => Ok(end?),
            Err(_) => Err(OutboundError::Stopping),
        }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.end.close();
        let mut waiters = self.inner.waiters.lock();
        // Somebody else may wait for the same piece by now.
        if waiters.get(&self.piece).is_some_and(oneshot::Sender::is_closed) {
            waiters.remove(&self.piece);
        }
    }
}

/// How a piece is named and where it came from.
pub(crate) struct Said<'a> {
    pub(crate) cause: &'a str,
    pub(crate) name: &'a str,
    pub(crate) agent: Option<&'a AgentId>,
    pub(crate) quote: Option<ids::MessageId>,
    /// A line below its last text.
    pub(crate) footer: Option<&'a str>,
}

/// The pieces, each with its name; the first quotes.
pub(crate) fn drafts(bodies: Vec<Body>, place: &Place, said: &Said<'_>) -> Vec<Draft> {
    let draft = |(index, body): (usize, Body)| Draft {
        key: SendKey(format!("{}:{}", said.name, index + 1).into()),
        place: place.clone(),
        reply_to: said.quote.clone().filter(|_| index == 0),
        body,
        cause: said.cause.to_owned(),
        keyboard: None,
    };
    bodies.into_iter().enumerate().map(draft).collect()
}

/// The message a reply quotes, resolved.
pub(crate) fn quoted(quote: Option<Quote>, current: Option<&ids::MessageId>) -> Option<ids::MessageId> {
    match quote? {
        Quote::Current => current.cloned(),
        Quote::Message(id) => id.parse().ok(),
    }
}

#[cfg(test)]
mod tests;
