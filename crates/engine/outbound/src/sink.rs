//! What runs say becomes rows, in the transaction that commits it.

use ids::{MessageId, RunId};
use lanes::{Accepted, Committed, ReplyTo, RunEvent, RunOutcome, RunSink, RunStart, StopCause, Turn};
use store::{StoreError, Tx};

use crate::{Deliveries, Origin, Place, Visible, deliveries, left, shape, tool_line};

const TIMED_OUT: &str =
    "⚠️ The run took longer than it may and was stopped. Ask again, or raise agents.defaults.timeoutSeconds.";

/// Where the turn's answer goes, if it leaves at all.
pub(crate) fn place(turn: &Turn) -> Option<Place> {
    match &turn.reply {
        ReplyTo::Channel { channel, account, target, .. } => {
            Some(Place { channel: channel.clone(), account: account.clone(), target: target.clone() })
        }
        ReplyTo::Operators => None,
    }
}

/// The message that these words of an answer quote.
pub(crate) fn quoted(turn: &Turn, raw: &str) -> Option<MessageId> {
    let ReplyTo::Channel { message, .. } = &turn.reply else { return None };
    deliveries::quoted(shape::quote(raw), message.as_ref())
}

impl RunSink for Deliveries {
    fn accepted(&self, turn: &Turn, how: Accepted) {
        if let (Some(place), Accepted::Started) = (place(turn), how) {
            self.0.typing.start(&turn.run, place);
        }
    }

    fn released(&self, turn: &Turn, _into: Option<&RunId>) {
        self.0.typing.stop(&turn.run);
    }

    fn on(&self, start: &RunStart, event: &RunEvent) {
        match event {
            RunEvent::Started { reasoning, .. } => {
                // Reasoning stands before its answer, and is known when the answer is.
                if !reasoning {
                    self.may_stream(start);
                }
                if let Some(place) = place(&start.turn) {
                    self.0.typing.start(start.run(), place);
                }
            }
            RunEvent::Text { delta, text } => self.streams(start, delta, text),
            RunEvent::Ended(_) => {
                self.0.typing.stop(start.run());
                self.0.streams.ended(start.run());
            }
            _ => {}
        }
    }

    fn commit(&self, tx: &Tx<'_>, start: &RunStart, step: &Committed) -> Result<(), StoreError> {
        let turn = &start.turn;
        let Some(place) = place(turn) else { return Ok(()) };
        let run = turn.run.as_str();
        match step {
            Committed::Said { entry, text, beside } => {
                self.0.streams.answered(&turn.run);
                let name = format!("{run}:{entry}");
                let reasoning = beside.reasoning.as_deref().filter(|_| turn.is_trusted()).and_then(shape::reasoning);
                let before = format!("{name}:reasoning");
                self.stage_any(tx, &place, Origin { cause: run, name: &before }, reasoning.as_ref())?;
                self.stage_rest(tx, start, &name, (text, beside.footer.as_deref()))
            }
            Committed::Ended { outcome } => {
                self.0.streams.answered(&turn.run);
                left::forget(tx, run)?;
                match outcome {
                    RunOutcome::Failed { message } => self.stage_end(tx, &place, run, message),
                    RunOutcome::Aborted { cause: StopCause::Timeout } => self.stage_end(tx, &place, run, TIMED_OUT),
                    RunOutcome::Aborted { .. } | RunOutcome::Done => Ok(()),
                }
            }
            // What the agent does is told only to who may have it done.
            Committed::Noted { name, text } if turn.is_trusted() => {
                let name = format!("{run}:{name}");
                self.stage_any(tx, &place, Origin { cause: run, name: &name }, shape::notice(text).as_ref())
            }
            Committed::Called { name, call, about } if turn.is_trusted() => {
                let (line, name) = (tool_line::called(name, about.as_deref()), format!("{run}:{call}:call"));
                self.stage_any(tx, &place, Origin { cause: run, name: &name }, line.as_ref())
            }
            Committed::Answered { name, call, text, is_error } if turn.is_trusted() => {
                let (line, name) = (tool_line::answered(name, text, *is_error), format!("{run}:{call}:result"));
                self.stage_any(tx, &place, Origin { cause: run, name: &name }, line.as_ref())
            }
            Committed::Noted { .. }
            | Committed::Called { .. }
            | Committed::Answered { .. }
            | Committed::Started { .. }
            | Committed::Steered { .. }
            | Committed::ToolStarted { .. }
            | Committed::ToolEnded { .. } => Ok(()),
        }
    }

    fn committed(&self, start: &RunStart, step: &Committed) {
        let Some(place) = place(&start.turn) else { return };
        match step {
            Committed::Said { .. }
            | Committed::Noted { .. }
            | Committed::Called { .. }
            | Committed::Answered { .. }
            | Committed::Ended { .. } => self.wake(&place),
            Committed::Started { .. }
            | Committed::Steered { .. }
            | Committed::ToolStarted { .. }
            | Committed::ToolEnded { .. } => {}
        }
    }
}

impl Deliveries {
    fn stage_end(&self, tx: &Tx<'_>, place: &Place, run: &str, message: &str) -> Result<(), StoreError> {
        let name = format!("{run}:end");
        self.stage_any(tx, place, Origin { cause: run, name: &name }, shape::notice(message).as_ref())
    }

    fn stage_any(
        &self,
        tx: &Tx<'_>,
        place: &Place,
        origin: Origin<'_>,
        text: Option<&Visible>,
    ) -> Result<(), StoreError> {
        text.map_or(Ok(()), |text| self.stage(tx, place, origin, text))
    }
}
