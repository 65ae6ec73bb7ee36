//! Blocking work on a few named threads, with a bound on what waits.
//!
//! Threads start when there is work and end when there has been none for a while, so a quiet program pays nothing.

use std::collections::VecDeque;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::{Condvar, Mutex};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use crate::task::panic_text;

/// A thread with nothing to do for this long ends.
const IDLE: Duration = Duration::from_secs(5);

type Job = Box<dyn FnOnce() + Send>;

/// Why a piece of work gave no result.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PoolError {
    #[error("the work panicked: {0}")]
    Panicked(String),
    #[error("no thread could be started for the work")]
    NoThread,
}

/// A small pool of threads for work that blocks.
pub struct Pool {
    shared: Arc<Shared>,
    room: Arc<Semaphore>,
    is_inline: bool,
}

impl Pool {
    /// At most `threads` at work and `queue` waiting; more wait in `run` itself.
    #[must_use]
    pub fn new(name: &'static str, threads: usize, queue: usize) -> Self {
        let threads = threads.max(1);
        let shared = Shared { name, threads, state: Mutex::default(), work: Condvar::new() };
        Self { shared: Arc::new(shared), room: Arc::new(Semaphore::new(threads + queue)), is_inline: false }
    }

    /// A pool without threads: work runs where it is awaited. For simulations, whose order must not depend on threads.
    #[must_use]
    pub fn inline() -> Self {
        let mut pool = Self::new("inline", 1, 0);
        pool.is_inline = true;
        pool
    }

    /// Runs the closure on one of the threads. Once queued it runs to its end, even when nobody waits any more.
    pub async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, PoolError> {
        if self.is_inline {
            return caught(work);
        }
        // The semaphore is never closed.
        let permit = Arc::clone(&self.room).acquire_owned().await.map_err(|_| PoolError::NoThread)?;
        let (answer, result) = oneshot::channel();
        self.push(Box::new(move || {
            let outcome = caught(work);
            release(permit);
            // Nobody waits for the result any more: it is dropped.
            drop(answer.send(outcome));
        }));
        result.await.unwrap_or(Err(PoolError::NoThread))
    }

    fn push(&self, job: Job) {
        let mut state = self.shared.state.lock();
        state.jobs.push_back(job);
        if state.idle > 0 {
            self.shared.work.notify_one();
        } else if state.alive < self.shared.threads {
            let shared = Arc::clone(&self.shared);
            let thread = std::thread::Builder::new().name(self.shared.name.to_owned());
            match thread.spawn(move || shared.serve()) {
                Ok(_) => state.alive += 1,
                // With another thread alive the job waits for it; with none it is dropped and its caller told.
                Err(_) if state.alive == 0 => state.jobs.clear(),
                Err(_) => {}
            }
        }
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.shared.state.lock().closed = true;
        self.shared.work.notify_all();
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool")
            .field("name", &self.shared.name)
            .field("threads", &self.shared.threads)
            .finish_non_exhaustive()
    }
}

struct Shared {
    name: &'static str,
    threads: usize,
    state: Mutex<State>,
    work: Condvar,
}

#[derive(Default)]
struct State {
    jobs: VecDeque<Job>,
    alive: usize,
    idle: usize,
    closed: bool,
}

impl Shared {
    fn serve(&self) {
        let mut state = self.state.lock();
        loop {
            if let Some(job) = state.jobs.pop_front() {
                drop(state);
                job();
                state = self.state.lock();
                continue;
            }
            if state.closed {
                break;
            }
            state.idle += 1;
            let waited = self.work.wait_for(&mut state, IDLE);
            state.idle -= 1;
            if waited.timed_out() && state.jobs.is_empty() {
                break;
            }
        }
        state.alive -= 1;
    }
}

fn caught<T>(work: impl FnOnce() -> T) -> Result<T, PoolError> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|panic| PoolError::Panicked(panic_text(&*panic)))
}

/// Gives the place in the queue back before the answer, so that whoever gets the answer finds room.
fn release(permit: OwnedSemaphorePermit) {
    drop(permit);
}
