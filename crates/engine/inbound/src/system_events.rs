//! Things the agent should know at its next turn: queued per session, told once.

use std::collections::HashMap;

use ids::SessionKey;
use parking_lot::Mutex;

/// Lines kept per session; the oldest goes first.
pub(crate) const QUEUE_CAPACITY: usize = 20;

/// The queues.
#[derive(Debug, Default)]
pub struct SystemEvents(Mutex<HashMap<SessionKey, Vec<(i64, String)>>>);

impl SystemEvents {
    /// Queues a line; one that repeats the last is dropped.
    pub fn push(&self, key: &SessionKey, at_ms: i64, text: &str) {
        let text = text.trim();
        if text.is_empty() {
            return;
        }
        let mut queues = self.0.lock();
        let queue = queues.entry(key.clone()).or_default();
        if queue.last().is_some_and(|(_, last)| last == text) {
            return;
        }
        if queue.len() >= QUEUE_CAPACITY {
            queue.remove(0);
        }
        queue.push((at_ms, text.to_owned()));
    }

    /// The texts, without taking them.
    #[must_use]
    pub fn peek(&self, key: &SessionKey) -> Vec<String> {
        self.0.lock().get(key).map(|queue| queue.iter().map(|(_, text)| text.clone()).collect()).unwrap_or_default()
    }

    pub(crate) fn take(&self, key: &SessionKey) -> Vec<(i64, String)> {
        self.0.lock().remove(key).unwrap_or_default()
    }
}
