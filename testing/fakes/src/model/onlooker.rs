//! Who looks on while the model answers: tests that act at one moment of an answer.

use std::fmt;
use std::sync::Arc;

use parking_lot::Mutex;

use super::seen::Seen;

/// A moment of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Moment {
    /// The request is here.
    Asked,
    /// The first bytes leave.
    Begun,
    /// The last bytes have left.
    Said,
}

type Look = Arc<dyn Fn(&Seen, Moment) + Send + Sync>;

/// At most one onlooker.
#[derive(Default)]
pub(crate) struct Onlooker(Mutex<Option<Look>>);

impl Onlooker {
    pub(crate) fn set(&self, look: impl Fn(&Seen, Moment) + Send + Sync + 'static) {
        *self.0.lock() = Some(Arc::new(look));
    }

    pub(crate) fn see(&self, seen: &Seen, moment: Moment) {
        let look = self.0.lock().clone();
        if let Some(look) = look {
            look(seen, moment);
        }
    }
}

impl fmt::Debug for Onlooker {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_tuple("Onlooker").field(&self.0.lock().is_some()).finish()
    }
}
