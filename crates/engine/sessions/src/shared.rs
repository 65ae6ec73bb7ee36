//! What all sessions in use share: the store, the disk, and who writes files behind their backs.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use config::Live;
use ids::EntryId;
use parking_lot::Mutex;
use stdx::{AbsPath, Clock, Disk, Entropy, Pool};
use store::{Store, Tx};
use tokio::sync::{Notify, Semaphore};

use crate::active::Active;
use crate::config::Config;
use crate::places::Places;
use crate::ports::Neighbours;

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
    pub(crate) active: Mutex<BTreeMap<AbsPath, Arc<Active>>>,
    /// Held while a transcript is taken into use.
    pub(crate) opening: Semaphore,
    /// Transcripts with committed lines that are not in their files yet. At most as many as are in use.
    pub(crate) to_append: Mutex<Vec<Arc<Active>>>,
    pub(crate) append: Notify,
    /// Wakes the one who syncs, rests idle sessions and writes the other program's index.
    pub(crate) upkeep: Notify,
    pub(crate) sync_now: AtomicBool,
    pub(crate) index_dirty: AtomicBool,
}

impl Shared {
    /// A line was committed: called on the writer's thread.
    pub(crate) fn written(&self, active: Arc<Active>) {
        self.to_append.lock().push(active);
        self.append.notify_one();
    }

    /// The other program's index is out of date once this transaction is committed.
    pub(crate) fn index_changed(self: &Arc<Self>, tx: &Tx<'_>) {
        let shared = Arc::clone(self);
        tx.after_commit(move || {
            if !shared.index_dirty.swap(true, Ordering::SeqCst) {
                shared.upkeep.notify_one();
            }
        });
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
