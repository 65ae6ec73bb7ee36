//! What runs say becomes rows, in the transaction that commits it.

use ids::RunId;
use lanes::{Accepted, Committed, ReplyTo, RunEvent, RunOutcome, RunSink, RunStart, StopCause, Turn};
use store::{StoreError, Tx};

use crate::{
    Deliveries, Origin, Place,
    deliveries::{Said, quoted},
    shape, told,
};

const TIMED_OUT: &str =
    "⚠️ The run took longer than it may and was stopped. Ask again, or raise agents.defaults.timeoutSeconds.";

/// Where the turn's answer goes, if it leaves at all.
fn place(turn: &Turn) -> Option<Place> {
    match &turn.reply {
        ReplyTo::Channel { channel, account, target, .. } => {
            Some(Place { channel: channel.clone(), account: account.clone(), target: target.clone() })
        }
        ReplyTo::Operators => None,
    }
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
            RunEvent::Started { .. } => {
                if let Some(place) = place(&start.turn) {
                    self.0.typing.start(start.run(), place);
                }
            }
            RunEvent::Ended(_) => self.0.typing.stop(start.run()),
            _ => {}
        }
    }

    fn commit(&self, tx: &Tx<'_>, start: &RunStart, step: &Committed) -> Result<(), StoreError> {
        let turn = &start.turn;
        let Some(place) = place(turn) else { return Ok(()) };
        let run = turn.run.as_str();
        match step {
            Committed::Said { entry, text, beside } => {
                let current = match &turn.reply {
                    ReplyTo::Channel { message, .. } => message.as_ref(),
                    ReplyTo::Operators => None,
                };
                let quote = quoted(shape::quote(text), current);
                let name = format!("{run}:{entry}");
                let reasoning = beside.reasoning.as_deref().filter(|_| turn.is_trusted()).and_then(shape::reasoning);
                if let Some(text) = reasoning {
                    self.stage(tx, &place, Origin { cause: run, name: &format!("{name}:reasoning") }, &text)?;
                }
                // Files are the machine's: only who may use tools here is sent any.
                let agent = turn.is_trusted().then_some(&turn.agent);
                let said = Said { cause: run, name: &name, agent, quote, footer: beside.footer.as_deref() };
                if told::has_told(tx, run, text)? {
                    return Ok(());
                }
                self.stage_said(tx, &place, &said, text)
            }
            Committed::Ended { outcome: RunOutcome::Failed { message } } => self.stage_end(tx, &place, run, message),
            Committed::Ended { outcome: RunOutcome::Aborted { cause: StopCause::Timeout } } => {
                self.stage_end(tx, &place, run, TIMED_OUT)
            }
            Committed::Ended { .. }
            | Committed::Started { .. }
            | Committed::Steered { .. }
            | Committed::ToolStarted { .. }
            | Committed::ToolEnded { .. } => Ok(()),
        }
    }

    fn committed(&self, start: &RunStart, step: &Committed) {
        if let (Some(place), Committed::Said { .. } | Committed::Ended { .. }) = (place(&start.turn), step) {
            self.wake(&place);
        }
    }
}

impl Deliveries {
    fn stage_end(&self, tx: &Tx<'_>, place: &Place, run: &str, message: &str) -> Result<(), StoreError> {
        match shape::notice(message) {
            Some(text) => self.stage(tx, place, Origin { cause: run, name: &format!("{run}:end") }, &text),
            None => Ok(()),
        }
    }
}
