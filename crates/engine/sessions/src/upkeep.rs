//! Behind the conversations: lines go to their files, files are synced in groups, idle sessions leave memory, and the
//! other program's index is written now and then. None of it is on the path of a message.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use stdx::{AbsPath, CancellationToken};
use store::params;
use tokio::time::{Instant, sleep_until};
use tracing::warn;

use crate::active::Active;
use crate::crowd::SWEEP_EVERY;
use crate::shared::Shared;

/// Appended lines are synced this long after the first of them.
const SYNC_AFTER: Duration = Duration::from_secs(1);

/// A transcript nobody used for this long is put away.
const REST_AFTER: Duration = Duration::from_secs(60);

/// The other program's index is written at most this often.
const EXPORT_EVERY: Duration = Duration::from_secs(30);

/// A file that could not be written is tried again after this long.
const RETRY_AFTER: Duration = Duration::from_secs(2);

/// All kept histories of sessions that nobody holds together.
pub(crate) const HISTORY_BYTES: usize = 1024 * 1024;

impl Shared {
    /// The one task that appends lines to files.
    pub(crate) async fn append_files(self: Arc<Self>, cancel: CancellationToken) {
        let mut retry_at = None;
        loop {
            tokio::select! {
                biased;
                () = cancel.cancelled() => return,
                () = self.append.notified() => {}
                () = at(retry_at) => {}
            }
            let failed = self.append_waiting().await;
            retry_at = failed.then(|| Instant::now() + RETRY_AFTER);
        }
    }

    /// The one task that syncs, puts away and exports.
    pub(crate) async fn keep_up(self: Arc<Self>, cancel: CancellationToken) {
        let (mut sync_at, mut export_at) = (None, None);
        let mut exported = Instant::now();
        let mut sweep_at = exported;
        loop {
            let rest_at = self.first_to_rest();
            // Without a word about it in the config nothing is ever due.
            let due = self.config.get().keep_archived_days.map(|_| sweep_at);
            let next = [sync_at, export_at, rest_at, due].into_iter().flatten().min();
            tokio::select! {
                biased;
                () = cancel.cancelled() => return,
                () = self.upkeep.notified() => {}
                () = at(next) => {}
            }
            let now = Instant::now();
            if sync_at.is_none() && self.active.lock().values().any(|active| active.needs_sync()) {
                sync_at = Some(now + SYNC_AFTER);
            }
            if self.sync_now.swap(false, Ordering::SeqCst) || sync_at.is_some_and(|at| at <= now) {
                self.sync_files().await;
                sync_at = None;
            }
            self.put_away(now).await;
            if due.is_some_and(|at| at <= now) {
                self.forget_put_aside().await;
                sweep_at = now + SWEEP_EVERY;
            }
            if self.index_dirty.load(Ordering::SeqCst) {
                let due = exported + EXPORT_EVERY;
                if due <= now {
                    self.export_all().await;
                    exported = now;
                    export_at = None;
                } else {
                    export_at = Some(due);
                }
            }
        }
    }

    /// Everything committed is in its file and synced, and the other program's index is written: for the end.
    pub(crate) async fn settle_all(&self) {
        let all: Vec<_> = self.active.lock().values().cloned().collect();
        self.to_append.lock().extend(all);
        self.append_waiting().await;
        self.sync_files().await;
        let settled: Vec<_> = self.active.lock().values().filter(|active| active.is_settled()).cloned().collect();
        self.drop_rows(settled).await;
        if self.index_dirty.load(Ordering::SeqCst) {
            self.export_all().await;
        }
    }

    /// `true` when a file could not be written.
    async fn append_waiting(&self) -> bool {
        let mut waiting = std::mem::take(&mut *self.to_append.lock());
        if waiting.is_empty() {
            return false;
        }
        waiting.dedup_by(|one, other| Arc::ptr_eq(one, other));
        let (disk, now_ms) = (Arc::clone(&self.disk), self.clock.now_ms());
        let written = self.pool.run(move || {
            waiting.retain(|active| match active.append(&disk, now_ms) {
                Ok(()) => false,
                Err(error) => {
                    warn!(path = %active.place.path, %error, "transcript cannot be written, its entries wait in the database");
                    true
                }
            });
            waiting
        });
        let failed = written.await.unwrap_or_default();
        let has_failed = !failed.is_empty();
        self.to_append.lock().extend(failed);
        self.upkeep.notify_one();
        has_failed
    }

    async fn sync_files(&self) {
        let mut unsynced: Vec<_> = self.active.lock().values().filter(|active| active.needs_sync()).cloned().collect();
        // The table has no order of its own, and a replay must sync in the same one.
        unsynced.sort_by(|one, other| one.place.path.cmp(&other.place.path));
        let synced = self.pool.run(move || {
            for active in unsynced {
                if let Err(error) = active.sync() {
                    warn!(path = %active.place.path, %error, "transcript cannot be synced, its entries stay in the database");
                }
            }
        });
        // The pool ends only with the program.
        drop(synced.await);
    }

    /// When the transcript that was used longest ago may be put away. Never at once: what could not be put away just
    /// now is looked at again after a while.
    fn first_to_rest(&self) -> Option<Instant> {
        let active = self.active.lock();
        let first = active.values().map(|active| active.used() + REST_AFTER).min();
        first.map(|at| at.max(Instant::now() + SYNC_AFTER))
    }

    async fn put_away(&self, now: Instant) {
        let mut resting = Vec::new();
        {
            let mut active = self.active.lock();
            // A session that is held has a second owner; its state is in its holder's hands.
            active.retain(|_, one| {
                let is_over = one.used() + REST_AFTER <= now && Arc::strong_count(one) == 1 && one.is_settled();
                if is_over {
                    resting.push(Arc::clone(one));
                }
                !is_over
            });
            forget_histories(active.values());
        }
        self.drop_rows(resting).await;
    }

    /// Rows whose lines are synced in their files leave the database.
    async fn drop_rows(&self, settled: Vec<Arc<Active>>) {
        let rows: Vec<(AbsPath, i64)> = settled
            .iter()
            .map(|active| (active.place.path.clone(), active.progress.borrow().synced))
            .filter(|(_, row)| *row > 0)
            .collect();
        if rows.is_empty() {
            return;
        }
        let dropped = self.store.write(move |tx| {
            for (path, row) in &rows {
                let sql = "DELETE FROM pending_entries WHERE path = ?1 AND id <= ?2";
                tx.execute(sql, params![path.to_string(), row])?;
            }
            Ok(())
        });
        if let Err(error) = dropped.await {
            // They are dropped when the session is used next.
            warn!(%error, "written entries could not be dropped from the database");
        }
    }
}

/// Histories of sessions that nobody holds stay within their budget; the longest unused go first.
fn forget_histories<'a>(active: impl Iterator<Item = &'a Arc<Active>>) {
    let mut kept: Vec<_> = active.filter(|one| Arc::strong_count(one) == 1 && one.weight() > 0).collect();
    kept.sort_by_key(|one| std::cmp::Reverse(one.used()));
    let mut total = 0;
    for one in kept {
        total += one.weight();
        if total > HISTORY_BYTES {
            one.forget_history();
        }
    }
}

async fn at(instant: Option<Instant>) {
    match instant {
        Some(instant) => sleep_until(instant).await,
        None => std::future::pending().await,
    }
}
