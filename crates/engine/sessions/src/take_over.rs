//! At start: what the published program left is taken over, what it changed meanwhile is merged, and what a crash kept
//! from the transcripts is added to them.

use std::collections::HashSet;
use std::sync::Arc;

use ids::{AgentId, SessionId, SessionKey};
use serde::Deserialize as _;
use stdx::{AbsPath, AtomicFile};
use store::{StoreError, Tx, params};
use tracing::{info, warn};

use crate::SessionsError;
use crate::active::Place;
use crate::export::{Seen, hash};
use crate::index;
use crate::places::Found;
use crate::record::Record;
use crate::sessions::Sessions;

/// Sessions in one transaction of a take-over: messages that arrive meanwhile wait for one of these at most.
const CHUNK: usize = 200;

impl Sessions {
    /// Done once at start; the methods wait for its end.
    pub(crate) async fn take_over(&self) {
        if let Err(error) = self.merge_all().await {
            warn!(%error, "the published program's sessions could not be taken over");
        }
        if let Err(error) = self.adopt_earlier_layout().await {
            warn!(%error, "conversations of an older layout could not be taken over, they stay where they are");
        }
        // Before anybody is answered: a client that was not told of an answer looks for it in the transcript, once.
        if let Err(error) = self.mend_transcripts().await {
            warn!(%error, "committed entries could not be added to their transcripts, they stay in the database");
        }
        self.ready.open();
    }

    async fn merge_all(&self) -> Result<(), SessionsError> {
        let shared = &self.shared;
        let folders = shared.disk.list(&shared.places.agents()).map_err(StoreError::from)?;
        // The default agent first: in a file that holds all agents, keys that name none are its own.
        let default = shared.neighbours.default_agent();
        let named = folders.iter().filter_map(|name| name.parse::<AgentId>().ok()).filter(|agent| *agent != default);
        let agents: Vec<_> = std::iter::once(default.clone()).chain(named).collect();
        let configured = shared.config.get().store.clone();
        let mut done = HashSet::new();
        for agent in agents {
            let path = shared.places.index_file(&agent, configured.as_deref());
            // One agent's file that cannot be read keeps no other agent from its own.
            if done.insert(path.clone())
                && let Err(error) = self.merge_file(&agent, path.clone()).await
            {
                warn!(path = %path, %error, "sessions of the published program could not be merged");
            }
        }
        Ok(())
    }

    async fn merge_file(&self, agent: &AgentId, path: AbsPath) -> Result<(), SessionsError> {
        let stat = match self.shared.disk.stat(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
            stat => stat.map_err(StoreError::from)?,
        };
        let of = path.clone();
        let seen = self.shared.store.read(move |view| Seen::find(view, &of)).await?;
        if seen.as_ref().is_some_and(|seen| seen.is_untouched(&stat)) {
            return Ok(());
        }
        let bytes = self.read_file(&path).await?.unwrap_or_default();
        let hash = hash(&bytes);
        if seen.as_ref().is_some_and(|seen| seen.hash == hash) {
            return Ok(());
        }
        let Some(theirs) = self.parse(agent, &bytes) else {
            return self.put_damaged_aside(&path, &bytes);
        };
        drop(bytes);
        let keys: HashSet<SessionKey> = theirs.iter().map(|(key, _)| key.clone()).collect();
        info!(path = %path, sessions = theirs.len(), "sessions of the published program are merged");
        let newest = self.merge(agent, theirs).await?.max(seen.as_ref().map_or(0, |seen| seen.newest));
        // A file that we never wrote cannot say that something was deleted from it, and stays marked as theirs.
        let deletes_up_to = seen.map_or(0, |seen| seen.newest);
        let newest = if deletes_up_to > 0 { newest } else { 0 };
        let seen = Seen { path: path.to_string(), len: stat.len, modified_ms: stat.modified_ms, hash, newest };
        let agent = agent.clone();
        let ended = self.shared.store.write(move |tx| {
            delete_missing(tx, &agent, &keys, deletes_up_to)?;
            seen.save(tx, &agent)
        });
        Ok(ended.await?)
    }

    /// Theirs and ours by key; the one used later counts. Gives the newest row.
    pub(crate) async fn merge(&self, agent: &AgentId, theirs: Vec<(SessionKey, Record)>) -> Result<i64, SessionsError> {
        let (mut newest, mut theirs) = (0, theirs.into_iter().peekable());
        while theirs.peek().is_some() {
            let chunk: Vec<_> = theirs.by_ref().take(CHUNK).collect();
            let agent = agent.clone();
            newest = newest.max(self.shared.store.write(move |tx| merge(tx, &agent, chunk)).await?);
        }
        Ok(newest)
    }

    /// The sessions of an agent's index: JSON, or JSON5 as people write it. `None` where it is neither.
    pub(crate) fn parse(&self, agent: &AgentId, bytes: &[u8]) -> Option<Vec<(SessionKey, Record)>> {
        parse(bytes, |key| self.modern_key(agent, key))
    }

    /// Keys of earlier versions had no agent: theirs is the one whose file it is.
    fn modern_key(&self, agent: &AgentId, key: &str) -> Option<SessionKey> {
        let key = key.trim();
        if key.starts_with("agent:") {
            return key.parse().ok();
        }
        let group = key.strip_prefix("group:").map(|id| format!("unknown:group:{id}"));
        self.key_of(agent, group.as_deref().unwrap_or(key)).ok()
    }

    /// A file of the other program; `None` where there is none.
    pub(crate) async fn read_file(&self, path: &AbsPath) -> Result<Option<Vec<u8>>, SessionsError> {
        let file = AtomicFile::new(Arc::clone(&self.shared.disk), path.clone());
        let read = self.shared.pool.run(move || file.read()).await;
        Ok(read.map_err(|_| SessionsError::Closed)?.map_err(StoreError::from)?)
    }

    /// A file that cannot be read is kept under another name, so that the next export does not replace it.
    fn put_damaged_aside(&self, path: &AbsPath, bytes: &[u8]) -> Result<(), SessionsError> {
        let aside = path.with_suffix(&format!(".damaged.{}", crate::archive::stamp(self.shared.clock.now_ms())));
        warn!(path = %path, kept = %aside, "session index of the published program cannot be read");
        AtomicFile::new(Arc::clone(&self.shared.disk), aside).write(bytes).map_err(StoreError::from)?;
        Ok(())
    }

    /// Adds to transcripts what was committed before a crash.
    async fn mend_transcripts(&self) -> Result<(), SessionsError> {
        let sql = "SELECT path, session, min(cwd) FROM pending_entries GROUP BY path, session";
        let left: Vec<(String, String, String)> = self
            .shared
            .store
            .read(move |view| view.query(sql, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))))
            .await?;
        for (path, session, cwd) in left {
            let (Ok(said), Ok(session)) = (AbsPath::new(&path), session.parse()) else { continue };
            let place = self.place_of_rows(&said, session, &cwd).await?;
            if place.path != said {
                self.move_rows(&said, &place.path).await?;
            }
            self.shared.activate(place).await?;
        }
        Ok(())
    }

    /// Where the transcript of committed entries is now: where its session looks for it, whosever it is.
    async fn place_of_rows(&self, said: &AbsPath, session: SessionId, cwd: &str) -> Result<Place, SessionsError> {
        let (shared, of) = (&self.shared, session.clone());
        for key in shared.store.read(move |view| index::by_session(view, &of)).await? {
            let Some(record) = shared.find(&key).await? else { continue };
            let place = self.place(&key, &record, &shared.places.state);
            if let Some(place) = place.filter(|place| place.path.file_name() == said.file_name()) {
                return Ok(Place { cwd: cwd.into(), ..place });
            }
        }
        // The session is gone or was started over.
        let Found { path, origin } =
            shared.places.found_again(shared.disk.as_ref(), &self.default_agent(), said.clone());
        Ok(Place { path, origin, session, cwd: cwd.into() })
    }

    /// Entries that were committed before the state folder was moved go to the transcript where it is now.
    async fn move_rows(&self, said: &AbsPath, path: &AbsPath) -> Result<(), SessionsError> {
        info!(from = %said, to = %path, "committed entries follow their transcript");
        let (from, to) = (said.to_string(), path.to_string());
        let moved = self.shared.store.write(move |tx| {
            tx.execute("UPDATE pending_entries SET path = ?1 WHERE path = ?2", params![to, from])?;
            Ok(())
        });
        Ok(moved.await?)
    }
}

/// One transaction of a merge.
fn merge(tx: &Tx<'_>, agent: &AgentId, theirs: Vec<(SessionKey, Record)>) -> Result<i64, StoreError> {
    for (key, record) in theirs {
        let ours = index::find(tx, &key)?;
        if ours.is_none_or(|ours| ours.updated_at() < record.updated_at()) {
            let owner = key.agent().unwrap_or_else(|| agent.clone());
            index::save(tx, &key, &owner, &record)?;
        }
    }
    let newest = "SELECT coalesce(max(id), 0) FROM sessions WHERE agent = ?1";
    Ok(tx.first(newest, [agent.as_str()], |row| row.get(0))?.unwrap_or(0))
}

/// What the last export held and the file no longer holds was deleted by the other program.
fn delete_missing(tx: &Tx<'_>, agent: &AgentId, keys: &HashSet<SessionKey>, up_to: i64) -> Result<(), StoreError> {
    let sql = "SELECT key FROM sessions WHERE agent = ?1 AND id <= ?2";
    let ours: Vec<String> = tx.query(sql, params![agent.as_str(), up_to], |row| row.get(0))?;
    for key in ours.iter().filter_map(|key| key.parse::<SessionKey>().ok()).filter(|key| !keys.contains(key)) {
        index::remove(tx, &key)?;
    }
    Ok(())
}

/// Records without an id or a usable key are left out.
fn parse(bytes: &[u8], key: impl Fn(&str) -> Option<SessionKey>) -> Option<Vec<(SessionKey, Record)>> {
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Some(Vec::new());
    }
    let parsed = serde_json::from_slice::<Members>(bytes).ok().or_else(|| {
        let text = std::str::from_utf8(bytes).ok()?;
        let value: serde_json::Value =
            jsonc_parser::parse_to_serde_value(text, &jsonc_parser::ParseOptions::default()).ok()?;
        Members::deserialize(&value).ok().or_else(|| serde_json::from_str(&value.to_string()).ok())
    })?;
    let good = parsed.0.into_iter().filter_map(|(name, mut record)| {
        record.modernise();
        record.session()?;
        Some((key(&name)?, record))
    });
    Some(good.collect())
}

/// An object's members in their order.
#[derive(Debug)]
struct Members(Vec<(String, Record)>);

impl<'de> serde::Deserialize<'de> for Members {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Visit;
        impl<'de> serde::de::Visitor<'de> for Visit {
            type Value = Members;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("sessions by their keys")
            }
            fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = Vec::new();
                while let Some((key, value)) = map.next_entry::<String, Box<serde_json::value::RawValue>>()? {
                    // A member that is no object is somebody's note.
                    members.extend(serde_json::from_str(value.get()).ok().map(|record| (key, record)));
                }
                Ok(Members(members))
            }
        }
        from.deserialize_map(Visit)
    }
}
