//! Every message whose network was told that it was taken gets its answer, once, in the way of its session's queue.

use channel::Guarantee;
use lanes::{QueueMode, RunOutcome, StopCause};

use super::records::Records;
use crate::outside::Outside;
use crate::plan::What;

pub(super) fn check(outside: &Outside, records: &Records) {
    for (number, update) in outside.plan.updates.iter().enumerate() {
        let events = records.events(number);
        let [event] = events.as_slice() else {
            outside.wrong(format!("update {number} was taken {} times", events.len()));
            continue;
        };
        match update.what {
            What::Ask | What::AskAnew => question(outside, records, number, event),
            What::Status | What::Stop => command(outside, records, number, event),
        }
    }
}

fn command(outside: &Outside, records: &Records, number: usize, event: &str) {
    let key = format!("{event}:answer:1");
    let prepared = records.of_kind("outbound.prepared").filter(|fact| fact.effect.as_deref() == Some(&key)).count();
    if prepared != 1 {
        outside.wrong(format!("command {number} has {prepared} answers"));
    }
}

fn question(outside: &Outside, records: &Records, number: usize, event: &str) {
    let runs = records.runs_of(event);
    if runs.len() > 1 {
        outside.wrong(format!("question {number} became part of the runs {runs:?}"));
    }
    let vendor = outside.vendor.lock();
    let answers = vendor.answers(number);
    let most = super::most_times(outside);
    if answers.len() > most {
        outside.wrong(format!("question {number} was answered in {answers:?}"));
    }
    if !answers.is_empty() {
        return;
    }
    let excused = runs.iter().any(|run| {
        let was_refused = vendor.refused.iter().any(|key| key.starts_with(run));
        // Pieces whose fate nobody knew too often are given up.
        let was_lost = outside.plan.guarantee != Guarantee::ClientKey
            && vendor.uncertain.iter().any(|(key, times)| key.starts_with(run) && *times >= 5);
        was_refused
            || was_lost
            || match records.outcome(run) {
                // Its chat was told instead: that is looked at for every failed run.
                Some(RunOutcome::Failed { .. } | RunOutcome::Aborted { cause: StopCause::Timeout }) => true,
                Some(RunOutcome::Aborted { .. }) => may_be_dropped(outside, number),
                _ => false,
            }
    });
    let was_dropped = records.has(event, "inbound.dropped") && may_be_dropped(outside, number);
    if !excused && !was_dropped {
        outside.wrong(format!("question {number} was taken and never answered, runs {runs:?}"));
    }
}

/// A later message of the same person may have stopped or replaced the work on this one.
fn may_be_dropped(outside: &Outside, number: usize) -> bool {
    let person = outside.plan.updates[number].person;
    outside.plan.updates[number + 1..].iter().filter(|update| update.person == person).any(|update| match update.what {
        What::Stop => true,
        What::Ask | What::AskAnew => outside.plan.mode == QueueMode::Interrupt,
        What::Status => false,
    })
}
