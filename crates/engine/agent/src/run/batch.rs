//! One transaction of a run: entries, money, the run's row, the sinks' part, facts; all of it or nothing.

use std::sync::Arc;

use budget::{Expense, Money, Refusal, Reservation, Spender};
use ids::EntryId;
use lanes::{Beside, Committed, RunOutcome};
use provider::{Model, Usage};
use serde_json::Value;
use sessions::{NewEntry, Record};
use store::StoreError;

use super::Run;
use crate::runs::{self, RowChange};

/// Changes the session's record.
pub(super) type Change = Box<dyn FnOnce(&mut Record) + Send>;

/// What is committed together.
#[derive(Default)]
pub(super) struct Batch {
    pub entries: Vec<NewEntry>,
    /// Bills, and reservations that are given back.
    pub settle: Vec<(Reservation, Money, Usage)>,
    /// The worst case of the next call.
    pub reserve: Option<(Arc<Model>, Money)>,
    pub row: Vec<RowChange>,
    pub steps: Vec<Step>,
    pub record: Vec<Change>,
    pub facts: Vec<(&'static str, Value)>,
}

/// A step that sinks take part in; entries are named by their place in the batch.
#[derive(Debug, Clone)]
pub(super) enum Step {
    Started { entry: Option<usize> },
    Said { entry: usize, text: Arc<str>, beside: Beside },
    Known(Committed),
}

/// What became of a batch.
#[derive(Debug, Default)]
pub(super) struct Kept {
    pub reserved: Option<Result<Reservation, Refusal>>,
}

impl Batch {
    pub(super) fn entry(mut self, entry: NewEntry) -> Self {
        self.entries.push(entry);
        self
    }

    pub(super) fn step(mut self, step: Committed) -> Self {
        self.steps.push(Step::Known(step));
        self
    }

    pub(super) fn end(mut self, outcome: &RunOutcome) -> Self {
        self.row.push(RowChange::Close(outcome.clone()));
        let word = serde_json::to_value(outcome).unwrap_or_default();
        self.facts.push(("run.ended", word));
        self.step(Committed::Ended { outcome: outcome.clone() })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.settle.is_empty() && self.row.is_empty() && self.steps.is_empty()
    }
}

impl Run {
    /// Commits the batch, then tells the sinks that it is on disk.
    ///
    /// # Errors
    /// The store's; nothing of it was kept.
    pub(super) async fn commit(&mut self, mut batch: Batch) -> Result<Kept, StoreError> {
        batch.facts.splice(0..0, std::mem::take(&mut self.facts));
        let (session, sinks, start) = (self.session.clone(), self.sinks.clone(), Arc::clone(&self.start));
        let (purses, spender) = (self.agents.parts.purses.clone(), self.spender());
        let steps = self.agents.parts.store.write(move |tx| {
            let run = start.run().as_str();
            for change in &batch.row {
                runs::apply(tx, &start, change)?;
            }
            let ids: Vec<EntryId> =
                batch.entries.into_iter().map(|entry| session.stage(tx, entry)).collect::<Result<_, _>>()?;
            for (reservation, bill, usage) in &batch.settle {
                purses.settle_in(tx, reservation, *bill, usage)?;
            }
            let reserved = match &batch.reserve {
                Some((model, worst)) => {
                    let what = model.reference.to_string();
                    Some(purses.reserve_in(tx, &Expense { spender, cause: run.to_owned(), what, worst: *worst })?)
                }
                None => None,
            };
            if !batch.record.is_empty() {
                session.update(tx, |record| batch.record.into_iter().for_each(|change| change(record)))?;
            }
            for (kind, body) in &batch.facts {
                tx.fact(run, kind, body)?;
            }
            let steps: Vec<Committed> = batch.steps.into_iter().filter_map(|step| known(step, &ids)).collect();
            for step in &steps {
                sinks.commit(tx, &start, step)?;
            }
            Ok((steps, Kept { reserved }))
        });
        let (steps, kept) = steps.await?;
        for step in &steps {
            self.sinks.committed(&self.start, step);
        }
        Ok(kept)
    }

    /// On whose behalf this run spends.
    fn spender(&self) -> Spender {
        let turn = &self.start.turn;
        let person = turn.provenance.by.as_deref().map(str::to_owned);
        Spender { agent: turn.agent.clone(), person, chat: Some(turn.key.clone()), job: None }
    }
}

fn known(step: Step, ids: &[EntryId]) -> Option<Committed> {
    Some(match step {
        Step::Started { entry } => Committed::Started { entry: entry.and_then(|at| ids.get(at).cloned()) },
        Step::Said { entry, text, beside } => Committed::Said { entry: ids.get(entry)?.clone(), text, beside },
        Step::Known(step) => step,
    })
}
