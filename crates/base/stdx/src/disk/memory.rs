//! A file system in memory that forgets at a crash what a real one may forget.
//!
//! Clones share their files. It can be told to fail, as a full or read-only disk does.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::Arc;

use parking_lot::Mutex;

use super::{Disk, DiskFile, FileStat};
use crate::{AbsPath, Entropy as _, SeededEntropy};

/// Files in memory. Opened files stay with the disk they were opened on: after a crash they are the dead process's.
#[derive(Debug, Clone, Default)]
pub struct MemoryDisk(Arc<Mutex<State>>);

impl MemoryDisk {
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The disk as the next process finds it. What was synced is there; of what was appended since, each file keeps a
    /// prefix chosen by the seed. The old disk fails every call from now on, so the dead process writes nothing more.
    #[must_use]
    pub fn crash(&self, seed: u64) -> Self {
        let mut old = self.0.lock();
        old.fault = Some(io::ErrorKind::NotConnected);
        let entropy = SeededEntropy::new(seed);
        let mut files = BTreeMap::new();
        for (path, file) in &old.files {
            let content = file.lock();
            let unsynced = content.bytes.len().saturating_sub(content.synced);
            let kept = content.synced + usize::try_from(entropy.below(as_u64(unsynced) + 1)).unwrap_or(0);
            let bytes = content.bytes.get(..kept).unwrap_or_default().to_vec();
            if content.is_named || !bytes.is_empty() {
                let synced = bytes.len();
                files.insert(path.clone(), Arc::new(Mutex::new(Content { bytes, synced, is_named: true, changes: 1 })));
            }
        }
        Self(Arc::new(Mutex::new(State { files, fault: None, fails_after: None })))
    }

    /// Every write, sync, rename and removal fails like this until told otherwise. Reading goes on.
    pub fn fail_writes(&self, fault: Option<io::ErrorKind>) {
        self.0.lock().fault = fault;
    }

    /// Lets this many more bytes in; the append that would pass them is cut there and fails, as on a full disk.
    pub fn fill_up_after(&self, bytes: Option<usize>) {
        self.0.lock().fails_after = bytes;
    }
}

#[derive(Debug, Default)]
struct State {
    files: BTreeMap<AbsPath, Arc<Mutex<Content>>>,
    fault: Option<io::ErrorKind>,
    fails_after: Option<usize>,
}

impl State {
    fn check(&self) -> io::Result<()> {
        self.fault.map_or(Ok(()), |fault| Err(fault.into()))
    }

    /// How many of these bytes still fit.
    fn take_room(&mut self, wanted: usize) -> usize {
        let Some(room) = &mut self.fails_after else { return wanted };
        let fits = wanted.min(*room);
        *room -= fits;
        fits
    }

    fn find(&self, path: &AbsPath) -> io::Result<Arc<Mutex<Content>>> {
        self.files.get(path).cloned().ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

#[derive(Debug, Default)]
struct Content {
    bytes: Vec<u8>,
    synced: usize,
    /// The name itself survives a crash.
    is_named: bool,
    changes: i64,
}

impl Disk for MemoryDisk {
    fn open(&self, path: &AbsPath) -> io::Result<Box<dyn DiskFile>> {
        let mut state = self.0.lock();
        state.check()?;
        let content = Arc::clone(state.files.entry(path.clone()).or_default());
        Ok(Box::new(MemoryFile { disk: self.clone(), content }))
    }

    fn read(&self, path: &AbsPath, from: u64, max: usize) -> io::Result<Vec<u8>> {
        let content = self.0.lock().find(path)?;
        let content = content.lock();
        let from = usize::try_from(from).unwrap_or(usize::MAX).min(content.bytes.len());
        let to = from.saturating_add(max).min(content.bytes.len());
        Ok(content.bytes.get(from..to).unwrap_or_default().to_vec())
    }

    fn stat(&self, path: &AbsPath) -> io::Result<FileStat> {
        let content = self.0.lock().find(path)?;
        let content = content.lock();
        Ok(FileStat { len: as_u64(content.bytes.len()), modified_ms: content.changes })
    }

    fn replace(&self, path: &AbsPath, fill: &mut dyn FnMut(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
        let mut bytes = Vec::new();
        fill(&mut bytes)?;
        let mut state = self.0.lock();
        state.check()?;
        if state.take_room(bytes.len()) < bytes.len() {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let synced = bytes.len();
        let changes = state.files.get(path).map_or(0, |old| old.lock().changes) + 1;
        state.files.insert(path.clone(), Arc::new(Mutex::new(Content { bytes, synced, is_named: true, changes })));
        Ok(())
    }

    fn rename(&self, from: &AbsPath, to: &AbsPath) -> io::Result<()> {
        let mut state = self.0.lock();
        state.check()?;
        let content = state.find(from)?;
        content.lock().is_named = true;
        state.files.remove(from);
        state.files.insert(to.clone(), content);
        Ok(())
    }

    fn remove(&self, path: &AbsPath) -> io::Result<()> {
        let mut state = self.0.lock();
        state.check()?;
        state.files.remove(path).map(drop).ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn list(&self, folder: &AbsPath) -> io::Result<Vec<String>> {
        let state = self.0.lock();
        let mut names: Vec<String> = Vec::new();
        for path in state.files.keys() {
            if let Ok(below) = path.as_path().strip_prefix(folder.as_path())
                && let Some(first) = below.components().next()
            {
                names.extend(first.as_os_str().to_str().map(str::to_owned));
            }
        }
        names.sort_unstable();
        names.dedup();
        Ok(names)
    }

    fn remove_folder(&self, folder: &AbsPath) -> io::Result<()> {
        // A folder is there as long as something is in it.
        if self.list(folder)?.is_empty() { Ok(()) } else { Err(io::ErrorKind::DirectoryNotEmpty.into()) }
    }
}

#[derive(Debug)]
struct MemoryFile {
    disk: MemoryDisk,
    content: Arc<Mutex<Content>>,
}

impl DiskFile for MemoryFile {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut state = self.disk.0.lock();
        state.check()?;
        let fits = state.take_room(bytes.len());
        let mut content = self.content.lock();
        content.bytes.extend_from_slice(bytes.get(..fits).unwrap_or_default());
        content.changes += 1;
        if fits < bytes.len() { Err(io::ErrorKind::StorageFull.into()) } else { Ok(()) }
    }

    fn sync(&mut self) -> io::Result<()> {
        self.disk.0.lock().check()?;
        let mut content = self.content.lock();
        content.synced = content.bytes.len();
        content.is_named = true;
        Ok(())
    }

    fn truncate(&mut self, len: u64) -> io::Result<()> {
        self.disk.0.lock().check()?;
        let mut content = self.content.lock();
        content.bytes.truncate(usize::try_from(len).unwrap_or(usize::MAX));
        content.synced = content.bytes.len();
        content.is_named = true;
        content.changes += 1;
        Ok(())
    }

    fn len(&self) -> io::Result<u64> {
        Ok(as_u64(self.content.lock().bytes.len()))
    }
}

fn as_u64(len: usize) -> u64 {
    u64::try_from(len).unwrap_or(u64::MAX)
}
