//! Where a rule is broken on purpose, and why. The list may shrink; it grows only with its bound.

/// One exception.
#[derive(Debug)]
pub(super) struct Exception {
    pub(super) rule: &'static str,
    pub(super) place: &'static str,
    pub(super) reason: &'static str,
}

/// How many there may be.
#[cfg(test)]
pub(super) const MOST: usize = 8;

pub(super) const EXCEPTIONS: &[Exception] = &[
    Exception {
        rule: "name",
        place: "crates/engine/sessions/src/shared.rs",
        reason: "it is what all sessions in use hold together, and nothing else",
    },
    Exception {
        rule: "name",
        place: "crates/surface/gateway/src/shared.rs",
        reason: "it is what all connections hold together, and nothing else",
    },
    Exception {
        rule: "crate size",
        place: "adapters/channels/telegram",
        reason: "Telegram's HTML, its entities and its webhook have no other home",
    },
    Exception {
        rule: "crate size",
        place: "crates/app/clawdbot",
        reason: "it holds one file for each command, and each is small",
    },
    Exception {
        rule: "sleep",
        place: "testing/scenarios/tests/kill/main.rs",
        reason: "the moment of a kill is drawn by chance: waiting for anything would choose it",
    },
    Exception {
        rule: "sleep",
        place: "testing/scenarios/tests/kill/people.rs",
        reason: "people write at moments of their own",
    },
    Exception {
        rule: "adapter name",
        place: "crates/contract/protocol/src/agent/run.rs",
        reason: "the wire's own list of the channels that 2026.1.24 knows",
    },
    Exception {
        rule: "layer",
        place: "crates/surface/gateway",
        reason: "its tests let real devices in, as the whole program does",
    },
];
