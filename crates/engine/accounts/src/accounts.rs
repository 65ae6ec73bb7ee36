//! All accounts, and what happens to them when the config changes.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};
use std::time::{Duration, Instant};

use channel::{Account, AccountContext, AccountIssue, Channel, Descriptor, Profile, Speaker};
use ids::{AccountId, ChannelKind};
use net::{Http, HttpConfig};
use parking_lot::Mutex;
use serde_json::value::RawValue;
use stdx::{CancellationToken, OwnedTask};
use tokio::sync::watch;
use tracing::warn;

use crate::neighbours::Neighbours;
use crate::online::Online;
use crate::status::{AccountStatus, ChannelStatus, Facts, probed};
use crate::supervisor::supervise;

type Key = (ChannelKind, AccountId);

/// Every configured account. One handle, shared.
pub struct Accounts {
    neighbours: Neighbours,
    cancel: CancellationToken,
    slots: Mutex<BTreeMap<Key, Arc<Slot>>>,
    /// They may connect. Looked at and set under the slots' lock.
    is_open: AtomicBool,
    changes: watch::Sender<u64>,
}

/// One account: what is configured, what is known, what it can do now.
pub(crate) struct Slot {
    pub(crate) channel: ChannelKind,
    pub(crate) id: AccountId,
    account: Mutex<Arc<dyn Account>>,
    pub(crate) facts: Mutex<Facts>,
    online: Mutex<Option<Online>>,
    /// Since when it is not connected, if it is not.
    away_since: Mutex<Instant>,
    http: Http,
    task: Mutex<Option<OwnedTask>>,
}

impl Slot {
    fn new(channel: &ChannelKind, account: Arc<dyn Account>, facts: Facts, now: Instant) -> Self {
        let http = Http::new(HttpConfig { proxy: account.proxy().cloned(), ..HttpConfig::default() });
        Self {
            channel: channel.clone(),
            id: account.id().clone(),
            account: Mutex::new(account),
            facts: Mutex::new(facts),
            online: Mutex::default(),
            away_since: Mutex::new(now),
            http,
            task: Mutex::default(),
        }
    }

    pub(crate) fn account(&self) -> Arc<dyn Account> {
        Arc::clone(&self.account.lock())
    }

    pub(crate) fn context(&self, neighbours: &Neighbours, cancel: CancellationToken) -> AccountContext {
        AccountContext {
            http: self.http.clone(),
            state: neighbours.state.join(self.channel.as_str()),
            clock: Arc::clone(&neighbours.clock),
            menu: (neighbours.menu)(),
            cancel,
        }
    }

    pub(crate) fn goes_online(&self, online: Online) {
        *self.online.lock() = Some(online);
    }

    pub(crate) fn goes_offline(&self, now: Instant) {
        if self.online.lock().take().is_some() {
            *self.away_since.lock() = now;
        }
    }

    /// Whether the same connection serves the changed account.
    fn serves(&self, account: &dyn Account) -> bool {
        let own = self.account();
        own.fingerprint() == account.fingerprint() && should_run(own.as_ref()) == should_run(account)
    }

    /// Its task holds it, so letting go of it would not end it.
    fn end(&self) {
        drop(self.task.lock().take());
        drop(self.online.lock().take());
    }

    fn status(&self) -> AccountStatus {
        let facts = self.facts.lock().clone();
        AccountStatus::of(&self.channel, self.account().as_ref(), facts)
    }
}

fn should_run(account: &dyn Account) -> bool {
    account.enabled() && account.is_configured()
}

impl Accounts {
    /// No account yet: [`Accounts::apply`] brings them, and [`Accounts::open`] lets them connect.
    #[must_use]
    pub fn new(neighbours: Neighbours, parent: &CancellationToken) -> Arc<Self> {
        let (changes, _) = watch::channel(0);
        Arc::new(Self {
            neighbours,
            cancel: parent.child_token(),
            slots: Mutex::default(),
            is_open: AtomicBool::new(false),
            changes,
        })
    }

    /// Makes the accounts what the config says: `section` gives `channels.<kind>` as JSON. New accounts connect,
    /// removed ones end, changed ones connect anew if their connection needs it, all others stay as they are.
    ///
    /// A network whose section has mistakes keeps the accounts it had; the mistakes are given back.
    pub fn apply(&self, section: impl Fn(&str) -> Option<Box<RawValue>>) -> Vec<(ChannelKind, AccountIssue)> {
        let mut mistakes = Vec::new();
        for network in &self.neighbours.networks {
            let Some(kind) = kind_of(network.as_ref()) else { continue };
            let raw = section(kind.as_str()).or_else(|| RawValue::from_string("{}".to_owned()).ok());
            let Some(raw) = raw else { continue };
            match network.accounts(&raw, self.neighbours.environment.as_ref()) {
                Ok(accounts) => self.replace(&kind, accounts),
                Err(issues) => {
                    for issue in &issues {
                        warn!(channel = %kind, path = issue.path, problem = issue.message, "the section has a mistake");
                    }
                    mistakes.extend(issues.into_iter().map(|issue| (kind.clone(), issue)));
                }
            }
        }
        self.changes.send_modify(|count| *count += 1);
        mistakes
    }

    /// From now on accounts connect, and whoever waits for one counts from here. Before, they are known and nothing is
    /// asked of their networks.
    pub fn open(&self) {
        let slots = self.slots.lock();
        self.is_open.store(true, Ordering::SeqCst);
        let now = self.neighbours.clock.now();
        slots.values().for_each(|slot| {
            *slot.away_since.lock() = now;
            self.run(slot);
        });
    }

    /// Connects the account, if it is to be and is not being so already.
    fn run(&self, slot: &Arc<Slot>) {
        let mut task = slot.task.lock();
        if task.is_none() && self.is_open.load(Ordering::SeqCst) && should_run(slot.account().as_ref()) {
            *task = Some(OwnedTask::spawn(&self.cancel, |cancel| {
                supervise(Arc::clone(slot), self.neighbours.clone(), self.changes.clone(), cancel)
            }));
        }
    }

    fn replace(&self, kind: &ChannelKind, accounts: Vec<Box<dyn Account>>) {
        let mut slots = self.slots.lock();
        let listed: Vec<AccountId> = accounts.iter().map(|account| account.id().clone()).collect();
        slots.retain(|(of, id), slot| {
            let stays = of != kind || listed.contains(id);
            if !stays {
                slot.end();
            }
            stays
        });
        for account in accounts {
            let account: Arc<dyn Account> = account.into();
            let key = (kind.clone(), account.id().clone());
            let facts = match slots.get(&key) {
                Some(slot) if slot.serves(account.as_ref()) => {
                    *slot.account.lock() = account;
                    continue;
                }
                Some(slot) => {
                    let mut facts = slot.facts.lock().clone();
                    facts.stopped(self.neighbours.clock.now_ms());
                    facts
                }
                None => Facts::default(),
            };
            let slot = Arc::new(Slot::new(kind, account, facts, self.neighbours.clock.now()));
            self.run(&slot);
            if let Some(replaced) = slots.insert(key, slot) {
                replaced.end();
            }
        }
    }

    fn slot(&self, channel: &ChannelKind, account: &AccountId) -> Option<Arc<Slot>> {
        self.slots.lock().get(&(channel.clone(), account.clone())).cloned()
    }

    /// What the account can do, if it is connected now.
    #[must_use]
    pub fn online(&self, channel: &ChannelKind, account: &AccountId) -> Option<Online> {
        self.slot(channel, account)?.online.lock().clone()
    }

    /// What the account can do, as soon as it is connected. `None` for one that is not to connect, and for one that has
    /// been away for longer than `patience`, whoever asks.
    pub async fn reached(&self, channel: &ChannelKind, account: &AccountId, patience: Duration) -> Option<Online> {
        let mut changes = self.changes();
        loop {
            let slot = self.slot(channel, account)?;
            if let Some(online) = slot.online.lock().clone() {
                return Some(online);
            }
            if !should_run(slot.account().as_ref()) {
                return None;
            }
            let until = *slot.away_since.lock() + patience;
            let left = until.checked_duration_since(self.neighbours.clock.now()).filter(|left| !left.is_zero())?;
            tokio::select! {
                changed = changes.changed() => changed.ok()?,
                () = tokio::time::sleep(left) => {}
            }
        }
    }

    #[must_use]
    pub fn speaker(&self, channel: &ChannelKind, account: &AccountId) -> Option<Arc<dyn Speaker>> {
        Some(self.online(channel, account)?.speaker)
    }

    /// Who the account is on its network, if it is connected now.
    #[must_use]
    pub fn profile(&self, channel: &ChannelKind, account: &AccountId) -> Option<Profile> {
        Some(self.online(channel, account)?.profile)
    }

    /// The network's fixed facts.
    #[must_use]
    pub fn descriptor(&self, channel: &ChannelKind) -> Option<&'static Descriptor> {
        let mut known = self.neighbours.networks.iter().map(|network| network.descriptor());
        known.find(|descriptor| descriptor.kind == channel.as_str())
    }

    /// A message was delivered.
    pub fn delivered(&self, channel: &ChannelKind, account: &AccountId) {
        if let Some(slot) = self.slot(channel, account) {
            slot.facts.lock().last_outbound = Some(self.neighbours.clock.now_ms());
        }
    }

    /// Changes whenever an account goes on or off line, and when accounts come or go.
    #[must_use]
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// Every network, configured or not, in the order of this build.
    #[must_use]
    pub fn status(&self) -> Vec<ChannelStatus> {
        let slots: Vec<Arc<Slot>> = self.slots.lock().values().cloned().collect();
        let of = |network: &Arc<dyn Channel>| {
            let descriptor = network.descriptor();
            let own = slots.iter().filter(|slot| slot.channel.as_str() == descriptor.kind);
            ChannelStatus { descriptor, accounts: own.map(|slot| slot.status()).collect() }
        };
        self.neighbours.networks.iter().map(of).collect()
    }

    /// Asks every network who its accounts are, all at once, each for at most `patience`; what comes back is part of
    /// the status from then on.
    pub async fn probe(&self, patience: Duration) {
        let slots: Vec<Arc<Slot>> = self.slots.lock().values().cloned().collect();
        let probes = slots.iter().map(|slot| async move {
            let account = slot.account();
            if !should_run(account.as_ref()) {
                return;
            }
            let clock = &self.neighbours.clock;
            let began = clock.now();
            let cx = slot.context(&self.neighbours, self.cancel.child_token());
            let result = match tokio::time::timeout(patience, account.probe(cx)).await {
                Ok(result) => result.map_err(|error| error.to_string()),
                Err(_) => Err("timed out".to_owned()),
            };
            let elapsed = clock.now().saturating_duration_since(began).as_millis();
            let mut facts = slot.facts.lock();
            facts.probe = Some(probed(result, u64::try_from(elapsed).unwrap_or(u64::MAX)));
            facts.last_probe = Some(clock.now_ms());
        });
        futures_util::future::join_all(probes).await;
    }

    /// Ends every account: no message is taken any more, and what is connected can still be spoken to. A batch on its
    /// way into the inbox may finish within `grace`.
    pub async fn stop(&self, grace: Duration) {
        self.cancel.cancel();
        let slots: Vec<Arc<Slot>> = self.slots.lock().values().cloned().collect();
        let tasks: Vec<OwnedTask> = slots.iter().filter_map(|slot| slot.task.lock().take()).collect();
        futures_util::future::join_all(tasks.into_iter().map(|task| task.stop(grace))).await;
    }

    pub(crate) fn now_ms(&self) -> i64 {
        self.neighbours.clock.now_ms()
    }
}

impl Drop for Accounts {
    fn drop(&mut self) {
        self.slots.lock().values().for_each(|slot| slot.end());
    }
}

fn kind_of(network: &dyn Channel) -> Option<ChannelKind> {
    network.descriptor().kind.parse().ok()
}

impl fmt::Debug for Accounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Accounts").field("accounts", &self.slots.lock().keys()).finish_non_exhaustive()
    }
}
