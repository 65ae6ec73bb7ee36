//! Who may write on a channel: a stranger gets a code, the owner approves it, and from then on the stranger is known.
//!
//! The stores are those of 2026.1.24, in `<state>/credentials`. The published program and our own command line write
//! them too, so every change happens under its lock, on what the file holds at that moment; and what was read is read
//! again when the file changed.

mod allow; // who is known
mod lock; // one writer at a time, of whichever program
mod methods; // what operators may ask
mod requests; // who waits with a code: pure
mod store; // the files

use std::{
    collections::{BTreeMap, HashMap},
    io,
    sync::Arc,
};

use async_trait::async_trait;
use config::Live;
use ids::{AccountId, ChannelKind, SenderId};
use parking_lot::Mutex;
use rpc::Methods;
use stdx::{AbsPath, Clock, Entropy, Pool};

pub use allow::AllowList;
pub use requests::{PairingOutcome, Waiting};

use store::{Cached, Stamp, Store};

/// How codes are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// Letters of a code; codes of any length are accepted.
    pub code_length: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self { code_length: 6 }
    }
}

/// Somebody who was let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approved {
    pub channel: ChannelKind,
    /// The account they wrote to, where the request says so.
    pub account: Option<AccountId>,
    pub sender: SenderId,
    pub name: Option<String>,
}

/// Why a code lets nobody in.
#[derive(Debug, thiserror::Error)]
pub enum ApproveError {
    #[error("no pending pairing request has this code")]
    UnknownCode,
    #[error("the pairing store cannot be used: {0}")]
    Store(#[from] io::Error),
}

/// Tells people that they were let in. Implemented by whoever can send.
#[async_trait]
pub trait Tell: Send + Sync + std::fmt::Debug {
    async fn approved(&self, approved: &Approved);
}

/// Everyone who may write, and who asks to.
pub struct Pairing {
    store: Store,
    settings: Live<Settings>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    known: Mutex<HashMap<ChannelKind, Cached>>,
    /// One thread: the lock of the files is waited for there.
    pool: Pool,
}

impl std::fmt::Debug for Pairing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pairing").field("store", &self.store).finish_non_exhaustive()
    }
}

impl Pairing {
    /// The stores below `<state>/credentials`. Nothing is read yet.
    #[must_use]
    pub fn new(
        state_dir: &AbsPath,
        settings: Live<Settings>,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Arc<Self> {
        Arc::new(Self {
            store: Store::new(state_dir),
            settings,
            clock,
            entropy,
            known: Mutex::default(),
            pool: Pool::new("pairing", 1, 256),
        })
    }

    /// `pairing.list`, `pairing.approve` and `pairing.remove`.
    #[must_use]
    pub fn methods(self: &Arc<Self>, tell: Arc<dyn Tell>) -> Methods {
        methods::methods(self, tell)
    }

    /// Who was approved on a channel. Costs one look at the file's date; read again only when that changed. The config's
    /// own list is added by whoever decides.
    #[must_use]
    pub fn allowed(&self, channel: &ChannelKind) -> AllowList {
        let stamp = self.store.stamp(channel);
        let mut known = self.known.lock();
        if let Some(cached) = known.get(channel).filter(|cached| cached.stamp == stamp) {
            return cached.list.clone();
        }
        // What cannot be read lets nobody in.
        let list = self.store.allowed(channel).unwrap_or_else(|error| {
            tracing::error!(%channel, %error, "the list of approved senders could not be read");
            AllowList::default()
        });
        known.insert(channel.clone(), Cached { stamp, list: list.clone() });
        list
    }

    /// Whether a sender was approved.
    #[must_use]
    pub fn is_allowed(&self, channel: &ChannelKind, sender: &SenderId) -> bool {
        self.allowed(channel).contains(channel, sender.as_str())
    }

    /// A stranger wrote: gives the code to tell, or says that there is no room for another.
    /// `meta` is what is known of the stranger (`name`, `username`, `accountId`, …).
    ///
    /// # Errors
    /// The store cannot be read or written.
    pub async fn request(
        &self,
        channel: &ChannelKind,
        sender: &SenderId,
        meta: BTreeMap<String, String>,
    ) -> io::Result<PairingOutcome> {
        let (store, entropy) = (self.store.clone(), Arc::clone(&self.entropy));
        let (channel, sender) = (channel.clone(), sender.clone());
        let (length, now) = (self.settings.get().code_length, self.clock.now_ms());
        self.work(move || {
            store.change_requests(&channel, |requests| {
                requests.request(&sender, meta, now, || requests::code(length, &*entropy))
            })
        })
        .await
    }

    /// Who waits; of every channel when none is named.
    ///
    /// # Errors
    /// A store cannot be read.
    pub async fn waiting(&self, channel: Option<&ChannelKind>) -> io::Result<Vec<Waiting>> {
        let (store, channel, now) = (self.store.clone(), channel.cloned(), self.clock.now_ms());
        self.work(move || {
            let channels = channel.map_or_else(|| store.channels(), |channel| Ok(vec![channel]))?;
            let mut all = Vec::new();
            for channel in channels {
                all.extend(store.requests(&channel)?.waiting(&channel, now));
            }
            Ok(all)
        })
        .await
    }

    /// Lets the sender with this code in.
    ///
    /// # Errors
    /// No such code waits, or the store cannot be used.
    pub async fn approve(&self, channel: &ChannelKind, code: &str) -> Result<Approved, ApproveError> {
        let (store, channel, code, now) = (self.store.clone(), channel.clone(), code.to_owned(), self.clock.now_ms());
        let approved = self.work(move || {
            // The sender is known before the request is gone: a crash between the two leaves a code that can be
            // approved again, never a sender who is neither.
            let Some(approved) = store.requests(&channel)?.find(&channel, &code, now) else { return Ok(None) };
            store.allow(&channel, approved.sender.as_str())?;
            store.change_requests(&channel, |requests| (requests.remove(&code, now), true))?;
            Ok(Some(approved))
        });
        approved.await?.ok_or(ApproveError::UnknownCode)
    }

    /// Lets a sender in who never asked, as the owner's command line does. Says whether the sender is new.
    ///
    /// # Errors
    /// The store cannot be used.
    pub async fn allow(&self, channel: &ChannelKind, sender: &SenderId) -> io::Result<bool> {
        let (store, channel, sender) = (self.store.clone(), channel.clone(), sender.clone());
        self.work(move || store.allow(&channel, sender.as_str())).await
    }

    /// Makes a stranger of a sender again, and forgets a code that waits. Says whether the sender was known.
    ///
    /// # Errors
    /// The stores cannot be used.
    pub async fn remove(&self, channel: &ChannelKind, sender: &SenderId) -> io::Result<bool> {
        let (store, channel, sender) = (self.store.clone(), channel.clone(), sender.clone());
        self.work(move || {
            // The code goes first: a crash between the two leaves a sender who can be removed again.
            store.change_requests(&channel, |requests| ((), requests.forget(&sender)))?;
            store.disallow(&channel, sender.as_str())
        })
        .await
    }

    /// Stores that cannot be read, each with its reason: nobody is let in by them, and nothing is written to them.
    #[must_use]
    pub fn broken(state_dir: &AbsPath) -> Vec<String> {
        Store::new(state_dir).broken()
    }

    async fn work<T: Send + 'static>(&self, work: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
        self.pool.run(work).await.map_err(io::Error::other)?
    }
}

/// A file that is not there has no stamp.
type MaybeStamp = Option<Stamp>;
