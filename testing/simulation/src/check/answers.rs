//! Every message whose network was told that it was taken gets its answer, once, in the way of its session's queue.

use channel::Guarantee;
use lanes::{QueueMode, RunOutcome, StopCause};

use super::records::{Fact, Records};
use crate::client;
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
            What::Ask | What::AskAnew | What::AskInGroup => question(outside, records, number, event),
            What::Status | What::Stop => command(outside, records, number, event),
            What::Aside => unheard(outside, records, (number, event), "keep"),
            What::Stranger => unheard(outside, records, (number, event), "ignore"),
        }
    }
    for number in 0..outside.plan.requests.len() {
        request(outside, records, number);
    }
}

/// What is not for the agent starts no run and is answered with nothing.
fn unheard(outside: &Outside, records: &Records, (number, event): (usize, &str), wanted: &str) {
    let verdict = records.of_kind("inbound.verdict").find(|fact| fact.cause == event);
    let admission = verdict.and_then(|fact| fact.body["admission"].as_str()).unwrap_or("nothing");
    if admission != wanted {
        outside.wrong(format!("update {number} was judged {admission} instead of {wanted}"));
    }
    let of_it: Vec<&str> =
        records.facts.iter().filter(|f| f.cause == event).filter_map(|f| f.effect.as_deref()).collect();
    if !of_it.is_empty() {
        outside.wrong(format!("update {number} was not for the agent and led to {of_it:?}"));
    }
}

/// What a client was told is taken is one run, with its answer in the transcript.
fn request(outside: &Outside, records: &Records, number: usize) {
    let key = client::key(number);
    let names = [format!("chat:{key}"), format!("agent:{key}")];
    let is_it =
        |fact: &&Fact| fact.body["vendor"].as_str().is_some_and(|vendor| names.iter().any(|name| name == vendor));
    let events: Vec<&Fact> = records.of_kind("inbound.received").filter(is_it).collect();
    let [event] = events.as_slice() else {
        outside.wrong(format!("request {number} was taken {} times", events.len()));
        return;
    };
    let named = records.runs.iter().filter(|(run, _)| run.starts_with(&key)).count();
    let answers = records.said(&format!("ans-{}.", outside.plan.question_of(number)));
    if named > 1 || answers > super::most_times(outside) {
        outside.wrong(format!("request {number} became {named} runs and has {answers} answers"));
    }
    let runs = records.runs_of(&event.cause);
    let is_excused = match runs.len() {
        // It never came to be a run: it was stopped, or another took its place.
        0 => outside.client.lock().aborted.contains(&number) || may_be_replaced(outside),
        _ => runs
            .iter()
            .any(|run| matches!(records.outcome(run), Some(RunOutcome::Failed { .. } | RunOutcome::Aborted { .. }))),
    };
    if answers == 0 && !is_excused {
        outside.wrong(format!("request {number} was taken and never answered, runs {runs:?}"));
    }
}

/// All requests are for one session.
fn may_be_replaced(outside: &Outside) -> bool {
    outside.plan.mode == QueueMode::Interrupt && outside.plan.requests.len() > 1
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
    let this = &outside.plan.updates[number];
    let later = outside.plan.updates[number + 1..].iter();
    later.filter(|update| update.shares_room_with(this)).any(|update| match update.what {
        What::Stop => true,
        what if what.is_question() => outside.plan.mode == QueueMode::Interrupt,
        _ => false,
    })
}
