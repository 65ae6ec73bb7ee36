//! Nothing is left open, nothing was done twice, and what was spent is written down.

use std::collections::BTreeMap;

use lanes::RunOutcome;

use super::records::Records;
use crate::client;
use crate::outside::Outside;

/// What one call is billed, in millionths of a dollar.
const BILL_MICROS: i64 = 120_000;

pub(super) fn check(outside: &Outside, records: &Records) {
    for left in &records.left {
        outside.wrong(format!("{left} is still open"));
    }
    runs(outside, records);
    calls(outside, records);
    deeds(outside, records);
    money(outside, records);
}

fn runs(outside: &Outside, records: &Records) {
    for (run, is_closed) in &records.runs {
        if !is_closed {
            outside.wrong(format!("the row of run {run} is open"));
        }
        // Once by the run, once by the inbox.
        let ends = records.of_kind("run.ended").filter(|fact| fact.cause == *run).count();
        if ends > 2 {
            outside.wrong(format!("run {run} ended {ends} times in the facts"));
        }
        // Who asked over the wire is told there.
        let is_on_network = !run.starts_with(client::KEY);
        if let Some(RunOutcome::Failed { .. }) = records.outcome(run).filter(|_| is_on_network) {
            let notice = format!("{run}:end:1");
            let is_prepared = records.of_kind("outbound.prepared").any(|f| f.effect.as_deref() == Some(&notice));
            if !is_prepared {
                outside.wrong(format!("run {run} failed and its chat was not told"));
            }
        }
    }
}

/// A model is not asked again for what is in the transcript already.
fn calls(outside: &Outside, records: &Records) {
    let calls = outside.calls.lock();
    let all: Vec<String> =
        records.transcripts.values().flatten().map(|line| String::from_utf8_lossy(line).into_owned()).collect();
    let mut first: BTreeMap<u64, usize> = BTreeMap::new();
    for (number, digest) in calls.asked.iter().enumerate() {
        if let Some(earlier) = first.insert(*digest, number) {
            let marks = [format!("#{earlier}. "), format!("\"c{earlier}x0\"")];
            // Words that were cut off may be asked for again.
            let kept = all.iter().any(|line| {
                marks.iter().any(|mark| line.contains(mark)) && line.contains("\"role\":\"assistant\"") && !is_cut(line)
            });
            if kept {
                outside.wrong(format!("call {number} asked again for what call {earlier} had said"));
            }
        }
    }
}

fn is_cut(line: &str) -> bool {
    line.contains("\"stopReason\":\"aborted\"") || line.contains("\"stopReason\":\"error\"")
}

fn deeds(outside: &Outside, records: &Records) {
    let lines: Vec<String> =
        records.transcripts.values().flatten().map(|line| String::from_utf8_lossy(line).into_owned()).collect();
    let vendor = outside.vendor.lock();
    for (name, deed) in &outside.deeds.lock().0 {
        if deed.begun > 1 {
            outside.wrong(format!("{name} was done {} times", deed.begun));
        }
        let is_told = lines.iter().any(|line| line.contains(&format!("did {name}\"")));
        let run = &deed.run;
        // Who asked over the wire is told there.
        if is_told || run.starts_with(client::KEY) {
            continue;
        }
        if records.has(run, "run.interrupted") {
            let notice = format!("{run}:end:");
            let is_seen = vendor.seen.iter().any(|piece| piece.key.starts_with(&notice));
            let is_refused = vendor.refused.iter().any(|key| key.starts_with(&notice));
            if !is_seen && !is_refused {
                outside.wrong(format!("{name} was interrupted and nobody was told"));
            }
        } else if !matches!(records.outcome(run), Some(RunOutcome::Aborted { .. })) {
            outside.wrong(format!("{name} was done and run {run} does not know how it went"));
        }
    }
}

fn money(outside: &Outside, records: &Records) {
    for line in &records.ledger {
        match line.spent {
            None => outside.wrong("a reservation was never settled".to_owned()),
            Some(spent) if spent > line.reserved => {
                outside.wrong(format!("a call cost {spent}, more than the {} set aside for it", line.reserved));
            }
            Some(_) => {}
        }
    }
    let spent: i64 = records.ledger.iter().filter_map(|line| line.spent).sum();
    if spent != records.spending {
        outside.wrong(format!("the purse holds {} and its lines say {spent}", records.spending));
    }
    let billed = i64::try_from(outside.calls.lock().billed).unwrap_or(0).saturating_mul(BILL_MICROS);
    if spent < billed {
        outside.wrong(format!("calls were billed {billed} and only {spent} is written down"));
    }
}
