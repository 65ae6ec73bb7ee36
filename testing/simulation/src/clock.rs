//! Virtual time: it passes only when nothing can happen now.

use std::sync::Arc;
use std::time::Instant;

use parking_lot::Mutex;
use stdx::Clock;

use crate::outside::Outside;

/// Wall time over the paused time of a runtime, and across the deaths of several.
#[derive(Debug)]
pub(crate) struct VirtualClock(Mutex<State>);

#[derive(Debug)]
struct State {
    true_ms: i64,
    /// How far the wall clock is off: somebody sets it while the program runs.
    off_ms: i64,
    since: Option<tokio::time::Instant>,
}

impl VirtualClock {
    pub(crate) fn new(wall_ms: i64) -> Self {
        Self(Mutex::new(State { true_ms: wall_ms, off_ms: 0, since: None }))
    }

    /// Time as it passes for everybody outside, whatever the wall clock says.
    pub(crate) fn true_ms(&self) -> i64 {
        let state = self.0.lock();
        let passed = state.since.map_or(0, |since| since.elapsed().as_millis());
        state.true_ms + i64::try_from(passed).unwrap_or(0)
    }

    /// Somebody sets the wall clock.
    pub(crate) fn jump(&self, by_ms: i64) {
        self.0.lock().off_ms += by_ms;
    }

    /// A process begins: from now on time passes with its runtime.
    pub(crate) fn begin(&self) {
        self.0.lock().since = Some(tokio::time::Instant::now());
    }

    /// The process is gone for a while.
    pub(crate) fn end(&self, away_ms: i64) {
        let now_ms = self.true_ms();
        let mut state = self.0.lock();
        (state.true_ms, state.since) = (now_ms + away_ms, None);
    }
}

impl Clock for VirtualClock {
    fn now_ms(&self) -> i64 {
        self.true_ms() + self.0.lock().off_ms
    }

    fn now(&self) -> Instant {
        tokio::time::Instant::now().into_std()
    }
}

/// The clock of the store. It is asked once for each transaction, which makes every commit a moment to die at.
#[derive(Debug, Default)]
pub(crate) struct CommitClock(Mutex<Option<Arc<Outside>>>);

impl CommitClock {
    pub(crate) fn belongs_to(&self, outside: &Arc<Outside>) {
        *self.0.lock() = Some(Arc::clone(outside));
    }

    /// The schedule is over: commits are no moments until the next one.
    pub(crate) fn is_free(&self) {
        *self.0.lock() = None;
    }
}

impl Clock for CommitClock {
    fn now_ms(&self) -> i64 {
        let outside = self.0.lock().clone();
        outside.map_or(0, |outside| {
            outside.moment("commit", &"");
            outside.clock.now_ms()
        })
    }

    fn now(&self) -> Instant {
        tokio::time::Instant::now().into_std()
    }
}
