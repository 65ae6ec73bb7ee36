//! The handle: questions are answered at once, seals and forgetting happen behind.

use std::sync::Arc;
use std::time::Duration;

use config::Live;
use parking_lot::Mutex;
use stdx::{CancellationToken, Clock, OwnedTask};
use store::{Migration, Store, StoreError};
use tokio::time::{Instant, sleep_until};
use tracing::warn;

use crate::config::Config;
use crate::explain::{ExplainError, Explanation, explain};
use crate::fact;
use crate::question::Question;
use crate::retain;
use crate::seal::{self, Verdict};

/// New facts are sealed this often.
const SEAL_EVERY: Duration = Duration::from_secs(60);

/// Old chains are looked for this often.
const FORGET_EVERY: Duration = Duration::from_secs(6 * 3600);

/// The journal's reader and keeper.
#[derive(Debug)]
pub struct Audit {
    store: Store,
    clock: Arc<dyn Clock>,
    config: Live<Config>,
    task: Mutex<Option<OwnedTask>>,
}

impl Audit {
    /// The tables of this crate.
    pub const MIGRATIONS: &[Migration] = &[fact::MIGRATION];

    /// On an opened store; one that was opened for reading answers questions too.
    #[must_use]
    pub fn new(store: Store, clock: Arc<dyn Clock>, config: Live<Config>) -> Arc<Self> {
        Arc::new(Self { store, clock, config, task: Mutex::default() })
    }

    /// Starts sealing and forgetting.
    pub fn start(self: &Arc<Self>, cancel: &CancellationToken) {
        let audit = Arc::clone(self);
        *self.task.lock() = Some(OwnedTask::spawn(cancel, |cancel| async move {
            let mut forget_at = Instant::now() + SEAL_EVERY;
            loop {
                tokio::select! {
                    biased;
                    () = cancel.cancelled() => return,
                    () = sleep_until(Instant::now() + SEAL_EVERY) => {}
                }
                if let Err(error) = audit.seal().await {
                    warn!(%error, "journal could not be sealed");
                }
                if forget_at <= Instant::now() {
                    forget_at = Instant::now() + FORGET_EVERY;
                    if let Err(error) = audit.forget().await {
                        warn!(%error, "old facts could not be forgotten");
                    }
                }
            }
        }));
    }

    /// Ends the task and seals what is left.
    pub async fn stop(&self) {
        let task = self.task.lock().take();
        if let Some(task) = task {
            task.stop(Duration::from_secs(5)).await;
        }
        if let Err(error) = self.seal().await {
            warn!(%error, "journal could not be sealed");
        }
    }

    /// What became of a message.
    pub async fn explain(&self, question: Question) -> Result<Explanation, ExplainError> {
        self.store.read(move |view| Ok(explain(view, &question))).await?
    }

    /// Seals all facts that are not sealed yet. Without new facts nothing is written.
    pub async fn seal(&self) -> Result<(), StoreError> {
        loop {
            let sql =
                "SELECT coalesce((SELECT max(id) FROM facts), 0) > coalesce((SELECT max(last) FROM audit_seals), 0)";
            let is_new: Option<bool> = self.store.read(move |view| view.first(sql, [], |row| row.get(0))).await?;
            if is_new != Some(true) || !self.store.write(seal::seal).await? {
                return Ok(());
            }
        }
    }

    /// Checks the whole chain.
    pub async fn verify(&self) -> Result<Verdict, StoreError> {
        let (keep, now_ms) = (self.config.get().keep, self.clock.now_ms());
        self.store.read(move |view| seal::verify(view, retain::horizon(view, keep, now_ms)?)).await
    }

    /// Forgets what is older, or more, than is kept.
    pub async fn forget(&self) -> Result<(), StoreError> {
        let (keep, now_ms) = (self.config.get().keep, self.clock.now_ms());
        // What was never sealed must not go unseen.
        self.seal().await?;
        let horizon = self.store.read(move |view| retain::horizon(view, keep, now_ms)).await?;
        let mut after = String::new();
        loop {
            let from = after.clone();
            match self.store.write(move |tx| retain::forget(tx, horizon, &from)).await? {
                Some(next) => after = next,
                None => return Ok(()),
            }
        }
    }
}
