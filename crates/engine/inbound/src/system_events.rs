//! Things the agent should know at its next turn: queued per session, told once.

use std::collections::HashMap;

use ids::SessionKey;
use parking_lot::Mutex;

/// Sessions that have lines waiting; a further one is told nothing until one of them had its turn.
const SESSIONS: usize = 1000;
/// Characters of one line.
const LINE_CHARS: usize = 2000;

/// Lines kept per session; the oldest goes first.
pub(crate) const QUEUE_CAPACITY: usize = 20;

/// The queues.
#[derive(Debug, Default)]
pub struct SystemEvents(Mutex<HashMap<SessionKey, Vec<(i64, String)>>>);

impl SystemEvents {
    /// Queues a line; one that repeats the last is dropped.
    pub fn push(&self, key: &SessionKey, at_ms: i64, text: &str) {
        let text: String = text.trim().chars().take(LINE_CHARS).collect();
        let mut queues = self.0.lock();
        if text.is_empty() || (queues.len() >= SESSIONS && !queues.contains_key(key)) {
            return;
        }
        let queue = queues.entry(key.clone()).or_default();
        if queue.last().is_some_and(|(_, last)| *last == text) {
            return;
        }
        if queue.len() >= QUEUE_CAPACITY {
            queue.remove(0);
        }
        queue.push((at_ms, text));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neither_a_long_line_nor_many_sessions_fill_the_memory() {
        let events = SystemEvents::default();
        let key = |n: usize| format!("agent:main:s{n}").parse::<SessionKey>().unwrap();
        for n in 0..=SESSIONS {
            events.push(&key(n), 0, &"x".repeat(10_000));
        }
        assert_eq!(events.peek(&key(0)).concat().len(), LINE_CHARS);
        assert!(events.peek(&key(SESSIONS)).is_empty());
    }
}
