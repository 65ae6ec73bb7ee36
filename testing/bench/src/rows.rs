//! The measurements. Each gives one or more rows of the table.

mod clients; // what a connection costs
mod command; // what scripts call
mod growth; // what a turn leaves behind
mod health; // many small requests
mod idle; // a gateway that does nothing
mod large; // a long session, many sessions
mod ratio; // a full store against an empty one
mod round_trip; // one small request after the other
mod size; // on the disk
mod start; // until the first greeting
mod together; // many sessions at once
mod turn; // one after the other
mod version; // the shortest command

use std::collections::BTreeMap;

use anyhow::Result;

use crate::program::Program;

/// One measurement and the rows it gives.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) ids: &'static [&'static str],
    pub(crate) measure: fn(&Program, &Scale, &mut Figures) -> Result<()>,
}

/// All of them, quiet ones first.
pub(crate) fn all() -> &'static [Row] {
    &[
        Row { ids: &["version"], measure: version::measure },
        Row { ids: &["command"], measure: command::measure },
        Row { ids: &["size"], measure: size::measure },
        Row { ids: &["hello", "import"], measure: start::measure },
        Row { ids: &["idle-memory"], measure: idle::measure },
        Row { ids: &["client-memory", "client-kept"], measure: clients::measure },
        Row { ids: &["health-cpu"], measure: health::measure },
        Row { ids: &["round-trip"], measure: round_trip::measure },
        Row { ids: &["turn-p50", "turn-p99", "turn-cpu", "first-delta"], measure: turn::measure },
        Row { ids: &["together-rate", "together-failed"], measure: together::measure },
        Row { ids: &["store-ratio"], measure: ratio::measure },
        Row { ids: &["history", "list"], measure: large::measure },
        Row { ids: &["growth"], measure: growth::measure },
    ]
}

/// How much of everything.
#[derive(Debug, Clone)]
pub(crate) struct Scale {
    /// Starts, and calls of the shortest command.
    pub(crate) starts: usize,
    pub(crate) sessions: usize,
    /// Seconds until a gateway counts as idle.
    pub(crate) settle: u64,
    pub(crate) clients: usize,
    pub(crate) health_seconds: u64,
    /// Blocks of turns, each in a session of its own.
    pub(crate) blocks: usize,
    pub(crate) turns_per_block: usize,
    /// Turns of each of the sessions that talk at once.
    pub(crate) turns_together: usize,
    /// Turns before and while growth is looked at.
    pub(crate) growth: (usize, usize),
    /// Seconds until what is kept for a while after the last turn has gone.
    pub(crate) rest: u64,
    pub(crate) messages: usize,
    pub(crate) calls: usize,
    /// Whether cells name these numbers, because they are smaller than the row says.
    pub(crate) is_small: bool,
}

impl Scale {
    pub(crate) fn of_ours(is_quick: bool) -> Self {
        if is_quick {
            return Self::quick();
        }
        Self {
            starts: 15,
            sessions: 2_000,
            settle: 20,
            clients: 1_000,
            health_seconds: 5,
            blocks: 6,
            turns_per_block: 50,
            turns_together: 40,
            growth: (200, 2_000),
            rest: 65,
            messages: 5_000,
            calls: 200,
            is_small: false,
        }
    }

    /// The published program takes its time; what differs is said in the table.
    pub(crate) fn of_published(is_quick: bool) -> Self {
        if is_quick {
            return Self::quick();
        }
        Self {
            starts: 2,
            clients: 200,
            blocks: 1,
            turns_per_block: 20,
            turns_together: 3,
            growth: (20, 150),
            rest: 5,
            calls: 50,
            is_small: true,
            ..Self::of_ours(false)
        }
    }

    fn quick() -> Self {
        Self {
            starts: 2,
            sessions: 50,
            settle: 1,
            clients: 20,
            health_seconds: 1,
            blocks: 1,
            turns_per_block: 3,
            turns_together: 1,
            growth: (3, 10),
            rest: 2,
            messages: 50,
            calls: 5,
            is_small: true,
        }
    }
}

/// What was measured.
#[derive(Debug, Default)]
pub(crate) struct Figures {
    all: BTreeMap<String, Figure>,
}

/// One measured value.
#[derive(Debug, Clone)]
pub(crate) struct Figure {
    pub(crate) value: f64,
    /// How it was measured, where that differs from what the row says.
    pub(crate) note: Option<String>,
}

impl Figures {
    pub(crate) fn put(&mut self, id: &str, value: f64) {
        self.all.insert(id.to_owned(), Figure { value, note: None });
    }

    /// As [`Figures::put`], for the one of several things that the value is of.
    pub(crate) fn put_named(&mut self, id: &str, value: f64, name: impl Into<String>) {
        self.all.insert(id.to_owned(), Figure { value, note: Some(name.into()) });
    }

    /// As [`Figures::put`], for a load that may be smaller than the row says.
    pub(crate) fn put_sized(&mut self, id: &str, value: f64, scale: &Scale, size: impl Into<String>) {
        let note = scale.is_small.then(|| size.into());
        self.all.insert(id.to_owned(), Figure { value, note });
    }

    pub(crate) fn get(&self, id: &str) -> Option<&Figure> {
        self.all.get(id)
    }
}
