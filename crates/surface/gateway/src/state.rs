//! Presence and health as clients see them: kept serialised, with the version each belongs to.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use parking_lot::Mutex;
use protocol::{StateVersion, events, health, system::PresenceEntry};
use rpc::Announcement;
use serde_json::value::{RawValue, to_raw_value};
use stdx::Clock;
use tokio::sync::Notify;

use crate::{config::HealthSource, config::Identity, hub::Hub, pace::Pace, presence::Presence};

/// A snapshot younger than this is answered without asking again.
const FRESH: Duration = Duration::from_secs(60);

/// Between two looks at health.
const LOOK_PAUSE: Duration = Duration::from_secs(1);

/// What the gateway remembers of the world.
#[derive(Debug)]
pub(crate) struct State {
    clock: Arc<dyn Clock>,
    source: Arc<dyn HealthSource>,
    inner: Mutex<Inner>,
    /// Something wants to be said or looked after.
    pub(crate) stirred: Notify,
}

#[derive(Debug)]
struct Inner {
    presence: Presence,
    presence_text: Option<(Arc<RawValue>, u64)>,
    presence_pace: Pace,
    health: Option<Known>,
    health_version: u64,
    health_pace: Pace,
    wants_health: bool,
}

#[derive(Debug, Clone)]
struct Known {
    snapshot: Arc<health::Snapshot>,
    text: Arc<RawValue>,
    at: Instant,
}

impl State {
    pub(crate) fn new(identity: &Identity, clock: Arc<dyn Clock>, source: Arc<dyn HealthSource>) -> Self {
        let inner = Inner {
            presence: Presence::new(own_entry(identity)),
            presence_text: None,
            presence_pace: Pace::default(),
            health: None,
            health_version: 1,
            health_pace: Pace::default(),
            wants_health: false,
        };
        Self { clock, source, inner: Mutex::new(inner), stirred: Notify::new() }
    }

    fn now_ms(&self) -> u64 {
        u64::try_from(self.clock.now_ms()).unwrap_or(0)
    }

    /// Somebody gave a sign of life.
    pub(crate) fn seen(&self, key: &str, entry: PresenceEntry) {
        let now = self.now_ms();
        let mut inner = self.inner.lock();
        inner.presence.put(key, entry, now);
        inner.presence_text = None;
        inner.presence_pace.changed();
        drop(inner);
        self.stirred.notify_one();
    }

    pub(crate) fn presence(&self) -> Vec<PresenceEntry> {
        let now = self.now_ms();
        self.inner.lock().presence.list(now)
    }

    /// What was last said under that key.
    pub(crate) fn known(&self, key: &str) -> Option<PresenceEntry> {
        self.inner.lock().presence.get(key).cloned()
    }

    /// Presence, health and their versions, ready for the wire.
    pub(crate) fn texts(&self) -> (Arc<RawValue>, Arc<RawValue>, StateVersion) {
        let now = self.now_ms();
        let mut inner = self.inner.lock();
        let presence = inner.presence_text(now);
        let health = inner.health.as_ref().map_or_else(|| Arc::from(empty()), |known| Arc::clone(&known.text));
        (presence, health, inner.version())
    }

    /// Health is looked at soon, and then announced.
    pub(crate) fn want_health(&self) {
        self.inner.lock().wants_health = true;
        self.stirred.notify_one();
    }

    /// The last snapshot while it is fresh and no probe is asked for; looks again in the background.
    pub(crate) async fn health(&self, probe: bool) -> Arc<health::Snapshot> {
        let now = self.clock.now();
        let known = self.inner.lock().health.clone();
        match known {
            Some(known) if !probe && now.saturating_duration_since(known.at) < FRESH => {
                self.want_health();
                known.snapshot
            }
            _ => self.refresh(probe).await,
        }
    }

    async fn refresh(&self, probe: bool) -> Arc<health::Snapshot> {
        let snapshot = Arc::new(self.source.collect(probe).await);
        let text: Arc<RawValue> = Arc::from(to_raw_value(&*snapshot).unwrap_or_else(|_| empty()));
        let mut inner = self.inner.lock();
        inner.health = Some(Known { snapshot: Arc::clone(&snapshot), text, at: self.clock.now() });
        inner.health_version += 1;
        inner.health_pace.changed();
        drop(inner);
        self.stirred.notify_one();
        snapshot
    }

    /// Whether to look at health again now; it then counts as looked after. Paced like its announcement: a thousand
    /// connects look once a second.
    pub(crate) fn take_look(&self) -> bool {
        let now = self.clock.now();
        let mut inner = self.inner.lock();
        let is_time = inner.look_at(now).is_some_and(|at| at <= now);
        if is_time {
            inner.wants_health = false;
        }
        is_time
    }

    /// Looks at health, however long that takes.
    pub(crate) async fn look(self: Arc<Self>) {
        self.refresh(true).await;
    }

    /// Says what is due; gives back when to come again. `is_looking`: health is being looked at, and will say when it
    /// is known.
    pub(crate) fn tend(&self, hub: &Hub, is_looking: bool) -> Option<Instant> {
        let (now, now_ms) = (self.clock.now(), self.now_ms());
        let mut inner = self.inner.lock();
        let mut due = Vec::new();
        if inner.presence_pace.take(now) {
            let text = inner.presence_text(now_ms);
            let payload = RawValue::from_string(format!(r#"{{"presence":{}}}"#, text.get()));
            due.extend(payload.ok().map(announcement::<events::Presence>));
        }
        if inner.health_pace.take(now) {
            let text = inner.health.as_ref().map(|known| RawValue::to_owned(&known.text));
            due.extend(text.map(announcement::<events::Health>));
        }
        let version = inner.version();
        let later = inner.look_at(now).filter(|_| !is_looking);
        let next = [inner.presence_pace.when(now), inner.health_pace.when(now), later].into_iter().flatten().min();
        drop(inner);
        for announcement in due {
            hub.broadcast(&announcement, Some(version));
        }
        next
    }
}

impl Inner {
    fn version(&self) -> StateVersion {
        StateVersion { presence: self.presence.version(), health: self.health_version }
    }

    /// When health is to be looked at; `None` while nobody wants to know.
    fn look_at(&self, now: Instant) -> Option<Instant> {
        self.wants_health.then(|| self.health.as_ref().map_or(now, |known| (known.at + LOOK_PAUSE).max(now)))
    }

    /// Serialised again only after a change, or when an entry has ended since.
    fn presence_text(&mut self, now: u64) -> Arc<RawValue> {
        if let Some((text, until)) = &self.presence_text
            && now < *until
        {
            return Arc::clone(text);
        }
        let list = self.presence.list(now);
        let text: Arc<RawValue> = Arc::from(to_raw_value(&list).unwrap_or_else(|_| empty()));
        let until = self.presence.next_end().unwrap_or(u64::MAX);
        self.presence_text = Some((Arc::clone(&text), until));
        text
    }
}

fn announcement<E: protocol::Event>(payload: Box<RawValue>) -> Announcement {
    Announcement { event: E::NAME, scope: E::SCOPE, delivery: E::DELIVERY, cap: None, payload }
}

fn empty() -> Box<RawValue> {
    RawValue::from_string("{}".to_owned()).unwrap_or_else(|_| RawValue::NULL.to_owned())
}

fn own_entry(identity: &Identity) -> PresenceEntry {
    let text = |text: &str| text.to_owned().try_into().ok();
    let address = identity.ip.as_deref().map_or_else(String::new, |ip| format!(" ({ip})"));
    PresenceEntry {
        host: text(&identity.host),
        ip: identity.ip.as_deref().and_then(text),
        version: text(&identity.version),
        platform: text(&identity.platform),
        device_family: identity.device_family.as_deref().and_then(text),
        model_identifier: identity.model_identifier.as_deref().and_then(text),
        mode: text("gateway"),
        reason: text("self"),
        text: Some(format!(
            "Gateway: {}{address} · app {} · mode gateway · reason self",
            identity.host, identity.version
        )),
        ..PresenceEntry::default()
    }
}
