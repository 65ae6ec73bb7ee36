//! What all sessions in use share: the store, the disk, and who writes files behind their backs.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use config::Live;
use ids::{AgentId, EntryId, SessionKey};
use parking_lot::Mutex;
use stdx::{AbsPath, Clock, Disk, Entropy, Pool};
use store::{Store, StoreError, Tx};
use tokio::sync::{Notify, Semaphore};

use crate::SessionsError;
use crate::active::Active;
use crate::config::Config;
use crate::index;
use crate::places::Places;
use crate::ports::Neighbours;
use crate::recent::Recent;
use crate::record::Record;

/// All of it in one place, behind one `Arc`.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) store: Store,
    pub(crate) disk: Arc<dyn Disk>,
    pub(crate) pool: Arc<Pool>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) config: Live<Config>,
    pub(crate) places: Places,
    pub(crate) neighbours: Arc<dyn Neighbours>,
    pub(crate) recent: Recent,
    pub(crate) active: Mutex<BTreeMap<AbsPath, Arc<Active>>>,
    /// Held while a transcript is taken into use.
    pub(crate) opening: Semaphore,
    /// Held while a conversation is begun or a few are put aside where their number has a bound: two that make room at once would put aside too
    /// many, or one another.
    pub(crate) beginning: Semaphore,
    /// Transcripts with committed lines that are not in their files yet. At most as many as are in use.
    pub(crate) to_append: Mutex<Vec<Arc<Active>>>,
    pub(crate) append: Notify,
    /// Wakes the one who syncs, rests idle sessions and writes the other program's index.
    pub(crate) upkeep: Notify,
    /// Wakes the one who puts aside the rest of too many conversations.
    pub(crate) crowded: Notify,
    pub(crate) sync_now: AtomicBool,
    pub(crate) index_dirty: AtomicBool,
}

impl Shared {
    /// A line was committed: called on the writer's thread.
    pub(crate) fn written(&self, active: Arc<Active>) {
        self.to_append.lock().push(active);
        self.append.notify_one();
    }

    /// Writes the record of a session, new or not.
    pub(crate) fn save(
        self: &Arc<Self>,
        tx: &Tx<'_>,
        key: &SessionKey,
        agent: &AgentId,
        record: &Record,
    ) -> Result<(), StoreError> {
        index::save(tx, key, agent, record)?;
        self.changed(tx, key, Some(record.clone()));
        Ok(())
    }

    /// Removes the record of a session; whether there was one.
    pub(crate) fn remove(self: &Arc<Self>, tx: &Tx<'_>, key: &SessionKey) -> Result<bool, StoreError> {
        let existed = index::remove(tx, key)?;
        self.changed(tx, key, None);
        Ok(existed)
    }

    /// Once this transaction is committed, the other program's index is out of date as well.
    fn changed(self: &Arc<Self>, tx: &Tx<'_>, key: &SessionKey, record: Option<Record>) {
        let (shared, key) = (Arc::clone(self), key.clone());
        tx.after_commit(move || {
            shared.recent.committed(key, record);
            if !shared.index_dirty.swap(true, Ordering::SeqCst) {
                shared.upkeep.notify_one();
            }
        });
    }

    /// The record of a session.
    pub(crate) async fn find(&self, key: &SessionKey) -> Result<Option<Record>, SessionsError> {
        if let Some(record) = self.recent.find(key) {
            return Ok(Some(Record::clone(&record)));
        }
        let key = key.clone();
        Ok(self.store.read(move |view| index::find(view, &key)).await?)
    }

    pub(crate) fn sync_now(&self) {
        self.sync_now.store(true, Ordering::SeqCst);
        self.upkeep.notify_one();
    }

    /// Eight hexadecimal digits, as the published program makes them.
    pub(crate) fn new_entry_id(&self) -> EntryId {
        let number = self.entropy.next_u64() >> 32;
        let made = format!("{number:08x}").parse();
        // Eight digits always parse; the fallback is never taken.
        made.unwrap_or_else(|_| self.new_entry_id())
    }
}
