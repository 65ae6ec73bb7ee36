//! A session in use: stage entries in any engine's transaction, read what a model sees.

use std::sync::Arc;

use ids::{AgentId, EntryId, SessionId, SessionKey};
use stdx::AbsPath;
use store::{StoreError, Tx, params};

use crate::SessionsError;
use crate::active::Active;
use crate::index;
use crate::record::Record;
use crate::shared::Shared;
use crate::transcript::entry::{NewEntry, line};
use crate::transcript::history::History;

/// How often a history that changes while it is read is read again.
const ATTEMPTS: usize = 3;

/// A session in use. Clones share it; while one lives its history stays in memory.
#[derive(Debug, Clone)]
pub struct Session {
    pub(crate) key: SessionKey,
    pub(crate) agent: AgentId,
    pub(crate) active: Arc<Active>,
    pub(crate) shared: Arc<Shared>,
}

impl Session {
    #[must_use]
    pub const fn key(&self) -> &SessionKey {
        &self.key
    }

    /// The transcript's name.
    #[must_use]
    pub fn id(&self) -> &SessionId {
        &self.active.place.session
    }

    /// The transcript's file.
    #[must_use]
    pub fn path(&self) -> &AbsPath {
        &self.active.place.path
    }

    /// Commits an entry with whatever else the transaction does. After the commit it goes to the file by itself.
    pub fn stage(&self, tx: &Tx<'_>, entry: NewEntry) -> Result<EntryId, StoreError> {
        let path = self.active.place.path.to_string();
        let newest: Option<String> =
            tx.first("SELECT entry FROM pending_entries WHERE path = ?1 ORDER BY id DESC LIMIT 1", [&path], |row| {
                row.get(0)
            })?;
        let parent = newest.and_then(|id| id.parse().ok()).or_else(|| self.active.leaf_at_open.clone());
        let id = self.shared.new_entry_id();
        let line = line(&entry, &id, parent.as_ref(), tx.now_ms())?;
        tx.execute(
            "INSERT INTO pending_entries (path, session, entry, cwd, line) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![path, self.id().as_str(), id.as_str(), &*self.active.place.cwd, line],
        )?;
        let row = tx.last_id();
        let synced = self.active.progress.borrow().synced;
        if synced > 0 {
            tx.execute("DELETE FROM pending_entries WHERE path = ?1 AND id < ?2", params![path, synced])?;
        }
        let (active, shared, staged) = (Arc::clone(&self.active), Arc::clone(&self.shared), id.clone());
        tx.after_commit(move || {
            active.committed(row, line, &entry, &staged);
            shared.written(active);
        });
        Ok(id)
    }

    /// Commits entries by themselves.
    pub async fn append(&self, entries: Vec<NewEntry>) -> Result<Vec<EntryId>, SessionsError> {
        let session = self.clone();
        let staged =
            self.shared.store.write(move |tx| entries.into_iter().map(|entry| session.stage(tx, entry)).collect());
        Ok(staged.await?)
    }

    /// Changes the session's record inside a transaction. Says nothing of its use: `touch` the record for that.
    pub fn update(&self, tx: &Tx<'_>, change: impl FnOnce(&mut Record)) -> Result<(), StoreError> {
        // A session that was deleted meanwhile stays deleted, and one that started over is another session's record.
        let Some(mut record) =
            index::find(tx, &self.key)?.filter(|record| record.session().as_ref() == Some(self.id()))
        else {
            return Ok(());
        };
        change(&mut record);
        self.shared.save(tx, &self.key, &self.agent, &record)
    }

    /// The session's record as it stands; `None` when it was deleted.
    pub async fn record(&self) -> Result<Option<Record>, SessionsError> {
        self.shared.find(&self.key).await
    }

    /// What a model sees of the conversation, with everything that was committed before the call.
    pub async fn history(&self) -> Result<Arc<History>, SessionsError> {
        self.active.touch();
        if let Some(history) = self.active.history() {
            return Ok(history);
        }
        let mut attempt = 1;
        loop {
            let committed = self.settle().await?;
            let (active, disk) = (Arc::clone(&self.active), Arc::clone(&self.shared.disk));
            let read = self.shared.pool.run(move || History::read(disk.as_ref(), &active.place.path)).await;
            let read = read.map_err(|_| SessionsError::Closed)?;
            let history = Arc::new(read.map_err(|error| SessionsError::transcript(self.path(), &error))?);
            if self.active.keep_history(&history, committed) || attempt == ATTEMPTS {
                return Ok(history);
            }
            attempt += 1;
        }
    }

    /// Waits until readers of the file see all that was committed before the call; gives the last such row.
    pub(crate) async fn settle(&self) -> Result<i64, SessionsError> {
        let mut progress = self.active.progress.subscribe();
        let (wanted, has_failed) = {
            let now = progress.borrow_and_update();
            (now.committed, now.failure.is_some())
        };
        if has_failed {
            // Not told of an old failure: there may be room by now.
            self.active.progress.send_modify(|progress| progress.failure = None);
            self.shared.written(Arc::clone(&self.active));
        }
        self.wait(&mut progress, |progress| progress.appended >= wanted).await?;
        Ok(wanted)
    }

    /// Waits until all that was committed before the call is synced in the file.
    pub async fn flush(&self) -> Result<(), SessionsError> {
        let wanted = self.settle().await?;
        self.shared.sync_now();
        let mut progress = self.active.progress.subscribe();
        self.wait(&mut progress, |progress| progress.synced >= wanted).await
    }

    async fn wait(
        &self,
        progress: &mut tokio::sync::watch::Receiver<crate::active::Progress>,
        is_there: impl Fn(&crate::active::Progress) -> bool,
    ) -> Result<(), SessionsError> {
        let ended = progress.wait_for(|progress| is_there(progress) || progress.failure.is_some()).await;
        let now = ended.map_err(|_| SessionsError::Closed)?;
        match &now.failure {
            Some(reason) if !is_there(&now) => {
                Err(SessionsError::Transcript { path: self.active.place.path.clone(), reason: reason.to_string() })
            }
            _ => Ok(()),
        }
    }
}
