//! The same store in memory, for simulations: no thread, no file, and a crash at any moment.
//!
//! What the real one promises holds here too: a committed group survives, a queued one is lost unless its commit was
//! already under way when the machine stopped, which the seed decides.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::task::Poll;

use parking_lot::Mutex;
use rusqlite::Connection;
use stdx::{Entropy as _, SeededEntropy};
use tokio::sync::oneshot;

use crate::group::{Job, Writing};
use crate::readers::read_once;
use crate::{StoreError, View};

#[derive(Debug)]
pub(crate) struct Memory(Mutex<State>);

/// A database of small pages: SQLite copies each page that a transaction changes, to be able to undo it.
pub(crate) fn empty() -> Result<Connection, StoreError> {
    let connection = Connection::open_in_memory()?;
    connection.pragma_update(None, "page_size", 1024)?;
    Ok(connection)
}

struct State {
    writing: Option<Writing>,
    queued: VecDeque<Job>,
    /// Set while a fault is planted: every commit fails like this.
    fault: Option<StoreError>,
}

impl Memory {
    pub(crate) fn new(writing: Writing) -> Self {
        Self(Mutex::new(State { writing: Some(writing), queued: VecDeque::new(), fault: None }))
    }

    /// Queues the job, lets others run, commits all that is queued, lets others run again, answers. So a scheduler
    /// may stop the machine before the commit, and between the commit and the answer.
    pub(crate) async fn write<T>(
        &self,
        job: Job,
        mut result: oneshot::Receiver<Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        {
            let mut state = self.0.lock();
            if state.writing.is_none() {
                return Err(StoreError::Closed);
            }
            state.queued.push_back(job);
        }
        give_way().await;
        self.0.lock().commit();
        give_way().await;
        result.try_recv().unwrap_or(Err(StoreError::Closed))
    }

    pub(crate) fn write_now<T>(
        &self,
        job: Job,
        mut result: oneshot::Receiver<Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        let mut state = self.0.lock();
        state.queued.push_back(job);
        state.commit();
        result.try_recv().unwrap_or(Err(StoreError::Closed))
    }

    pub(crate) fn read<T>(&self, work: impl FnOnce(&View<'_>) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let state = self.0.lock();
        let writing = state.writing.as_ref().ok_or(StoreError::Closed)?;
        read_once(writing.connection(), work)
    }

    pub(crate) fn fail_commits(&self, fault: Option<StoreError>) {
        self.0.lock().fault = fault;
    }

    /// Takes the database away from the dead process.
    pub(crate) fn crash(&self, seed: u64) -> Result<Connection, StoreError> {
        let mut state = self.0.lock();
        if SeededEntropy::new(seed).below(2) == 1 {
            state.commit();
        }
        state.queued.clear();
        state.writing.take().map(Writing::into_connection).ok_or(StoreError::Closed)
    }

    pub(crate) fn close(&self) {
        let mut state = self.0.lock();
        state.commit();
        state.writing = None;
    }

    pub(crate) fn copy(&self) -> Result<Connection, StoreError> {
        let state = self.0.lock();
        let writing = state.writing.as_ref().ok_or(StoreError::Closed)?;
        let mut copy = empty()?;
        rusqlite::backup::Backup::new(writing.connection(), &mut copy)?.step(-1)?;
        Ok(copy)
    }
}

impl State {
    fn commit(&mut self) {
        let Some(writing) = &self.writing else {
            self.queued.clear();
            return;
        };
        if let Some(fault) = &self.fault {
            for job in self.queued.drain(..) {
                job.refuse(fault);
            }
        }
        if let Some(first) = self.queued.pop_front() {
            writing.commit(first, || self.queued.pop_front());
        }
    }
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("State").field("queued", &self.queued.len()).finish_non_exhaustive()
    }
}

/// Comes back after every other task had its chance. Works under any executor.
async fn give_way() {
    let mut gave = false;
    poll_fn(|cx| {
        if std::mem::replace(&mut gave, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
