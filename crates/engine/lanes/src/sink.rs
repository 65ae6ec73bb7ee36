//! Who hears of runs: the reader's side, the operators' side, the journal.

use std::{fmt, sync::Arc};

use store::{StoreError, Tx};

use crate::{Committed, RunEvent, RunStart};

/// Hears of runs. `on` never waits: a sink keeps up or drops by its own rule.
pub trait RunSink: Send + Sync {
    /// A turn was taken on.
    fn accepted(&self, _turn: &crate::Turn, _how: crate::Accepted) {}

    /// A turn will have no run of its own: it became part of another run, or was dropped.
    fn released(&self, _turn: &crate::Turn, _into: Option<&ids::RunId>) {}

    fn on(&self, _start: &RunStart, _event: &RunEvent) {}

    /// Adds to the transaction that commits the step.
    ///
    /// # Errors
    /// The store's; the whole step is then not committed.
    fn commit(&self, _tx: &Tx<'_>, _start: &RunStart, _step: &Committed) -> Result<(), StoreError> {
        Ok(())
    }

    /// The step is on disk.
    fn committed(&self, _start: &RunStart, _step: &Committed) {}
}

/// All sinks, in order.
#[derive(Clone, Default)]
pub struct Sinks(Arc<[Arc<dyn RunSink>]>);

impl Sinks {
    #[must_use]
    pub fn new(sinks: Vec<Arc<dyn RunSink>>) -> Self {
        Self(sinks.into())
    }

    pub fn accepted(&self, turn: &crate::Turn, how: crate::Accepted) {
        self.0.iter().for_each(|sink| sink.accepted(turn, how));
    }

    pub fn released(&self, turn: &crate::Turn, into: Option<&ids::RunId>) {
        self.0.iter().for_each(|sink| sink.released(turn, into));
    }

    pub fn on(&self, start: &RunStart, event: &RunEvent) {
        self.0.iter().for_each(|sink| sink.on(start, event));
    }

    /// See [`RunSink::commit`].
    ///
    /// # Errors
    /// The first sink's that fails.
    pub fn commit(&self, tx: &Tx<'_>, start: &RunStart, step: &Committed) -> Result<(), StoreError> {
        self.0.iter().try_for_each(|sink| sink.commit(tx, start, step))
    }

    pub fn committed(&self, start: &RunStart, step: &Committed) {
        self.0.iter().for_each(|sink| sink.committed(start, step));
    }
}

impl fmt::Debug for Sinks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sinks({})", self.0.len())
    }
}
