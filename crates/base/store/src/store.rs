//! The handle everybody holds: write, read, close; and the store in memory that a simulation uses instead.

use std::fs::OpenOptions;
use std::future::Future;
use std::os::unix::fs::OpenOptionsExt as _;
use std::sync::Arc;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};
use stdx::{AbsPath, Clock};

use crate::checkpoint::{Checkpoints, ROOM};
use crate::group::{Job, Writing};
use crate::memory::{self, Memory};
use crate::migration;
use crate::readers::Readers;
use crate::writer::Writer;
use crate::{Migration, StoreError, Tx, View};

/// The number of the process that may write: it grows with every start, and a process with an older one is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fence(pub u64);

/// The embedded database. Clones share it.
#[derive(Debug, Clone)]
pub struct Store(Arc<Backing>);

#[derive(Debug)]
enum Backing {
    File { writer: Writer, readers: Readers, fence: Fence },
    ReadOnly { readers: Readers },
    Memory { memory: Box<Memory>, fence: Fence, clock: Arc<dyn Clock> },
}

impl Store {
    /// Opens the file for writing, creates it where it is missing, and adds the tables that are missing. Blocks.
    pub fn open(path: &AbsPath, migrations: &[Migration], clock: Arc<dyn Clock>) -> Result<Self, StoreError> {
        stdx::create_private_dir(&path.parent())?;
        // SQLite gives its log the mode of the main file, so the main file must be private from the start.
        OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path)?;
        let mut connection =
            Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
        connection.busy_timeout(Duration::from_secs(5))?;
        migration::check_layout(&connection)?;
        connection.execute_batch(&format!(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0;
             PRAGMA journal_size_limit = {}; PRAGMA cache_size = -1024; PRAGMA mmap_size = 0;
             PRAGMA temp_store = MEMORY;",
            2 * ROOM
        ))?;
        let token = migration::prepare(&mut connection, migrations)?;
        let checkpoints = Checkpoints::new(path.clone(), &connection);
        let writer = Writer::start(writing(connection, clock, token), checkpoints)?;
        Ok(Self(Arc::new(Backing::File { writer, readers: Readers::new(path.clone()), fence: Fence(token) })))
    }

    /// Opens an existing file for reading, beside a process that may be writing to it.
    pub fn open_read_only(path: &AbsPath) -> Result<Self, StoreError> {
        let readers = Readers::new(path.clone());
        readers.read_blocking(|view| migration::check_layout(view.connection))?;
        Ok(Self(Arc::new(Backing::ReadOnly { readers })))
    }

    /// A store in memory, without a thread: transactions run where they are awaited.
    pub fn memory(migrations: &[Migration], clock: Arc<dyn Clock>) -> Result<Self, StoreError> {
        let mut connection = memory::empty()?;
        let token = migration::prepare(&mut connection, migrations)?;
        Ok(Self::in_memory(connection, clock, token))
    }

    /// Runs a transaction and comes back when it is synced. On an error nothing of it was kept.
    ///
    /// Dropping the future before it was queued undoes the call; afterwards the transaction runs to its end.
    /// Transactions run in the order in which they were queued.
    pub fn write<T, F>(&self, work: F) -> impl Future<Output = Result<T, StoreError>> + Send + use<T, F>
    where
        T: Send + 'static,
        F: FnOnce(&Tx<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        let backing = Arc::clone(&self.0);
        let (job, result) = Job::new(work);
        async move {
            match &*backing {
                Backing::File { writer, .. } => {
                    writer.send(job).await?;
                    result.await.unwrap_or(Err(StoreError::Closed))
                }
                Backing::Memory { memory, .. } => memory.write(job, result).await,
                Backing::ReadOnly { .. } => Err(StoreError::ReadOnly),
            }
        }
    }

    /// As [`Store::write`], for threads that may block.
    pub fn write_blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Tx<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (job, result) = Job::new(work);
        match &*self.0 {
            Backing::File { writer, .. } => {
                writer.send_blocking(job)?;
                result.blocking_recv().unwrap_or(Err(StoreError::Closed))
            }
            Backing::Memory { memory, .. } => memory.write_now(job, result),
            Backing::ReadOnly { .. } => Err(StoreError::ReadOnly),
        }
    }

    /// Reads a consistent state, the newest committed one.
    pub async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&View<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        match &*self.0 {
            Backing::File { readers, .. } | Backing::ReadOnly { readers } => readers.read(work).await,
            Backing::Memory { memory, .. } => memory.read(work),
        }
    }

    /// As [`Store::read`], for threads that may block.
    pub fn read_blocking<T>(&self, work: impl FnOnce(&View<'_>) -> Result<T, StoreError>) -> Result<T, StoreError> {
        match &*self.0 {
            Backing::File { readers, .. } | Backing::ReadOnly { readers } => readers.read_blocking(work),
            Backing::Memory { memory, .. } => memory.read(work),
        }
    }

    /// The fencing token of this process; `None` for a reader.
    #[must_use]
    pub fn fence(&self) -> Option<Fence> {
        match &*self.0 {
            Backing::File { fence, .. } | Backing::Memory { fence, .. } => Some(*fence),
            Backing::ReadOnly { .. } => None,
        }
    }

    /// Finishes what is queued and refuses what comes later. Blocks.
    pub fn close_blocking(&self) {
        match &*self.0 {
            Backing::File { writer, .. } => {
                if let Some(thread) = writer.close() {
                    // A panic of the thread was already told to those who waited for it, as `Closed`.
                    drop(thread.join());
                }
            }
            Backing::Memory { memory, .. } => memory.close(),
            Backing::ReadOnly { .. } => {}
        }
    }

    /// In memory only: every commit fails like this until told otherwise.
    pub fn fail_commits(&self, fault: Option<StoreError>) {
        if let Backing::Memory { memory, .. } = &*self.0 {
            memory.fail_commits(fault);
        }
    }

    /// In memory only: the machine stops. Gives the store as the next process opens it; this one is closed.
    pub fn crash(&self, seed: u64, migrations: &[Migration]) -> Result<Self, StoreError> {
        let Backing::Memory { memory, clock, .. } = &*self.0 else { return Err(StoreError::Closed) };
        let mut connection = memory.crash(seed)?;
        let token = migration::prepare(&mut connection, migrations)?;
        Ok(Self::in_memory(connection, Arc::clone(clock), token))
    }

    /// In memory only: an independent copy as of now, much cheaper than a new store with its migrations.
    pub fn fork(&self, clock: Arc<dyn Clock>) -> Result<Self, StoreError> {
        let Backing::Memory { memory, fence, .. } = &*self.0 else { return Err(StoreError::Closed) };
        Ok(Self::in_memory(memory.copy()?, clock, fence.0))
    }

    fn in_memory(connection: Connection, clock: Arc<dyn Clock>, token: u64) -> Self {
        let memory = Box::new(Memory::new(writing(connection, Arc::clone(&clock), token)));
        Self(Arc::new(Backing::Memory { memory, fence: Fence(token), clock }))
    }
}

fn writing(connection: Connection, clock: Arc<dyn Clock>, token: u64) -> Writing {
    // Every statement of the program, so that none is compiled twice; each takes a few KiB.
    connection.set_prepared_statement_cache_capacity(128);
    Writing::new(connection, clock, token)
}
