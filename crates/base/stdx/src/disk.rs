//! The file system behind one small trait, so that a simulation can take the machine away at any moment.
//!
//! What a crash keeps: a `replace`, `rename` or `remove` that returned; appended bytes up to the last `sync` that
//! returned, and of the bytes after it some prefix.

mod memory;
mod real;

use std::fmt;
use std::io::{self, Write};

use crate::AbsPath;

pub use memory::MemoryDisk;
pub use real::{RealDisk, create_private_dir};

/// A file system, as far as we need one. Everything blocks.
pub trait Disk: Send + Sync + fmt::Debug {
    /// Opens a file for appending and creates it (readable by its owner alone) and its folders where they are missing.
    fn open(&self, path: &AbsPath) -> io::Result<Box<dyn DiskFile>>;

    /// Reads up to `max` bytes from an offset; fewer only at the end of the file.
    fn read(&self, path: &AbsPath, from: u64, max: usize) -> io::Result<Vec<u8>>;

    fn stat(&self, path: &AbsPath) -> io::Result<FileStat>;

    /// Whether the name is in use, also by a link that leads nowhere at the moment.
    fn is_taken(&self, path: &AbsPath) -> io::Result<bool> {
        match self.stat(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            stat => stat.map(|_| true),
        }
    }

    /// Puts a new file in place of an old one, or leaves the old one as it was. Readable by its owner alone.
    fn replace(&self, path: &AbsPath, fill: &mut dyn FnMut(&mut dyn Write) -> io::Result<()>) -> io::Result<()>;

    /// Gives a file another name, and makes the folders of that name where they are missing.
    fn rename(&self, from: &AbsPath, to: &AbsPath) -> io::Result<()>;

    fn remove(&self, path: &AbsPath) -> io::Result<()>;

    /// The names in a folder, sorted; a missing folder has none.
    fn list(&self, folder: &AbsPath) -> io::Result<Vec<String>>;

    /// Removes a folder; an error where something is in it.
    fn remove_folder(&self, folder: &AbsPath) -> io::Result<()>;
}

/// What is known of a file without reading it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileStat {
    pub len: u64,
    /// Wall time of the last change, in milliseconds; in memory a number that grows with each change.
    pub modified_ms: i64,
}

/// A file opened for appending.
pub trait DiskFile: Send + Sync + fmt::Debug {
    /// Writes at the end, with one call to the system where the system takes it whole.
    fn append(&mut self, bytes: &[u8]) -> io::Result<()>;

    /// Returns when all that was appended survives a crash.
    fn sync(&mut self) -> io::Result<()>;

    /// Cuts the file and syncs.
    fn truncate(&mut self, len: u64) -> io::Result<()>;

    fn len(&self) -> io::Result<u64>;

    fn is_empty(&self) -> io::Result<bool> {
        Ok(self.len()? == 0)
    }
}
