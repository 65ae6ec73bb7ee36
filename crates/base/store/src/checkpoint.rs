//! Moving the log into the main file, beside the writer: commits go on meanwhile.
//!
//! The log starts over only when all of it was moved, so when the thread beside is done the writer itself moves the
//! few pages that were added since: a short wait now and then instead of a long one.

use std::thread::JoinHandle;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};
use stdx::AbsPath;
use tracing::warn;

use crate::StoreError;

/// Commits between two moves.
const EVERY: u32 = 400;

/// Counts commits and moves the log on a thread of its own.
#[derive(Debug)]
pub(crate) struct Checkpoints {
    path: AbsPath,
    commits: u32,
    running: Option<JoinHandle<Result<(), StoreError>>>,
}

impl Checkpoints {
    pub(crate) fn new(path: AbsPath) -> Self {
        Self { path, commits: 0, running: None }
    }

    /// Called after each commit, when its callers were told.
    pub(crate) fn committed(&mut self, writer: &Connection) {
        self.commits += 1;
        if self.running.as_ref().is_some_and(JoinHandle::is_finished)
            && let Some(running) = self.running.take()
        {
            report(running.join().unwrap_or(Ok(())));
            report(checkpoint(writer));
        }
        if self.commits < EVERY || self.running.is_some() {
            return;
        }
        self.commits = 0;
        let path = self.path.clone();
        let thread = std::thread::Builder::new().name("store-checkpoint".to_owned());
        // Without a thread the log goes on growing until the next try.
        self.running = thread.spawn(move || checkpoint(&open(&path)?)).ok();
    }
}

impl Drop for Checkpoints {
    fn drop(&mut self) {
        if let Some(running) = self.running.take() {
            report(running.join().unwrap_or(Ok(())));
        }
    }
}

/// As far as it goes without waiting for anybody.
fn checkpoint(connection: &Connection) -> Result<(), StoreError> {
    Ok(connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))?)
}

fn open(path: &AbsPath) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(Duration::from_secs(1))?;
    connection.execute_batch("PRAGMA synchronous = FULL; PRAGMA cache_size = -64; PRAGMA mmap_size = 0;")?;
    Ok(connection)
}

fn report(done: Result<(), StoreError>) {
    if let Err(error) = done {
        // Nothing is lost: the log goes on growing and the next try comes.
        warn!(%error, "database log could not be moved into the main file");
    }
}
