//! `edit`: one exact piece of a file replaced by another.

use std::sync::Arc;

use bytes::Bytes;
use schemars::JsonSchema;
use serde::Deserialize;
use similar::TextDiff;
use tool::{Need, Tool, ToolContext, ToolError, ToolOutput, WorldError, WorldPath};

use super::read::{FILE_BYTES, text};
use super::seen::Seen;

/// More places than this are counted, not listed.
const PLACES: usize = 10;

#[derive(Debug)]
pub(super) struct Edit {
    pub(super) seen: Arc<Seen>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Input {
    #[serde(alias = "file_path")]
    path: String,
    /// Must occur exactly once.
    #[serde(alias = "old_string")]
    old_text: String,
    #[serde(alias = "new_string")]
    new_text: String,
}

impl Tool for Edit {
    const NAME: &'static str = "edit";
    const ABOUT: &'static str = "Replace one exact piece of a file.";
    const SUMMARY: &'static str = "change a piece of a file";
    type Input = Input;

    fn needs(&self, input: &Input) -> Vec<Need> {
        let path = WorldPath(input.path.clone());
        vec![Need::Read(path.clone()), Need::Write(path)]
    }

    async fn run(&self, input: Input, cx: ToolContext) -> Result<ToolOutput, ToolError> {
        let path = WorldPath(input.path.clone());
        let failed = |e: WorldError| ToolError::Failed(e.to_string());
        let (content, now) = cx.world.read(&path, FILE_BYTES).await.map_err(failed)?;
        if self.seen.last(&cx.session, &now.path).is_some_and(|last| !now.is_same(&last)) {
            return Err(failed(WorldError::Changed(input.path)));
        }
        let Some(old) = text(&content) else {
            return Err(ToolError::Failed(format!("{} is a binary file", input.path)));
        };
        let Replaced { text: new, line } = replace(old, &input.old_text, &input.new_text)
            .map_err(|why| ToolError::Failed(format!("{}: {why}", input.path)))?;
        let diff = TextDiff::from_lines(old, new.as_str()).unified_diff().context_radius(3).to_string();
        let stamp = cx.world.write(&path, Bytes::from(new), Some(now)).await.map_err(failed)?;
        self.seen.saw(&cx.session, stamp);
        let said = format!("changed {} at line {line}", input.path);
        Ok(ToolOutput::text(said).with("diff", diff).with("firstChangedLine", line))
    }
}

#[derive(Debug)]
struct Replaced {
    text: String,
    line: usize,
}

/// Replaces the only place where `old` occurs. A file with `\r\n` ends takes texts that were written with `\n`.
fn replace(text: &str, old: &str, new: &str) -> Result<Replaced, String> {
    if old.is_empty() {
        return Err("oldText is empty; write makes new files".to_owned());
    }
    if old == new {
        return Err("oldText and newText are the same".to_owned());
    }
    let (old, new) = if text.contains("\r\n") && !old.contains('\r') && !text.contains(old) {
        (old.replace('\n', "\r\n"), new.replace("\r\n", "\n").replace('\n', "\r\n"))
    } else {
        (old.to_owned(), new.to_owned())
    };
    let places = places(text, &old);
    match places.as_slice() {
        [] => Err(nothing_found(text, &old)),
        [at] => {
            let (before, after) = (text.get(..*at), text.get(at + old.len()..));
            let (before, after) = (before.unwrap_or_default(), after.unwrap_or_default());
            Ok(Replaced { text: format!("{before}{new}{after}"), line: line_at(text, *at) })
        }
        several => {
            let lines: Vec<String> = several.iter().take(PLACES).map(|at| line_at(text, *at).to_string()).collect();
            let more = if several.len() > PLACES { ", …" } else { "" };
            let (count, lines) = (several.len(), lines.join(", "));
            Err(format!("oldText occurs {count} times, at lines {lines}{more}; add text around it until it is unique"))
        }
    }
}

/// Where `old` starts, places that overlap included.
fn places(text: &str, old: &str) -> Vec<usize> {
    let step = old.chars().next().map_or(1, char::len_utf8);
    let (mut found, mut from) = (Vec::new(), 0);
    while let Some(at) = text.get(from..).and_then(|rest| rest.find(old)) {
        found.push(from + at);
        from += at + step;
    }
    found
}

/// Says where it nearly is: a difference in white space is the usual reason.
fn nothing_found(text: &str, old: &str) -> String {
    let wanted: Vec<&str> = old.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let lines: Vec<(usize, &str)> =
        text.lines().enumerate().map(|(at, line)| (at + 1, line.trim())).filter(|(_, line)| !line.is_empty()).collect();
    let near =
        lines.windows(wanted.len().max(1)).find(|window| window.iter().map(|(_, l)| *l).eq(wanted.iter().copied()));
    match near.and_then(|window| window.first()) {
        Some((line, _)) => format!("oldText does not occur; line {line} differs from it in white space alone"),
        None => "oldText does not occur; read the file again".to_owned(),
    }
}

fn line_at(text: &str, at: usize) -> usize {
    text.get(..at).unwrap_or_default().matches('\n').count() + 1
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn refusal(text: &str, old: &str, new: &str) -> String {
        replace(text, old, new).unwrap_err()
    }

    #[test]
    fn the_only_match_is_replaced_and_its_line_named() {
        let replaced = replace("one\ntwo\nthree\n", "two", "2").unwrap();
        assert_eq!((replaced.text.as_str(), replaced.line), ("one\n2\nthree\n", 2));
    }

    #[test]
    fn no_match_and_two_matches_are_refused_with_what_to_do() {
        assert_eq!(refusal("a\n", "b", "c"), "oldText does not occur; read the file again");
        assert_eq!(
            refusal("a\nb\na\n", "a", "c"),
            "oldText occurs 2 times, at lines 1, 3; add text around it until it is unique"
        );
        assert_eq!(
            refusal("x\n  if a {\n\tb\n}\n", "if a {\n  b\n}", ""),
            "oldText does not occur; line 2 differs from it in white space alone"
        );
        assert_eq!(refusal("aaa", "aa", "b").split(';').next().unwrap(), "oldText occurs 2 times, at lines 1, 1");
    }

    #[test]
    fn line_ends_of_the_file_are_kept() {
        assert_eq!(replace("a\r\nb\r\nc\r\n", "a\nb", "x\ny").unwrap().text, "x\r\ny\r\nc\r\n");
    }

    proptest! {
        #[test]
        fn a_replacement_can_be_taken_back(before in "[ab\n]{0,20}", old in "[XY]{1,5}", after in "[ab\n]{0,20}") {
            let text = format!("{before}{old}{after}");
            let there = replace(&text, &old, "Z").unwrap().text;
            prop_assert_eq!(replace(&there, "Z", &old).unwrap().text, text);
        }
    }
}
