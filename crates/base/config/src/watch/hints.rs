//! What Linux tells of changes in folders.
//!
//! Only files that were closed, moved or removed are told of, never each write: the database in the same folder is
//! written to all the time.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::inotify::{self, CreateFlags, ReadFlags, Reader, WatchFlags};
use tokio::io::unix::AsyncFd;

/// Space for some events; more are read in turns.
const SPACE: usize = 1024;

#[derive(Debug)]
pub(super) struct Hints {
    told: AsyncFd<OwnedFd>,
}

impl Hints {
    pub(super) fn of<'a>(folders: impl IntoIterator<Item = &'a Path>) -> io::Result<Self> {
        let told = inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK)?;
        let flags = WatchFlags::CLOSE_WRITE | WatchFlags::MOVE | WatchFlags::CREATE | WatchFlags::DELETE;
        for folder in folders {
            inotify::add_watch(&told, folder, flags | WatchFlags::ONLYDIR)?;
        }
        #[expect(deprecated, reason = "the descriptor is owned and never taken back, which is all that is asked of it")]
        let told = AsyncFd::new(told)?;
        Ok(Self { told })
    }

    /// Waits until something may have happened to one of the files.
    pub(super) async fn next(&self, files: &BTreeSet<PathBuf>) {
        loop {
            let Ok(mut ready) = self.told.readable().await else { return std::future::pending().await };
            let concerns = ready.try_io(|told| concerns(told.get_ref(), files));
            match concerns {
                Ok(Ok(true)) => return,
                // Nothing of ours, or nothing more to read for now.
                Ok(Ok(false)) | Err(_) => {}
                // The slow look goes on alone.
                Ok(Err(_)) => return std::future::pending().await,
            }
        }
    }
}

/// Reads all that is told; whether one of the files is meant.
fn concerns(told: &OwnedFd, files: &BTreeSet<PathBuf>) -> io::Result<bool> {
    let mut space = [MaybeUninit::uninit(); SPACE];
    let mut reader = Reader::new(told, &mut space);
    let (mut any, mut ours) = (false, false);
    loop {
        match reader.next() {
            Ok(event) => {
                any = true;
                let name = event.file_name().map(|name| OsStr::from_bytes(name.to_bytes()));
                ours |= event.events().contains(ReadFlags::QUEUE_OVERFLOW)
                    || files.iter().any(|file| file.file_name() == name);
            }
            Err(rustix::io::Errno::AGAIN) if any => return Ok(ours),
            Err(error) => return Err(error.into()),
        }
    }
}
