//! One agent's credential file on disk, read again when it changed and written in place.
//!
//! Another program may write the same file: both hold its lock folder while they read, change and write.

use std::fs::Metadata;
use std::io;
use std::time::{Duration, SystemTime};

use serde_json::{Map, Value, json};
use stdx::{AbsPath, AtomicFile, Clock};

use crate::stored::Stored;

/// A lock folder older than this was left by a process that died.
const STALE_MS: i64 = 30_000;
const ATTEMPTS: u32 = 20;
const PAUSE: Duration = Duration::from_millis(25);

#[derive(Debug)]
pub(crate) struct Vault {
    file: AtomicFile,
    seen: Option<(SystemTime, u64)>,
    stored: std::sync::Arc<Stored>,
}

/// Why a credential file could not be used.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    #[error("cannot use the credential file {path}: {source}")]
    Disk { path: AbsPath, source: io::Error },
    #[error("the credential file {path} is not JSON: {reason}; move it away or restore it")]
    Damaged { path: AbsPath, reason: String },
    #[error("the credential file {path} is locked by another program")]
    Locked { path: AbsPath },
}

impl Vault {
    pub(crate) fn new(path: AbsPath) -> Self {
        Self { file: AtomicFile::real(path), seen: None, stored: std::sync::Arc::default() }
    }

    pub(crate) fn path(&self) -> &AbsPath {
        self.file.path()
    }

    /// What the file holds now.
    pub(crate) fn read(&mut self) -> Result<std::sync::Arc<Stored>, VaultError> {
        let now = std::fs::metadata(self.path()).ok().and_then(|facts| version(&facts));
        if now.is_none() || now != self.seen {
            self.stored = std::sync::Arc::new(Stored::parse(&self.load()?));
            self.seen = now;
        }
        Ok(std::sync::Arc::clone(&self.stored))
    }

    /// Changes the file as it is on disk; what the change does not touch stays.
    pub(crate) fn change<T>(
        &mut self,
        clock: &dyn Clock,
        change: impl FnOnce(&mut Map<String, Value>) -> T,
    ) -> Result<T, VaultError> {
        let _lock = Lock::take(self.path(), clock)?;
        let mut root = match self.load()? {
            Value::Object(root) => root,
            _ => Map::new(),
        };
        root.entry("version").or_insert_with(|| json!(1));
        root.entry("profiles").or_insert_with(|| json!({}));
        let result = change(&mut root);
        let mut text = serde_json::to_vec_pretty(&root)
            .map_err(|error| VaultError::Damaged { path: self.path().clone(), reason: error.to_string() })?;
        text.push(b'\n');
        self.file.write(&text).map_err(|source| VaultError::Disk { path: self.path().clone(), source })?;
        self.seen = None;
        Ok(result)
    }

    fn load(&self) -> Result<Value, VaultError> {
        let path = self.path();
        match self.file.read().map_err(|source| VaultError::Disk { path: path.clone(), source })? {
            None => Ok(json!({})),
            // The parser's text would quote the file: its line and column are enough.
            Some(bytes) => serde_json::from_slice(&bytes).map_err(|error| VaultError::Damaged {
                path: path.clone(),
                reason: format!("error at line {} column {}", error.line(), error.column()),
            }),
        }
    }
}

fn version(facts: &Metadata) -> Option<(SystemTime, u64)> {
    Some((facts.modified().ok()?, facts.len()))
}

/// The folder `<file>.lock`, which both programs make before they write.
struct Lock(AbsPath);

impl Lock {
    fn take(file: &AbsPath, clock: &dyn Clock) -> Result<Self, VaultError> {
        let path = file.with_suffix(".lock");
        let failed = |source| VaultError::Disk { path: file.clone(), source };
        stdx::create_private_dir(&file.parent()).map_err(failed)?;
        for _ in 0..ATTEMPTS {
            match std::fs::create_dir(&path) {
                Ok(()) => return Ok(Self(path)),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                    if is_stale(&path, clock) {
                        // Whoever removes it first makes the next attempt succeed for one of us.
                        drop(std::fs::remove_dir(&path));
                    } else {
                        std::thread::sleep(PAUSE);
                    }
                }
                Err(error) => return Err(failed(error)),
            }
        }
        Err(VaultError::Locked { path: file.clone() })
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        drop(std::fs::remove_dir(&self.0));
    }
}

fn is_stale(path: &AbsPath, clock: &dyn Clock) -> bool {
    let modified = std::fs::metadata(path).and_then(|facts| facts.modified()).ok();
    let since = modified.and_then(|time| time.duration_since(SystemTime::UNIX_EPOCH).ok());
    since.is_some_and(|since| clock.now_ms() - i64::try_from(since.as_millis()).unwrap_or(i64::MAX) > STALE_MS)
}
