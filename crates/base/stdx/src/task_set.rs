//! Many short tasks with one owner and a bound.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::error;

use crate::task::caught;

/// There is no room for another task now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many tasks at once")]
pub struct Full;

/// A bounded set of tasks. A panic in one is caught and logged with its name; dropping the set cancels and aborts all.
#[derive(Debug)]
pub struct OwnedTasks {
    name: &'static str,
    cancel: CancellationToken,
    room: Arc<Semaphore>,
    bound: u32,
    tasks: Mutex<JoinSet<()>>,
}

impl OwnedTasks {
    /// A set below `parent` for at most `bound` tasks at once.
    #[must_use]
    pub fn new(name: &'static str, parent: &CancellationToken, bound: u32) -> Self {
        let room = Arc::new(Semaphore::new(usize::try_from(bound).unwrap_or(usize::MAX)));
        Self { name, cancel: parent.child_token(), room, bound, tasks: Mutex::default() }
    }

    /// Starts a task now, or says that there is no room.
    pub fn try_spawn<F>(&self, start: impl FnOnce(CancellationToken) -> F) -> Result<(), Full>
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let permit = Arc::clone(&self.room).try_acquire_owned().map_err(|_| Full)?;
        self.start(permit, start);
        Ok(())
    }

    /// Starts a task as soon as there is room.
    pub async fn spawn<F>(&self, start: impl FnOnce(CancellationToken) -> F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        // The semaphore is never closed, so there is always a permit in the end.
        if let Ok(permit) = Arc::clone(&self.room).acquire_owned().await {
            self.start(permit, start);
        }
    }

    /// How many tasks run now.
    #[must_use]
    pub fn running(&self) -> usize {
        usize::try_from(self.bound).unwrap_or(usize::MAX).saturating_sub(self.room.available_permits())
    }

    /// Waits until no task runs. Others may start meanwhile.
    pub async fn idle(&self) {
        drop(self.room.acquire_many(self.bound).await);
    }

    /// Asks all to end, waits for at most `grace`, then aborts the rest.
    pub async fn stop(&self, grace: Duration) {
        self.cancel.cancel();
        let ended = tokio::time::timeout(grace, self.idle()).await;
        if ended.is_err() {
            self.tasks.lock().abort_all();
        }
    }

    fn start<F>(&self, permit: OwnedSemaphorePermit, start: impl FnOnce(CancellationToken) -> F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let name = self.name;
        let work = start(self.cancel.child_token());
        let mut tasks = self.tasks.lock();
        while tasks.try_join_next().is_some() {}
        tasks.spawn(async move {
            let _permit = permit;
            if let Err(panic) = caught(work).await {
                error!(task = name, panic, "task panicked");
            }
        });
    }
}

impl Drop for OwnedTasks {
    fn drop(&mut self) {
        self.cancel.cancel();
    }
}
