//! The report: printed after each run, and kept in docs/measurements.md when it is asked for.

use std::fmt::{self, Write as _};
use std::path::Path;
use std::time::Duration;

use crate::aftermath::Standing;
use crate::step::Step;
use crate::verdict::Verdict;

#[derive(Debug)]
pub(crate) struct Report {
    pub(crate) seed: u64,
    pub(crate) kills: usize,
    /// For each step: the kills that found a message there, and the messages.
    pub(crate) met: Vec<(Step, usize, usize)>,
    pub(crate) took: Duration,
    pub(crate) verdict: Verdict,
}

const BEGIN: &str = "<!-- kill: begin -->";
const END: &str = "<!-- kill: end -->";

impl Report {
    pub(crate) fn met(kills: &[Standing]) -> Vec<(Step, usize, usize)> {
        let of = |step: Step| {
            let counts = kills.iter().filter_map(|standing| standing.get(&step));
            (step, counts.clone().count(), counts.sum())
        };
        Step::ALL.into_iter().map(of).collect()
    }

    /// Steps that fewer kills met.
    pub(crate) fn missed(&self, least: usize) -> Vec<Step> {
        self.met.iter().filter(|(_, kills, _)| *kills < least).map(|(step, ..)| *step).collect()
    }

    /// Replaces the figures between the two marks.
    pub(crate) fn keep_in(&self, document: &Path) -> anyhow::Result<()> {
        let text = std::fs::read_to_string(document)?;
        let (Some((before, rest)), true) = (text.split_once(BEGIN), text.contains(END)) else {
            anyhow::bail!("{} has no place for the report", document.display());
        };
        let after = rest.split_once(END).map_or("", |(_, after)| after);
        std::fs::write(document, format!("{before}{BEGIN}\n{self}{END}{after}"))?;
        Ok(())
    }
}

impl fmt::Display for Report {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Verdict { messages, lost, window_doubles, telegram_doubles, in_doubt, unexplained, executed_twice, .. } =
            &self.verdict;
        let mut text = String::new();
        writeln!(text, "| kill -9 found a message here | kills | messages |\n|---|--:|--:|")?;
        for (step, kills, messages) in &self.met {
            writeln!(text, "| {step} | {kills} | {messages} |")?;
        }
        writeln!(
            text,
            "\n| counted outside, after {} kills in {} s, seed {} | |\n|---|--:|",
            self.kills,
            self.took.as_secs(),
            self.seed
        )?;
        for (what, count) in [
            ("messages in 50 chats", *messages),
            ("lost", lost.len()),
            ("doubles in windows", window_doubles.len()),
            ("sends that a kill found *sending*", *in_doubt),
            ("doubles on Telegram", *telegram_doubles),
            ("of these more than that, or not shown by `explain`", unexplained.len()),
            ("runs executed twice", executed_twice.len()),
            ("runs cut off with a tool at work, reported in their chat", self.verdict.interrupted),
        ] {
            writeln!(text, "| {what} | {count} |")?;
        }
        out.write_str(&text)
    }
}
