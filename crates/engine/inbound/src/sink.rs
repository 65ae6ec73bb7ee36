//! Rows follow their runs: taken up when one starts, closed in the transaction in which it ends.

use std::sync::Arc;

use ids::RunId;
use lanes::{Committed, ReplyTo, RunOutcome, RunSink, RunStart, StopCause, Turn};
use serde_json::json;
use sessions::{Record, Sessions};
use stdx::{CancellationToken, OwnedTasks};
use store::{Store, StoreError, Tx};
use tracing::warn;

use crate::journal;

/// Closings that may be under way at once; more wait for the next start, which closes them again.
const CLOSING_CAPACITY: u32 = 64;

/// The journal's side of runs.
#[derive(Debug)]
pub struct Closing {
    store: Store,
    sessions: Arc<Sessions>,
    tasks: OwnedTasks,
}

impl Closing {
    #[must_use]
    pub fn new(store: Store, sessions: Arc<Sessions>, cancel: &CancellationToken) -> Self {
        Self { store, sessions, tasks: OwnedTasks::new("closing of inbox rows", cancel, CLOSING_CAPACITY) }
    }
}

impl RunSink for Closing {
    fn released(&self, turn: &Turn, into: Option<&RunId>) {
        // What was merged is closed with the run it became part of.
        if into.is_some() || turn.causes.is_empty() {
            return;
        }
        let (store, causes, run) = (self.store.clone(), turn.causes.clone(), turn.run.clone());
        let work = async move {
            let closed = store.write(move |tx| {
                causes
                    .iter()
                    .try_for_each(|cause| journal::close(tx, cause, "inbound.dropped", "the session's queue let it go"))
            });
            if let Err(error) = closed.await {
                warn!(%run, %error, "a dropped message could not be closed");
            }
        };
        if self.tasks.try_spawn(|_| work).is_err() {
            warn!(run = %turn.run, "too many dropped messages at once: this one is taken up again after a restart");
        }
    }

    fn commit(&self, tx: &Tx<'_>, start: &RunStart, step: &Committed) -> Result<(), StoreError> {
        let turn = &start.turn;
        match step {
            Committed::Started { .. } => {
                journal::running(tx, &turn.causes, &turn.run, "run.started")?;
                self.sessions.note(tx, &turn.key, |record| remember_place(record, &turn.reply))
            }
            Committed::Steered { causes } => journal::running(tx, causes, &turn.run, "run.steered"),
            Committed::Ended { outcome: RunOutcome::Aborted { cause: StopCause::Shutdown } } => Ok(()),
            Committed::Ended { outcome } => journal::ended(tx, &turn.causes, &turn.run, outcome),
            Committed::Said { .. } | Committed::ToolStarted { .. } | Committed::ToolEnded { .. } => Ok(()),
        }
    }
}

/// Where the conversation was last held, in the fields that other programs read.
fn remember_place(record: &mut Record, reply: &ReplyTo) {
    let ReplyTo::Channel { channel, account, target, .. } = reply else { return };
    let thread = target.thread.as_ref();
    let mut context = json!({ "channel": channel, "to": format!("{channel}:{}", target.peer), "accountId": account });
    if let (Some(thread), Some(fields)) = (thread, context.as_object_mut()) {
        fields.insert("threadId".to_owned(), json!(thread));
    }
    record.set("deliveryContext", &context);
    record.set("lastChannel", channel);
    record.set("lastTo", &format!("{channel}:{}", target.peer));
    record.set("lastAccountId", account);
    record.put("lastThreadId", thread);
}
