//! Files as each session last saw them, so that what somebody else changed since is not overwritten unseen.

use std::sync::Arc;
use std::time::Duration;

use ids::SessionKey;
use parking_lot::Mutex;
use stdx::{Clock, TtlMap};
use tool::FileStamp;

/// Files remembered, over all sessions; the one seen first is forgotten first.
const FILES: usize = 4_096;
const REMEMBERED: Duration = Duration::from_secs(24 * 3_600);

#[derive(Debug)]
pub(super) struct Seen {
    clock: Arc<dyn Clock>,
    files: Mutex<TtlMap<(SessionKey, String), FileStamp>>,
}

impl Seen {
    pub(super) fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, files: Mutex::new(TtlMap::new(FILES, REMEMBERED)) }
    }

    /// The session knows this content now.
    pub(super) fn saw(&self, session: &SessionKey, stamp: FileStamp) {
        self.files.lock().insert((session.clone(), stamp.path.clone()), stamp, self.clock.now());
    }

    /// What the session last saw of the file.
    pub(super) fn last(&self, session: &SessionKey, path: &str) -> Option<FileStamp> {
        self.files.lock().get(&(session.clone(), path.to_owned()), self.clock.now()).cloned()
    }
}
