//! A few read connections on a few threads. Readers never wait for the writer, nor the writer for them.

use std::sync::Arc;

use parking_lot::Mutex;
use rusqlite::{Connection, OpenFlags};
use stdx::{AbsPath, Pool};

use crate::{StoreError, View};

const THREADS: usize = 2;
const QUEUE: usize = 64;

#[derive(Debug)]
pub(crate) struct Readers {
    path: AbsPath,
    pool: Pool,
    free: Arc<Mutex<Vec<Connection>>>,
}

impl Readers {
    pub(crate) fn new(path: AbsPath) -> Self {
        Self { path, pool: Pool::new("store-read", THREADS, QUEUE), free: Arc::default() }
    }

    pub(crate) async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&View<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (path, free) = (self.path.clone(), Arc::clone(&self.free));
        let done = self.pool.run(move || run(&path, &free, work)).await;
        done.map_err(|error| StoreError::Panicked(error.to_string()))?
    }

    pub(crate) fn read_blocking<T>(
        &self,
        work: impl FnOnce(&View<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        run(&self.path, &self.free, work)
    }
}

fn run<T>(
    path: &AbsPath,
    free: &Mutex<Vec<Connection>>,
    work: impl FnOnce(&View<'_>) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    let idle = free.lock().pop();
    let connection = match idle {
        Some(connection) => connection,
        None => open(path)?,
    };
    let outcome = read_once(&connection, work);
    let mut free = free.lock();
    if free.len() < THREADS {
        free.push(connection);
    }
    outcome
}

/// One transaction, so that several queries see the same moment.
pub(crate) fn read_once<T>(
    connection: &Connection,
    work: impl FnOnce(&View<'_>) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    let _moment = Moment::begin(connection)?;
    work(&View { connection })
}

/// A transaction that changes nothing, over however the work ends. Its statements are compiled once for each connection.
struct Moment<'a>(&'a Connection);

impl<'a> Moment<'a> {
    fn begin(connection: &'a Connection) -> Result<Self, StoreError> {
        connection.prepare_cached("BEGIN")?.execute([])?;
        Ok(Self(connection))
    }
}

impl Drop for Moment<'_> {
    fn drop(&mut self) {
        let ended = self.0.prepare_cached("ROLLBACK").and_then(|mut rollback| rollback.execute([]));
        // There is nothing to undo; what cannot end leaves the next `BEGIN` to complain.
        drop(ended);
    }
}

fn open(path: &AbsPath) -> Result<Connection, StoreError> {
    let connection =
        Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(std::time::Duration::from_secs(2))?;
    connection.execute_batch("PRAGMA cache_size = -256; PRAGMA mmap_size = 0; PRAGMA query_only = 1;")?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}
