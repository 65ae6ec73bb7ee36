//! Who looks on while the bot calls: tests that act at one moment of a call.

use std::fmt;
use std::sync::Arc;

use parking_lot::Mutex;

use super::accepted::Accepted;

/// A moment of a call.
#[derive(Debug, Clone, Copy)]
pub enum Moment<'c> {
    /// The request is here and changed nothing yet.
    Arrived { method: &'c str },
    /// It counts, and the bot has not been told.
    Taken(&'c Accepted),
}

type Look = Arc<dyn Fn(Moment<'_>) + Send + Sync>;

/// At most one onlooker.
#[derive(Default)]
pub(super) struct Onlooker(Mutex<Option<Look>>);

impl Onlooker {
    pub(super) fn set(&self, look: impl Fn(Moment<'_>) + Send + Sync + 'static) {
        *self.0.lock() = Some(Arc::new(look));
    }

    pub(super) fn see(&self, moment: Moment<'_>) {
        let look = self.0.lock().clone();
        if let Some(look) = look {
            look(moment);
        }
    }
}

impl fmt::Debug for Onlooker {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_tuple("Onlooker").field(&self.0.lock().is_some()).finish()
    }
}
