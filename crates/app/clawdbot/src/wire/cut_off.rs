//! A command that a crash cut off is reported until a turn of its session holds the report.

use std::sync::Arc;

use lanes::{Committed, RunSink, RunStart};
use sandbox::Processes;
use store::{StoreError, Tx};

/// Looks at the words of each turn as they are committed.
#[derive(Debug)]
pub(crate) struct ReportsCutOff(pub(crate) Arc<Processes>);

impl RunSink for ReportsCutOff {
    fn commit(&self, tx: &Tx<'_>, start: &RunStart, step: &Committed) -> Result<(), StoreError> {
        match step {
            Committed::Started { entry: Some(_) } => self.0.told(tx, &start.turn.key, &start.turn.text),
            _ => Ok(()),
        }
    }
}
