//! The disk, with each write a moment at which the machine may stop.

use std::io::{self, Write};
use std::sync::Arc;

use stdx::{AbsPath, Disk, DiskFile, FileStat, MemoryDisk};

use crate::fault::Fault;
use crate::outside::Outside;

/// A disk in memory whose process may die.
#[derive(Debug, Clone)]
pub(crate) struct MortalDisk {
    pub(crate) disk: MemoryDisk,
    pub(crate) outside: Arc<Outside>,
}

impl MortalDisk {
    /// An error when the process is dead: what it does now reaches no disk.
    fn write(&self, what: &str, path: &AbsPath) -> io::Result<()> {
        if self.outside.moment(what, path) { Ok(()) } else { Err(io::ErrorKind::NotConnected.into()) }
    }
}

impl Disk for MortalDisk {
    fn open(&self, path: &AbsPath) -> io::Result<Box<dyn DiskFile>> {
        Ok(Box::new(MortalFile { file: self.disk.open(path)?, path: path.clone(), disk: self.clone() }))
    }

    fn read(&self, path: &AbsPath, from: u64, max: usize) -> io::Result<Vec<u8>> {
        self.disk.read(path, from, max)
    }

    fn stat(&self, path: &AbsPath) -> io::Result<FileStat> {
        self.disk.stat(path)
    }

    fn replace(&self, path: &AbsPath, fill: &mut dyn FnMut(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
        self.write("disk.replace", path)?;
        self.disk.replace(path, fill)
    }

    fn rename(&self, from: &AbsPath, to: &AbsPath) -> io::Result<()> {
        self.write("disk.rename", from)?;
        self.disk.rename(from, to)
    }

    fn remove(&self, path: &AbsPath) -> io::Result<()> {
        self.write("disk.remove", path)?;
        self.disk.remove(path)
    }

    fn list(&self, folder: &AbsPath) -> io::Result<Vec<String>> {
        self.disk.list(folder)
    }

    fn remove_folder(&self, folder: &AbsPath) -> io::Result<()> {
        self.disk.remove_folder(folder)
    }
}

#[derive(Debug)]
struct MortalFile {
    file: Box<dyn DiskFile>,
    path: AbsPath,
    disk: MortalDisk,
}

impl DiskFile for MortalFile {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.disk.write("disk.append", &self.path)?;
        self.file.append(bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.disk.write("disk.sync", &self.path)?;
        if self.disk.outside.has(Fault::DiskLies) { Ok(()) } else { self.file.sync() }
    }

    fn truncate(&mut self, len: u64) -> io::Result<()> {
        self.disk.write("disk.truncate", &self.path)?;
        self.file.truncate(len)
    }

    fn len(&self) -> io::Result<u64> {
        self.file.len()
    }
}
