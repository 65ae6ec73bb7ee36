//! Where an answer that is still being written may be cut, so that its beginning leaves. Pure.
//!
//! Each block is shaped alone and must come out as it would have in the whole: no cut falls into code, into what a
//! reader must not see, into a directive, or into a line that names a file.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::{
    chunk::{Fence, units},
    shape::{self, LONGEST_TAG, Tag},
};

/// How answers leave in blocks; sizes in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Blocks {
    pub when: Leaves,
    pub min: usize,
    pub max: usize,
    pub prefer: Break,
    /// When the model pauses this long, what has `idle_min` characters leaves. Zero: nothing waits for more.
    pub idle: Duration,
    pub idle_min: usize,
}

/// When blocks leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Leaves {
    /// While the text is being written.
    #[default]
    TextEnd,
    /// When the model has ended its message.
    MessageEnd,
}

/// Where a block ends if it can; better places first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Break {
    #[default]
    Paragraph,
    Newline,
    Sentence,
}

/// What a cut behind these bytes would end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Break(Break),
    Word,
    Nothing,
}

#[derive(Debug, Clone, Copy)]
struct End {
    at: usize,
    /// Characters up to here.
    size: usize,
    kind: Kind,
}

/// How many bytes of what has not left yet leave now. `paused`: the model has said nothing for a while. What shows
/// nothing does not leave: it goes with the words behind it.
pub(crate) fn ripe(pending: &str, blocks: &Blocks, paused: bool) -> Option<usize> {
    let hidden = hidden_at_first(pending);
    let length = hidden + cut(pending.get(hidden..)?, blocks, paused)?;
    (!shape::shape(pending.get(..length)?, None).is_empty()).then_some(length)
}

/// How many bytes of the beginning no reader sees: reasoning, and the tags and spaces around it.
fn hidden_at_first(text: &str) -> usize {
    let mut scan = Scan { text, at: 0, size: 0, hidden: 0, fence: None, held_to: 0 };
    let (mut seen_from, mut before) = (0, '\n');
    while let Some(last) = scan.step(before == '\n') {
        let step = text.get(seen_from..scan.at).unwrap_or_default();
        let is_tag = shape::reasoning_tag(step).is_some();
        if scan.hidden == 0 && !is_tag && !last.is_whitespace() {
            break;
        }
        (seen_from, before) = (scan.at, last);
    }
    // Spaces alone are the text's own.
    if text.get(..seen_from).is_some_and(|begin| begin.trim().is_empty()) { 0 } else { seen_from }
}

fn cut(pending: &str, blocks: &Blocks, paused: bool) -> Option<usize> {
    let max = blocks.max.max(1);
    let size = units(pending);
    let eager = paused || blocks.idle.is_zero();
    if (size < max && !eager) || size < blocks.min || shape::may_be_mark(pending) {
        return None;
    }
    let min = if paused { blocks.min.max(blocks.idle_min) } else { blocks.min }.min(max);
    let ends = ends(pending, max, paused);
    let last = |kind: Kind, least: usize| {
        ends.iter().rev().find(|end| end.kind <= kind && (least..=max).contains(&end.size)).map(|end| end.at)
    };
    let preferred = Kind::Break(blocks.prefer);
    if size < max {
        let others = paused.then(|| last(Kind::Break(Break::Sentence), min));
        return last(preferred, min).or_else(|| others.flatten());
    }
    let chain = [preferred, Kind::Break(Break::Newline), Kind::Break(Break::Sentence), Kind::Word, Kind::Nothing];
    chain.into_iter().find_map(|kind| last(kind, min)).or_else(|| {
        // What cannot be cut begins here: what stands before it leaves alone, and it leaves whole.
        let line = Kind::Break(Break::Newline);
        let beyond = || ends.iter().find(|end| end.kind <= line && end.size > max).map(|end| end.at);
        last(line, 1).or_else(beyond)
    })
}

/// How many bytes of a text that grows will stay as they are, whatever follows.
pub(crate) fn settled(text: &str) -> usize {
    ends(text, usize::MAX, true).last().map_or(0, |end| end.at)
}

/// Every place where the text may be cut. `paused`: its last sentence is over.
fn ends(text: &str, max: usize, paused: bool) -> Vec<End> {
    let mut scan = Scan { text, at: 0, size: 0, hidden: 0, fence: None, held_to: 0 };
    let mut ends = Vec::new();
    let mut before = '\n';
    while let Some(c) = scan.step(before == '\n') {
        before = c;
        let Some(kind) = scan.kind(c, paused) else { continue };
        let end = End { at: scan.at, size: scan.size, kind };
        // Between two letters only the last place that fits is of use.
        if kind == Kind::Nothing {
            if end.size > max {
                continue;
            }
            ends.pop_if(|end: &mut End| end.kind == Kind::Nothing);
        }
        ends.push(end);
    }
    ends
}

struct Scan<'a> {
    text: &'a str,
    at: usize,
    size: usize,
    /// Open tags around reasoning.
    hidden: usize,
    fence: Option<Fence>,
    /// A line that must stay whole ends here.
    held_to: usize,
}

impl<'a> Scan<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// Goes on by a character, or by what belongs together; gives its last character. `None` at the end, and where
    /// what comes next decides.
    fn step(&mut self, begins_line: bool) -> Option<char> {
        if begins_line {
            self.line();
        }
        let rest = self.rest();
        let length = match rest.chars().next()? {
            '`' => {
                let ticks = rest.bytes().take_while(|b| *b == b'`').count();
                let (fence, code) = rest.split_at(ticks);
                code.find(fence)? + 2 * ticks
            }
            '<' => match shape::reasoning_tag(rest) {
                Some((tag, length)) => {
                    match tag {
                        Tag::Open => self.hidden += 1,
                        Tag::Close => self.hidden = self.hidden.saturating_sub(1),
                        Tag::Transparent => {}
                    }
                    length
                }
                None if rest.len() < LONGEST_TAG && !rest.contains('>') => return None,
                None => 1,
            },
            '[' if rest.starts_with("[[") => {
                let line = rest.lines().next().unwrap_or_default();
                match line.find("]]") {
                    Some(inner) => inner + 2,
                    None if line.len() == rest.len() => return None,
                    None => 1,
                }
            }
            c => c.len_utf8(),
        };
        self.advance(length)
    }

    fn advance(&mut self, length: usize) -> Option<char> {
        let taken = self.rest().get(..length)?.to_owned();
        self.size += units(&taken);
        let start = self.at;
        for (newline, _) in taken.match_indices('\n').filter(|(newline, _)| newline + 1 < length) {
            self.at = start + newline + 1;
            self.line();
        }
        self.at = start + length;
        taken.chars().next_back()
    }

    /// A line begins.
    fn line(&mut self) {
        let line = self.rest().split('\n').next().unwrap_or_default();
        let (end, names_file) = (self.at + line.len(), line.trim_start().starts_with("MEDIA:"));
        let was_open = self.fence.is_some();
        self.fence = Fence::after(self.fence.take(), line, self.at);
        if names_file || was_open || self.fence.is_some() {
            self.held_to = end;
        }
    }

    /// What a cut here ends; `None` where none may be.
    fn kind(&self, last: char, paused: bool) -> Option<Kind> {
        if self.hidden > 0 || self.fence.is_some() || self.at <= self.held_to && self.held_to > 0 {
            return None;
        }
        let rest = self.rest();
        let next = rest.chars().next();
        if last == '\n' {
            let is_blank = self.text.get(..self.at).is_some_and(|text| text.ends_with("\n\n"));
            return Some(Kind::Break(if is_blank { Break::Paragraph } else { Break::Newline }));
        }
        // At the beginning of a block these words would name a file.
        let words = rest.trim_start();
        if words.starts_with("MEDIA:") || !words.is_empty() && "MEDIA:".starts_with(words) {
            return None;
        }
        let is_over = next.map_or(paused, char::is_whitespace);
        match last {
            '.' | '!' | '?' if is_over => Some(Kind::Break(Break::Sentence)),
            '。' | '！' | '？' => Some(Kind::Break(Break::Sentence)),
            c if c.is_whitespace() => Some(Kind::Word),
            c if c.is_alphanumeric() && next.is_some_and(char::is_alphanumeric) => Some(Kind::Nothing),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;
