//! How often something is said that changes often: at once after a quiet second, then at most once a second. Pure.

use std::time::{Duration, Instant};

const PAUSE: Duration = Duration::from_secs(1);

/// One thing that is announced when it changed.
#[derive(Debug, Default)]
pub(crate) struct Pace {
    said: Option<Instant>,
    is_due: bool,
}

impl Pace {
    /// It changed.
    pub(crate) fn changed(&mut self) {
        self.is_due = true;
    }

    /// When to say it next; `None` while nothing is to be said.
    pub(crate) fn when(&self, now: Instant) -> Option<Instant> {
        self.is_due.then(|| self.said.map_or(now, |said| (said + PAUSE).max(now)))
    }

    /// Whether to say it now; it then counts as said.
    pub(crate) fn take(&mut self, now: Instant) -> bool {
        let is_time = self.when(now).is_some_and(|when| when <= now);
        if is_time {
            self.is_due = false;
            self.said = Some(now);
        }
        is_time
    }
}

#[cfg(test)]
mod tests {
    use stdx::{Clock as _, SystemClock};

    use super::*;

    #[test]
    fn a_change_is_said_at_once_and_the_next_ones_together_a_second_later() {
        let start = SystemClock.now();
        let mut pace = Pace::default();
        assert_eq!(pace.when(start), None);
        pace.changed();
        assert!(pace.take(start));
        pace.changed();
        pace.changed();
        let half = start + PAUSE / 2;
        assert!(!pace.take(half));
        assert_eq!(pace.when(half), Some(start + PAUSE));
        assert!(pace.take(start + PAUSE));
        assert!(!pace.take(start + 2 * PAUSE));
    }
}
