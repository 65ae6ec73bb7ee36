//! Time as an argument: decisions take a `Clock` or a moment, so a test can choose when it is.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

/// Where the time comes from.
pub trait Clock: Send + Sync + fmt::Debug {
    /// Wall time in milliseconds since 1970: for people and files. It may jump.
    fn now_ms(&self) -> i64;
    /// Monotonic time: for deadlines. It never jumps back.
    fn now(&self) -> Instant;
}

/// The machine's clocks. Monotonic time follows tokio's, so a paused runtime pauses it too.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that asks the machine for the wall time")]
    fn now_ms(&self) -> i64 {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        since.map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }

    fn now(&self) -> Instant {
        tokio::time::Instant::now().into_std()
    }
}

/// A clock that moves only when told. Clones share their time.
#[derive(Debug, Clone)]
pub struct ManualClock {
    start: Instant,
    wall_ms: Arc<AtomicI64>,
    run_ms: Arc<AtomicI64>,
}

impl ManualClock {
    /// A clock that shows this wall time until it is moved.
    #[must_use]
    pub fn new(wall_ms: i64) -> Self {
        Self { start: SystemClock.now(), wall_ms: Arc::new(wall_ms.into()), run_ms: Arc::default() }
    }

    /// Lets time pass, on both clocks.
    pub fn advance(&self, by: Duration) {
        let by = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
        self.wall_ms.fetch_add(by, Ordering::SeqCst);
        self.run_ms.fetch_add(by, Ordering::SeqCst);
    }

    /// Moves the wall clock alone, as an administrator or a time server does.
    pub fn jump_to(&self, wall_ms: i64) {
        self.wall_ms.store(wall_ms, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now_ms(&self) -> i64 {
        self.wall_ms.load(Ordering::SeqCst)
    }

    fn now(&self) -> Instant {
        self.start + Duration::from_millis(self.run_ms.load(Ordering::SeqCst).unsigned_abs())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_jump_of_the_wall_clock_leaves_deadlines_alone() {
        let clock = ManualClock::new(1_000);
        let before = clock.now();
        clock.jump_to(5);
        assert_eq!(clock.now(), before);
        clock.advance(Duration::from_millis(7));
        assert_eq!((clock.now_ms(), clock.now() - before), (12, Duration::from_millis(7)));
    }
}
