//! One task with an owner and an end. The only places of `tokio::spawn` are here and in `task_set`.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// How a task ended.
#[derive(Debug, PartialEq, Eq)]
pub enum TaskEnd<T> {
    /// It returned.
    Done(T),
    /// It panicked; the text says with what. The panic was caught at the task's boundary.
    Panicked(String),
    /// It was aborted, because it did not return within its grace or the runtime stopped.
    Aborted,
}

impl<T> TaskEnd<T> {
    pub fn done(self) -> Option<T> {
        match self {
            Self::Done(value) => Some(value),
            Self::Panicked(_) | Self::Aborted => None,
        }
    }
}

/// A running task. Dropping it cancels its token and aborts it.
#[derive(Debug)]
pub struct OwnedTask<T = ()> {
    cancel: CancellationToken,
    handle: JoinHandle<Result<T, String>>,
}

impl<T: Send + 'static> OwnedTask<T> {
    /// Starts a task below `parent`: the closure gets a child token and gives the future to run.
    #[expect(clippy::disallowed_methods, reason = "the owner that the ban asks for")]
    pub fn spawn<F>(parent: &CancellationToken, start: impl FnOnce(CancellationToken) -> F) -> Self
    where
        F: Future<Output = T> + Send + 'static,
    {
        let cancel = parent.child_token();
        let handle = tokio::spawn(caught(start(cancel.clone())));
        Self { cancel, handle }
    }

    /// Asks the task to end; it may take its time.
    pub fn cancel(&self) {
        self.cancel.cancel();
    }

    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.handle.is_finished()
    }

    /// Waits until the task returns by itself. Loses nothing when dropped in a `select!`, but the task then ends:
    /// borrow it mutably with [`OwnedTask::ended`] where it must go on.
    pub async fn join(mut self) -> TaskEnd<T> {
        self.ended().await
    }

    /// Waits for the end and may be dropped and called again until it has given one.
    pub async fn ended(&mut self) -> TaskEnd<T> {
        match (&mut self.handle).await {
            Ok(Ok(value)) => TaskEnd::Done(value),
            Ok(Err(panic)) => TaskEnd::Panicked(panic),
            Err(_) => TaskEnd::Aborted,
        }
    }

    /// Asks first, waits for at most `grace`, then aborts.
    pub async fn stop(mut self, grace: Duration) -> TaskEnd<T> {
        self.cancel.cancel();
        tokio::time::timeout(grace, self.ended()).await.unwrap_or(TaskEnd::Aborted)
    }
}

impl<T> Drop for OwnedTask<T> {
    fn drop(&mut self) {
        self.cancel.cancel();
        self.handle.abort();
    }
}

/// Runs a future so that a panic in it becomes a value.
pub(crate) async fn caught<T>(future: impl Future<Output = T> + Send) -> Result<T, String> {
    let mut future: Pin<Box<dyn Future<Output = T> + Send + '_>> = Box::pin(future);
    std::future::poll_fn(move |cx| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx))) {
        Ok(poll) => poll.map(Ok),
        Err(panic) => std::task::Poll::Ready(Err(panic_text(&*panic))),
    })
    .await
}

pub(crate) fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("a panic without a text").to_owned()
}
