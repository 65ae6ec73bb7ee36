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
        match words(start, step) {
            Some(words) => self.0.told(tx, &start.turn.key, words),
            None => Ok(()),
        }
    }
}

/// What a step puts before the model: the words of a turn that began, or that was steered into one.
fn words<'w>(start: &'w RunStart, step: &'w Committed) -> Option<&'w str> {
    match step {
        Committed::Started { entry: Some(_) } => Some(&start.turn.text),
        Committed::Steered { text, .. } => Some(text),
        Committed::Started { entry: None }
        | Committed::Said { .. }
        | Committed::Noted { .. }
        | Committed::Called { .. }
        | Committed::Answered { .. }
        | Committed::ToolStarted { .. }
        | Committed::ToolEnded { .. }
        | Committed::Ended { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lanes::{LaneName, Queued, ReplyTo, Turn, TurnOptions};
    use tool::{Origin, Provenance, Secrecy};

    #[test]
    fn a_report_has_been_told_when_a_turn_held_it_however_the_turn_came_to_the_model() {
        let turn = Turn {
            run: "r".parse().unwrap(),
            key: "agent:main:main".parse().unwrap(),
            agent: ids::AgentId::main(),
            causes: Vec::new(),
            text: "first".to_owned(),
            files: Vec::new(),
            provenance: Provenance::new(Origin::Owner, Secrecy::Chat),
            reply: ReplyTo::Operators,
            lane: LaneName::Main,
            queued: Queued::default(),
            options: TurnOptions::default(),
        };
        let start = RunStart { turn, at: 0 };
        let steered = Committed::Steered { text: "steered".into(), causes: Vec::new(), queued: Queued::default() };
        assert_eq!(words(&start, &Committed::Started { entry: Some("e".parse().unwrap()) }), Some("first"));
        assert_eq!(words(&start, &steered), Some("steered"));
        assert_eq!(words(&start, &Committed::Started { entry: None }), None, "a run that is taken up again");
    }
}
