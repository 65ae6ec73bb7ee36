//! The index as the published program reads it: written behind, so that a user may go back to it.
//!
//! A file that is not as we last read or wrote it is kept aside before it is replaced.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use ids::AgentId;
use sha2::{Digest as _, Sha256};
use stdx::{AbsPath, AtomicFile, Disk, FileStat};
use store::{StoreError, Tx, View, params};
use tracing::warn;

use crate::archive::stamp;
use crate::shared::Shared;

/// What was last read from or written to a file of the other program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) path: String,
    pub(crate) len: u64,
    pub(crate) modified_ms: i64,
    pub(crate) hash: String,
    /// The newest session that the file holds: what is older and missing in it was deleted by the other program.
    /// 0 for a file that we only read.
    pub(crate) newest: i64,
}

impl Seen {
    /// What is known of this very file: what was seen at another place says nothing about it.
    pub(crate) fn find(view: &View<'_>, path: &AbsPath) -> Result<Option<Self>, StoreError> {
        let sql = "SELECT path, len, modified_ms, hash, newest FROM session_exports WHERE path = ?1";
        view.first(sql, [path.to_string()], |row| {
            let len: i64 = row.get(1)?;
            let (path, modified_ms, hash, newest) = (row.get(0)?, row.get(2)?, row.get(3)?, row.get(4)?);
            Ok(Self { path, len: len.unsigned_abs(), modified_ms, hash, newest })
        })
    }

    /// Whether the file looks as it did then, without reading it.
    pub(crate) fn is_untouched(&self, stat: &FileStat) -> bool {
        self.len == stat.len && self.modified_ms == stat.modified_ms
    }

    /// One row for each agent whose file it is; all of them say the same.
    pub(crate) fn save(&self, tx: &Tx<'_>, agent: &AgentId) -> Result<(), StoreError> {
        let len = i64::try_from(self.len).unwrap_or(i64::MAX);
        tx.execute(
            "INSERT OR REPLACE INTO session_exports (agent, path, len, modified_ms, hash, newest)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![agent.as_str(), self.path, len, self.modified_ms, self.hash, self.newest],
        )?;
        tx.execute(
            "UPDATE session_exports SET len = ?2, modified_ms = ?3, hash = ?4, newest = ?5 WHERE path = ?1",
            params![self.path, len, self.modified_ms, self.hash, self.newest],
        )?;
        Ok(())
    }
}

pub(crate) fn hash(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

impl Shared {
    /// Writes every agent's file; one that fails keeps no other from being written, and is tried again with the next
    /// change.
    pub(crate) async fn export_all(&self) {
        self.index_dirty.store(false, Ordering::SeqCst);
        let files = match self.export_files().await {
            Ok(files) => files,
            Err(error) => {
                warn!(%error, "the published program's session index could not be written");
                return;
            }
        };
        for (path, agents) in files {
            if let Err(error) = self.export_file(path.clone(), agents).await {
                warn!(path = %path, %error, "the published program's session index could not be written");
            }
        }
    }

    /// Writes the file of one agent, for who must know that it is done.
    pub(crate) async fn export_agent(&self, agent: &AgentId) -> Result<(), StoreError> {
        for (path, agents) in self.export_files().await? {
            if agents.contains(agent) {
                self.export_file(path, agents).await?;
            }
        }
        Ok(())
    }

    /// The files there are to write, and whose they are.
    async fn export_files(&self) -> Result<BTreeMap<AbsPath, Vec<AgentId>>, StoreError> {
        let agents = "SELECT agent FROM sessions UNION SELECT agent FROM session_exports";
        let agents: Vec<String> = self.store.read(move |view| view.query(agents, [], |row| row.get(0))).await?;
        let configured = self.config.get().store.clone();
        // One path without a place for the agent's name holds all agents.
        let mut files: BTreeMap<AbsPath, Vec<AgentId>> = BTreeMap::new();
        for agent in agents.iter().map(|agent| AgentId::normalised(agent)) {
            files.entry(self.places.index_file(&agent, configured.as_deref())).or_default().push(agent);
        }
        Ok(files)
    }

    async fn export_file(&self, path: AbsPath, agents: Vec<AgentId>) -> Result<(), StoreError> {
        let (disk, now_ms) = (Arc::clone(&self.disk), self.clock.now_ms());
        let written = self.store.read(move |view| {
            let seen = Seen::find(view, &path)?;
            keep_aside(&disk, &path, seen.as_ref(), now_ms)?;
            write_file(view, &disk, &path, &agents).map(|seen| (seen, agents))
        });
        let (seen, agents) = written.await?;
        self.store.write(move |tx| agents.iter().try_for_each(|agent| seen.save(tx, agent))).await
    }
}

fn write_file(view: &View<'_>, disk: &Arc<dyn Disk>, path: &AbsPath, agents: &[AgentId]) -> Result<Seen, StoreError> {
    let (mut newest, mut digest, mut failure) = (0, Sha256::new(), None);
    AtomicFile::new(Arc::clone(disk), path.clone())
        .write_with(&mut |out| {
            let mut out = Hashing { out, digest: &mut digest };
            match rows(view, agents, &mut out) {
                Ok(last) => newest = last,
                Err(error) => {
                    failure = Some(error);
                    return Err(io::ErrorKind::Interrupted.into());
                }
            }
            Ok(())
        })
        .map_err(|error| failure.take().unwrap_or_else(|| error.into()))?;
    let stat = disk.stat(path)?;
    let hash = hex::encode(digest.finalize());
    Ok(Seen { path: path.to_string(), len: stat.len, modified_ms: stat.modified_ms, hash, newest })
}

/// One object, a key for each session, two spaces deep, no line end behind.
fn rows(view: &View<'_>, agents: &[AgentId], out: &mut dyn Write) -> Result<i64, StoreError> {
    let mut newest = 0;
    let mut is_first = true;
    out.write_all(b"{")?;
    for agent in agents {
        let mut failure = None;
        let sql = "SELECT id, key, record FROM sessions WHERE agent = ?1 ORDER BY id";
        view.each(sql, [agent.as_str()], |row| {
            newest = newest.max(row.get(0)?);
            let (key, record): (String, String) = (row.get(1)?, row.get(2)?);
            let done = member(out, &key, &record, std::mem::replace(&mut is_first, false));
            failure = done.err();
            Ok(failure.is_none())
        })?;
        if let Some(error) = failure {
            return Err(error.into());
        }
    }
    out.write_all(if is_first { b"}" } else { b"\n}" })?;
    Ok(newest)
}

fn member(out: &mut dyn Write, key: &str, record: &str, is_first: bool) -> io::Result<()> {
    // One record at a time is a value: the file is for people too, so it is indented.
    let record: serde_json::Value = serde_json::from_str(record)?;
    let pretty = serde_json::to_string_pretty(&record)?.replace('\n', "\n  ");
    write!(out, "{}\n  {}: {pretty}", if is_first { "" } else { "," }, serde_json::Value::from(key))
}

/// Copies what would be lost with the file: one that we only read, once; one that changed since or that could not be
/// read at start, each time. A file that cannot be read now is an error, so it is not replaced.
fn keep_aside(disk: &Arc<dyn Disk>, path: &AbsPath, seen: Option<&Seen>, now_ms: i64) -> Result<(), StoreError> {
    let is_written = seen.is_some_and(|seen| seen.newest > 0);
    let stat = match disk.stat(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        stat => stat?,
    };
    if is_written && seen.is_some_and(|seen| seen.is_untouched(&stat)) {
        return Ok(());
    }
    let Some(theirs) = AtomicFile::new(Arc::clone(disk), path.clone()).read()? else { return Ok(()) };
    let is_known = seen.is_some_and(|seen| seen.hash == hash(&theirs));
    if is_written && is_known {
        return Ok(());
    }
    let first = AtomicFile::new(Arc::clone(disk), path.with_suffix(".bak"));
    if first.read()?.is_none() {
        first.write(&theirs)?;
    } else if !is_known {
        let aside = path.with_suffix(&format!(".unread.{}", stamp(now_ms)));
        warn!(path = %path, kept = %aside, "session index of the published program changed meanwhile");
        AtomicFile::new(Arc::clone(disk), aside).write(&theirs)?;
    }
    Ok(())
}

struct Hashing<'a> {
    out: &'a mut dyn Write,
    digest: &'a mut Sha256,
}

impl Write for Hashing<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.digest.update(bytes.get(..written).unwrap_or_default());
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
