//! One process per state folder: an exclusive lock on a file with the holder's pid inside.
//!
//! The kernel gives the lock back when the process ends, however it ends; a pid in an unlocked file means nothing.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;

use rustix::fs::{FlockOperation, flock};
use stdx::AbsPath;

use crate::ForeignLock;

/// Why the folder could not be had.
#[derive(Debug, thiserror::Error)]
pub enum LeaseError {
    /// Talk to the holder, stop it, or take over by ending it first.
    #[error("the state folder is held by process {}", pid.map_or_else(|| "unknown".to_owned(), |pid| pid.to_string()))]
    Held { pid: Option<u32> },
    /// Another program that uses the same folder runs: stop it first.
    #[error("another program (process {pid}) runs on this state folder; its lock is {path}")]
    HeldByOther { pid: u32, path: AbsPath },
    #[error("the lock file {path} cannot be used: {error}")]
    Unusable { path: AbsPath, error: io::Error },
}

/// The right to write to a state folder, for as long as it is held.
#[derive(Debug)]
pub struct Lease {
    // Closing the file gives the lock back.
    _file: File,
    foreign: Option<ForeignLock>,
}

impl Lease {
    /// Takes the lock on `path`, and then the other program's, or says who holds it. Never waits.
    pub fn acquire(path: &AbsPath, foreign: Option<ForeignLock>) -> Result<Self, LeaseError> {
        let unusable = |error| LeaseError::Unusable { path: path.clone(), error };
        stdx::create_private_dir(&path.parent()).map_err(unusable)?;
        let open = OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path);
        let mut file = open.map_err(unusable)?;
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(rustix::io::Errno::WOULDBLOCK) => return Err(LeaseError::Held { pid: read_pid(&mut file) }),
            Err(error) => return Err(unusable(error.into())),
        }
        write_pid(&mut file).map_err(unusable)?;
        if let Some(foreign) = &foreign {
            foreign.take()?;
        }
        Ok(Self { _file: file, foreign })
    }

    /// The process that holds the folder now, if one does. `None` inside means it did not say its pid.
    pub fn holder(path: &AbsPath) -> Option<Option<u32>> {
        let mut file = File::open(path).ok()?;
        match flock(&file, FlockOperation::NonBlockingLockShared) {
            Err(rustix::io::Errno::WOULDBLOCK) => Some(read_pid(&mut file)),
            Ok(()) | Err(_) => None,
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some(foreign) = &self.foreign {
            foreign.give_back();
        }
    }
}

fn read_pid(file: &mut File) -> Option<u32> {
    let mut text = String::new();
    file.seek(SeekFrom::Start(0)).ok()?;
    file.read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}

fn write_pid(file: &mut File) -> io::Result<()> {
    file.set_len(0)?;
    file.seek(SeekFrom::Start(0))?;
    writeln!(file, "{}", std::process::id())
}
