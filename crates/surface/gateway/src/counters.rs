//! What the gateway counts, and the text of `/metrics`. Plain atomics: an idle gateway pays nothing for them.

use std::{
    fmt::Write as _,
    sync::atomic::{AtomicU64, Ordering},
};

/// Counters since the start.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) connections: AtomicU64,
    pub(crate) refused: AtomicU64,
    pub(crate) calls: AtomicU64,
    pub(crate) failed_calls: AtomicU64,
    pub(crate) events: AtomicU64,
    pub(crate) slow_consumers: AtomicU64,
    pub(crate) http_requests: AtomicU64,
}

impl Counters {
    pub(crate) fn add(counter: &AtomicU64) {
        counter.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn render(&self, out: &mut String) {
        for (name, help, counter) in [
            ("connections", "Connections that passed the handshake", &self.connections),
            ("refused_handshakes", "Connections that did not pass the handshake", &self.refused),
            ("calls", "Calls of methods", &self.calls),
            ("failed_calls", "Calls that were answered with an error", &self.failed_calls),
            ("events", "Events that were broadcast", &self.events),
            ("slow_consumers", "Connections closed because they read too slowly", &self.slow_consumers),
            ("http_requests", "HTTP requests that were no WebSocket", &self.http_requests),
        ] {
            sample(out, &format!("gateway_{name}_total"), help, "counter", counter.load(Ordering::Relaxed));
        }
    }
}

/// One figure in the text format of Prometheus.
pub fn sample(out: &mut String, name: &str, help: &str, kind: &str, value: u64) {
    // Writing to a string cannot fail.
    let _ = writeln!(out, "# HELP clawdbot_{name} {help}\n# TYPE clawdbot_{name} {kind}\nclawdbot_{name} {value}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_is_written_with_its_help_and_kind() {
        let mut out = String::new();
        sample(&mut out, "runs", "Runs at work", "gauge", 3);
        assert_eq!(out, "# HELP clawdbot_runs Runs at work\n# TYPE clawdbot_runs gauge\nclawdbot_runs 3\n");
    }
}
