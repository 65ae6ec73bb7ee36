//! Keeping their number within what the owner allows: the longest unused conversations are put aside, and what was put
//! aside is forgotten after a while. Both only where the config says so; nobody is ever refused a new conversation.

use std::sync::Arc;
use std::time::Duration;

use ids::SessionKey;
use store::{StoreError, View};
use tracing::{info, warn};

use crate::SessionsError;
use crate::archive::put_aside_at;
use crate::sessions::Sessions;
use crate::shared::Shared;

/// How often what was put aside is looked through.
pub(crate) const SWEEP_EVERY: Duration = Duration::from_secs(24 * 3_600);

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

    /// After a conversation was begun: puts the oldest ones aside that are too many.
    pub(crate) async fn make_room(&self, begun: &SessionKey, most: u32) {
        if let Err(error) = self.put_oldest_aside(u64::from(most), begun).await {
            warn!(%error, "there are more sessions than session.maxSessions, and the oldest could not be put aside");
        }
    }

    async fn put_oldest_aside(&self, most: u64, begun: &SessionKey) -> Result<(), SessionsError> {
        let found = self.shared.store.read(move |view| {
            let excess = count(view)?.saturating_sub(most);
            Ok((excess, if excess == 0 { Vec::new() } else { oldest(view)? }))
        });
        let (excess, keys) = found.await?;
        let config = self.shared.config.get();
        let mut left = excess;
        for key in keys.iter().filter(|key| *key != begun && !key.is_main(config.main_key())) {
            if left == 0 {
                break;
            }
            if self.is_in_use(key).await? {
                continue;
            }
            if self.delete(key, true).await?.is_none() {
                continue;
            }
            info!(session = %key, most, "the session unused for longest was put aside");
            let of = key.clone();
            let body = serde_json::json!({ "reason": "session.maxSessions", "most": most });
            self.shared.store.write(move |tx| tx.fact(of.as_str(), "session.archived", &body)).await?;
            left -= 1;
        }
        Ok(())
    }

    /// Whether somebody holds the conversation: a run, or whoever reads it.
    async fn is_in_use(&self, key: &SessionKey) -> Result<bool, SessionsError> {
        let Some(record) = self.find(key).await? else { return Ok(false) };
        let Some(place) = self.place(key, &record, &self.shared.places.state) else { return Ok(false) };
        Ok(self.shared.active.lock().get(&place.path).is_some_and(|active| Arc::strong_count(active) > 1))
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

fn oldest(view: &View<'_>) -> Result<Vec<SessionKey>, StoreError> {
    let keys: Vec<String> = view.query("SELECT key FROM sessions ORDER BY updated_at, id", [], |row| row.get(0))?;
    Ok(keys.iter().filter_map(|key| key.parse().ok()).collect())
}
