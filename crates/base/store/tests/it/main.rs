//! Whether what was told to be written is there: after errors, in groups, after crashes, beside other processes.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod crash;
mod facts;
mod kill;
mod lease;
mod schema;
mod writes;

use std::sync::Arc;

use stdx::{AbsPath, ManualClock};
use store::{Migration, Store};

const NOTES: &[Migration] =
    &[Migration { owner: "test", version: 1, sql: "CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT UNIQUE)" }];

struct Folder {
    _folder: tempfile::TempDir,
    path: AbsPath,
}

fn folder() -> Folder {
    let folder = tempfile::tempdir().unwrap();
    let path = AbsPath::new(folder.path().join("gateway.sqlite")).unwrap();
    Folder { _folder: folder, path }
}

fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::new(1_000))
}

fn open(folder: &Folder) -> Store {
    Store::open(&folder.path, NOTES, clock()).unwrap()
}

fn insert(store: &Store, text: &str) -> impl Future<Output = Result<usize, store::StoreError>> + use<> {
    let text = text.to_owned();
    store.write(move |tx| tx.execute("INSERT INTO notes (text) VALUES (?1)", [text]))
}

fn notes(store: &Store) -> Vec<String> {
    store.read_blocking(|view| view.query("SELECT text FROM notes ORDER BY id", [], |row| row.get(0))).unwrap()
}
