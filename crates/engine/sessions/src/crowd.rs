//! Keeping their number within what the owner allows: the longest unused conversations are put aside, and what was put
//! aside is forgotten after a while. Both only where the config says so; nobody is ever refused a new conversation.

use std::sync::{Arc, Weak};
use std::time::Duration;

use ids::SessionKey;
use stdx::CancellationToken;
use store::{StoreError, View};
use tracing::{info, warn};

use crate::SessionsError;
use crate::archive::put_aside_at;
use crate::sessions::Sessions;
use crate::shared::Shared;

/// How often what was put aside is looked through.
pub(crate) const SWEEP_EVERY: Duration = Duration::from_secs(24 * 3_600);

/// Conversations that are put aside in one turn: whoever begins one meanwhile waits for so many at most.
const HANDFUL: usize = 4;

const DAY_MS: i64 = 24 * 3_600 * 1_000;

impl Sessions {
    /// How many conversations there are.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn count_blocking(&self) -> Result<u64, StoreError> {
        self.shared.store.read_blocking(count)
    }

    /// Bytes of history in memory, of conversations that nobody holds.
    #[must_use]
    pub fn kept_bytes(&self) -> usize {
        let active = self.shared.active.lock();
        active.values().filter(|active| Arc::strong_count(active) == 1).map(|active| active.weight()).sum()
    }

    /// After a conversation was begun: puts a few of the oldest aside where there are too many. Where that is not all,
    /// the task behind does the rest. Whoever calls holds the turn.
    pub(crate) async fn make_room(&self, begun: Option<&SessionKey>, most: u32) {
        match self.put_oldest_aside(most, begun).await {
            Ok(true) => self.shared.crowded.notify_one(),
            Ok(false) => {}
            Err(error) => {
                warn!(%error, "there are more sessions than session.maxSessions, and the oldest could not be put aside");
            }
        }
    }

    /// Gives whether there are more that can be put aside.
    async fn put_oldest_aside(&self, most: u32, begun: Option<&SessionKey>) -> Result<bool, SessionsError> {
        let in_use = self.shared.active.lock().len();
        let (config, begun) = (self.shared.config.get(), begun.cloned());
        let main_key = config.main_key().to_owned();
        let found = self.shared.store.read(move |view| {
            let excess = count(view)?.saturating_sub(u64::from(most));
            let may_go = |key: &SessionKey| Some(key) != begun.as_ref() && !key.is_main(&main_key);
            // Those in use are passed over, so there must be enough behind them.
            Ok((excess, if excess == 0 { Vec::new() } else { oldest(view, HANDFUL + in_use, may_go)? }))
        });
        let (excess, keys) = found.await?;
        let wanted = usize::try_from(excess).unwrap_or(HANDFUL).min(HANDFUL);
        let mut done = 0;
        for key in &keys {
            if done == wanted {
                break;
            }
            if self.is_in_use(key).await? || self.delete(key, true).await?.is_none() {
                continue;
            }
            info!(session = %key, most, "the session unused for longest was put aside");
            let of = key.clone();
            let body = serde_json::json!({ "reason": "session.maxSessions", "most": most });
            self.shared.store.write(move |tx| tx.fact(of.as_str(), "session.archived", &body)).await?;
            done += 1;
        }
        Ok(done == HANDFUL && excess > u64::try_from(HANDFUL).unwrap_or(u64::MAX))
    }

    /// Whether somebody holds the conversation: a run, or whoever reads it.
    async fn is_in_use(&self, key: &SessionKey) -> Result<bool, SessionsError> {
        let Some(record) = self.find(key).await? else { return Ok(false) };
        let Some(place) = self.place(key, &record, &self.shared.places.state) else { return Ok(false) };
        Ok(self.shared.active.lock().get(&place.path).is_some_and(|active| Arc::strong_count(active) > 1))
    }
}

/// The one task that puts aside the rest where there are far too many, as after the bound was lowered: a few in each
/// turn, between those who begin a conversation.
pub(crate) async fn thin_out(sessions: Weak<Sessions>, shared: Arc<Shared>, cancel: CancellationToken) {
    loop {
        tokio::select! {
            biased;
            () = cancel.cancelled() => return,
            () = shared.crowded.notified() => {}
        }
        let Some(sessions) = sessions.upgrade() else { return };
        let Ok(_turn) = shared.beginning.acquire().await else { return };
        if let Some(most) = shared.config.get().max_sessions {
            sessions.make_room(None, most).await;
        }
    }
}

impl Shared {
    /// Removes transcripts that were put aside longer ago than the config keeps them.
    pub(crate) async fn forget_put_aside(self: &Arc<Self>) {
        let Some(days) = self.config.get().keep_archived_days else { return };
        let oldest = self.clock.now_ms() - i64::from(days) * DAY_MS;
        let (shared, now) = (Arc::clone(self), oldest);
        let swept = self.pool.run(move || shared.forget_before(now)).await;
        match swept {
            Ok(Ok(0)) | Err(_) => {}
            Ok(Ok(removed)) => info!(removed, days, "transcripts that were put aside are gone now"),
            Ok(Err(error)) => warn!(%error, "transcripts that were put aside could not be removed"),
        }
    }

    fn forget_before(&self, oldest_ms: i64) -> std::io::Result<usize> {
        let mut removed = 0;
        let agents = self.places.agents();
        for agent in self.disk.list(&agents)? {
            let folder = agents.join(agent).join("sessions");
            for name in self.disk.list(&folder)? {
                if put_aside_at(&name).is_some_and(|at| at < oldest_ms) {
                    self.disk.remove(&folder.join(name))?;
                    removed += 1;
                }
            }
        }
        Ok(removed)
    }
}

fn count(view: &View<'_>) -> Result<u64, StoreError> {
    let count: i64 = view.first("SELECT count(*) FROM sessions", [], |row| row.get(0))?.unwrap_or(0);
    Ok(count.unsigned_abs())
}

fn oldest(view: &View<'_>, most: usize, may_go: impl Fn(&SessionKey) -> bool) -> Result<Vec<SessionKey>, StoreError> {
    let mut keys = Vec::new();
    view.each("SELECT key FROM sessions ORDER BY updated_at, id", [], |row| {
        keys.extend(row.get::<_, String>(0)?.parse().ok().filter(&may_go));
        Ok(keys.len() < most)
    })?;
    Ok(keys)
}
