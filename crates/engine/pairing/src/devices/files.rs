//! The two files of devices: written whole, unknown fields kept, a file that cannot be read put aside.

use std::{collections::BTreeMap, io, sync::Arc};

use parking_lot::Mutex;
use serde::{Serialize, de::DeserializeOwned};
use stdx::{AbsPath, AtomicFile};

use super::book::Book;

/// `<state>/devices/pending.json` and `paired.json`.
#[derive(Debug, Clone)]
pub(super) struct Files {
    pending: AtomicFile,
    paired: AtomicFile,
}

impl Files {
    pub(super) fn new(state_dir: &AbsPath) -> Self {
        let folder = state_dir.join("devices");
        Self {
            pending: AtomicFile::real(folder.join("pending.json")),
            paired: AtomicFile::real(folder.join("paired.json")),
        }
    }

    pub(super) fn load(&self, now: i64) -> Book {
        let mut book = Book { pending: read(&self.pending, now), paired: read(&self.paired, now) };
        book.prune(now);
        book
    }

    /// Writes what the book holds by now.
    pub(super) fn save(&self, book: &Arc<Mutex<Book>>) -> io::Result<()> {
        let (pending, paired) = {
            let book = book.lock();
            (encode(&book.pending)?, encode(&book.paired)?)
        };
        write(&self.pending, &pending)?;
        write(&self.paired, &paired)
    }
}

/// A record that is not readable must not take the others with it, nor be lost: the whole file is put aside.
fn read<T: DeserializeOwned>(file: &AtomicFile, now: i64) -> BTreeMap<String, T> {
    let path = file.path();
    let bytes = match file.read() {
        Ok(None) => return BTreeMap::new(),
        Ok(Some(bytes)) => bytes,
        Err(error) => {
            tracing::error!(%path, %error, "devices could not be read");
            return BTreeMap::new();
        }
    };
    serde_json::from_slice(&bytes).unwrap_or_else(|error| {
        let aside = path.with_suffix(&format!(".unreadable-{now}"));
        let moved = std::fs::rename(path, &aside);
        tracing::error!(%path, %aside, %error, moved = moved.is_ok(), "devices could not be read and were put aside");
        BTreeMap::new()
    })
}

fn encode<T: Serialize>(records: &BTreeMap<String, T>) -> io::Result<Vec<u8>> {
    let mut bytes = serde_json::to_vec_pretty(records)?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// An unchanged file is left alone.
fn write(file: &AtomicFile, bytes: &[u8]) -> io::Result<()> {
    if file.read().ok().flatten().as_deref() == Some(bytes) { Ok(()) } else { file.write(bytes) }
}
