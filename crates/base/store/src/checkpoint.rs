//! Moving the log into the main file, beside the writer: commits go on meanwhile.
//!
//! The log starts over only when all of it was moved, so when the thread beside is done the writer itself moves the
//! few pages that were added since: a short wait now and then instead of a long one.
//!
//! The log's file is as long as the log will be before its first pages are needed: a commit that lengthens the file
//! waits for the file's own record on the disk as well as for its data.

use std::cell::Cell;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::thread::JoinHandle;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};
use stdx::AbsPath;
use tracing::warn;

use crate::StoreError;

/// A log of so many pages is moved: 8 MiB.
const LONG: u32 = 2_000;
/// A log of so many pages belongs to a program that goes on writing: its file is lengthened.
const BUSY: u32 = 50;
/// Bytes of that file: a long log, and what is added while it is moved.
pub(crate) const ROOM: u64 = 12 << 20;

/// A disk with less than this many times the room keeps it for words.
const ROOMY: u64 = 32;

thread_local! {
    /// Pages in the log after the newest commit of this thread, which SQLite tells to a plain function only.
    static PAGES: Cell<u32> = const { Cell::new(0) };
}

/// Whether the log's file is as long as the log will be.
#[derive(Debug, PartialEq, Eq)]
enum Room {
    Unknown,
    Given,
    Denied,
}

/// Watches how long the log is, and moves it on a thread of its own.
#[derive(Debug)]
pub(crate) struct Checkpoints {
    path: AbsPath,
    room: Room,
    /// Pages in the log when the last move began.
    moved: u32,
    running: Option<JoinHandle<Result<(), StoreError>>>,
}

impl Checkpoints {
    /// For the log of `writer`, whose commits are made on the thread that calls [`Checkpoints::committed`].
    pub(crate) fn new(path: AbsPath, writer: &Connection) -> Self {
        writer.wal_hook(Some(|_, pages| {
            PAGES.set(u32::try_from(pages).unwrap_or(0));
            Ok(())
        }));
        Self { path, room: Room::Unknown, moved: 0, running: None }
    }

    /// Called after each commit, when its callers were told.
    pub(crate) fn committed(&mut self, writer: &Connection) {
        let pages = PAGES.get();
        if self.room == Room::Unknown && pages > BUSY {
            self.room = self.make_room(writer).unwrap_or_else(|error| {
                warn!(%error, "database log was not given its room: commits take a little longer until the next start");
                Room::Denied
            });
        }
        if self.running.as_ref().is_some_and(JoinHandle::is_finished)
            && let Some(running) = self.running.take()
        {
            report(running.join().unwrap_or(Ok(())));
            report(checkpoint(writer));
        }
        if pages < self.moved {
            // The log has started over.
            self.moved = 0;
        }
        if pages - self.moved < LONG || self.running.is_some() {
            return;
        }
        self.moved = pages;
        let path = self.path.clone();
        let thread = std::thread::Builder::new().name("store-checkpoint".to_owned());
        // Without a thread the log goes on growing until the next try.
        self.running = thread.spawn(move || checkpoint(&open(&path)?)).ok();
    }

    /// Lengthens the log's file with zeros, which are no pages to SQLite.
    fn make_room(&self, writer: &Connection) -> Result<Room, StoreError> {
        // Nobody adds to the log meanwhile.
        let _alone = Transaction::new_unchecked(writer, TransactionBehavior::Immediate)?;
        let mut file = OpenOptions::new().append(true).open(format!("{}-wal", self.path))?;
        let disk = rustix::fs::fstatvfs(&file).map_err(std::io::Error::from)?;
        if disk.f_bavail.saturating_mul(disk.f_frsize) < ROOMY * ROOM {
            return Ok(Room::Denied);
        }
        let length = file.metadata()?.len();
        let zeros = [0; 64 << 10];
        let missing = ROOM.saturating_sub(length).div_ceil(zeros.len() as u64);
        // Synced here, where nobody waits for it.
        let written = (0..missing).try_for_each(|_| file.write_all(&zeros)).and_then(|()| file.sync_data());
        if let Err(error) = written {
            file.set_len(length)?;
            return Err(error.into());
        }
        Ok(Room::Given)
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
