//! After a restart: a run that was cut off in the middle of a tool with effects is closed, and its chat is told.

use std::collections::HashSet;
use std::sync::Arc;

use lanes::{Committed, RunEvent, RunOutcome, Sinks};
use sessions::{History, Message, NewEntry, Part, Said, SessionsError, ToolResultMessage};
use store::StoreError;
use tool::Origin;

use crate::agents::Inner;
use crate::run::{derived, ended, notice};
use crate::runs::{self, RowChange, Unfinished};
use crate::{advice, tool_call::Finished};

const INTERRUPTED: &str = "Interrupted: the program was restarted during this call, and nobody knows how far it came.";

pub(crate) async fn close_interrupted(agents: &Inner, run: &Unfinished, sinks: &Sinks) -> Result<(), StoreError> {
    let tool = run.tool_in_flight.as_deref().unwrap_or("a tool");
    let message = advice::interrupted(tool);
    let now_ms = agents.parts.clock.now_ms();
    let found = agents.parts.sessions.existing(&run.turn.key).await.map_err(store_error)?;
    // A conversation that was started over meanwhile has other words now: its chat is told, and nothing is written.
    let found = found.filter(|(now, _)| run.session.as_ref().is_none_or(|then| then == now.id()));
    let mut entries = Vec::new();
    let session = match found {
        Some((session, _)) => {
            let history = session.history().await.map_err(store_error)?;
            for call in open_calls(&history) {
                let finished = Finished::failed(&call.0, &call.1, INTERRUPTED);
                let result = Message::ToolResult(ToolResultMessage {
                    tool_call_id: finished.id,
                    tool_name: finished.name,
                    content: finished.content,
                    details: None,
                    is_error: true,
                    timestamp: now_ms,
                });
                entries.push(NewEntry::message(result, derived(&run.turn, Origin::System, "gateway")));
            }
            let told = notice(vec![Part::text(message.as_str())], None, now_ms);
            entries.push(NewEntry::message(told, derived(&run.turn, Origin::System, "gateway")));
            Some(session)
        }
        None => None,
    };
    let (start, told, steps) = (Arc::new(run.start()), sinks.clone(), RunOutcome::Failed { message });
    let (outcome, shown) = (steps.clone(), ended(steps.clone(), run.started_at, now_ms));
    let (kept, step) = (Arc::clone(&start), Committed::Ended { outcome: steps });
    let done = step.clone();
    agents
        .parts
        .store
        .write(move |tx| {
            if let Some(session) = &session {
                for entry in entries {
                    session.stage(tx, entry)?;
                }
            }
            runs::apply(tx, &kept, &RowChange::Close(outcome.clone()))?;
            tx.fact(kept.run().as_str(), "run.interrupted", &outcome)?;
            told.commit(tx, &kept, &step)
        })
        .await?;
    sinks.committed(&start, &done);
    // A client may be back already, and would not look again.
    sinks.on(&start, &RunEvent::Ended(shown));
    Ok(())
}

/// The calls of the last answer that have no result.
fn open_calls(history: &History) -> Vec<(Arc<str>, Arc<str>)> {
    let mut answered: HashSet<&str> = HashSet::new();
    for entry in history.entries.iter().rev() {
        match &entry.said {
            Said::Message(Message::ToolResult(result)) => {
                answered.insert(&result.tool_call_id);
            }
            Said::Message(Message::Assistant(message)) => {
                let open = message.content.iter().filter_map(|part| match part {
                    Part::ToolCall { id, name, .. } if !answered.contains(&**id) => {
                        Some((Arc::clone(id), Arc::clone(name)))
                    }
                    _ => None,
                });
                return open.collect();
            }
            Said::Message(Message::User(_)) | Said::Summary(_) => return Vec::new(),
        }
    }
    Vec::new()
}

fn store_error(error: SessionsError) -> StoreError {
    match error {
        SessionsError::Store(error) => error,
        other => StoreError::abandoned(other),
    }
}
