//! The lock file of another program that uses the same folder, held so that the two never run at once.
//!
//! The other program judges by what is written in the file: a pid that lives, and on Linux the moment that process
//! started, so that a reused pid is not mistaken for the holder.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sha1::{Digest as _, Sha1};
use stdx::{AbsPath, Clock};
use tracing::warn;

use crate::LeaseError;

/// A lock file nobody can be named for is taken over after this long.
const UNKNOWN_OWNER_MS: i64 = 30_000;

/// Where the other program's lock is, and what it wants to read there.
#[derive(Debug, Clone)]
pub struct ForeignLock {
    path: AbsPath,
    config: AbsPath,
    clock: Arc<dyn Clock>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Content {
    pid: u32,
    #[serde(default)]
    created_at: String,
    #[serde(default)]
    config_path: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    start_time: Option<u64>,
}

impl ForeignLock {
    /// `<temporary>/<program>-<uid>/gateway.<first 8 hex digits of the config path's SHA-1>.lock`.
    #[must_use]
    pub fn new(temporary: &AbsPath, program: &str, config: &AbsPath, clock: Arc<dyn Clock>) -> Self {
        let digest = Sha1::digest(config.to_string().as_bytes());
        let short: String = digest.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
        let uid = rustix::process::getuid().as_raw();
        let path = temporary.join(format!("{program}-{uid}")).join(format!("gateway.{short}.lock"));
        Self { path, config: config.clone(), clock }
    }

    #[must_use]
    pub const fn path(&self) -> &AbsPath {
        &self.path
    }

    pub(crate) fn take(&self) -> Result<(), LeaseError> {
        let unusable = |error| LeaseError::Unusable { path: self.path.clone(), error };
        stdx::create_private_dir(&self.path.parent()).map_err(unusable)?;
        // Twice: a stale file is removed once, and whoever makes a new one between the two steps is the holder.
        for _ in 0..2 {
            match OpenOptions::new().write(true).create_new(true).mode(0o600).open(&self.path) {
                Ok(mut file) => return file.write_all(&self.content()).map_err(unusable),
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                    if let Some(pid) = self.holder() {
                        return Err(LeaseError::HeldByOther { pid, path: self.path.clone() });
                    }
                    // It may be gone already: then the next attempt makes it.
                    drop(std::fs::remove_file(&self.path));
                }
                Err(error) => return Err(unusable(error)),
            }
        }
        Err(LeaseError::HeldByOther { pid: 0, path: self.path.clone() })
    }

    pub(crate) fn give_back(&self) {
        let is_ours = self.read().is_some_and(|content| content.pid == std::process::id());
        if is_ours && let Err(error) = std::fs::remove_file(&self.path) {
            warn!(%error, path = %self.path, "lock file could not be removed");
        }
    }

    /// The live process the file names; 0 where it names none but is too young to have been left behind.
    fn holder(&self) -> Option<u32> {
        match self.read() {
            Some(content) if content.pid == std::process::id() => None,
            Some(content) => is_alive(&content).then_some(content.pid),
            None => self.is_young().then_some(0),
        }
    }

    fn is_young(&self) -> bool {
        let changed = std::fs::metadata(&self.path).and_then(|file| file.modified()).ok();
        let since = changed.and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok());
        let changed_ms = since.and_then(|since| i64::try_from(since.as_millis()).ok());
        changed_ms.is_some_and(|changed_ms| self.clock.now_ms() - changed_ms <= UNKNOWN_OWNER_MS)
    }

    fn read(&self) -> Option<Content> {
        serde_json::from_slice(&std::fs::read(&self.path).ok()?).ok()
    }

    fn content(&self) -> Vec<u8> {
        let pid = std::process::id();
        let content = Content {
            pid,
            created_at: jiff::Timestamp::from_millisecond(self.clock.now_ms())
                .map_or_else(|_| String::new(), |at| format!("{at:.3}")),
            config_path: self.config.to_string(),
            start_time: start_time(pid),
        };
        serde_json::to_vec(&content).unwrap_or_default()
    }
}

fn is_alive(content: &Content) -> bool {
    let Some(pid) = i32::try_from(content.pid).ok().and_then(rustix::process::Pid::from_raw) else { return false };
    let exists = !matches!(rustix::process::test_kill_process(pid), Err(rustix::io::Errno::SRCH));
    let same = match (content.start_time, start_time(content.pid)) {
        (Some(written), Some(found)) => written == found,
        _ => true,
    };
    exists && same
}

/// When a process started, in ticks since boot: the 22nd field of its stat line on Linux.
fn start_time(pid: u32) -> Option<u64> {
    let line = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name in parentheses may hold spaces, so count from behind it.
    line.rsplit_once(')')?.1.split_whitespace().nth(19)?.parse().ok()
}
