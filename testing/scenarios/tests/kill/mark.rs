//! The mark of a message: unique, found again in what the model is asked, in the journal and in every answer.

use std::fmt;

/// `m` + three digits for the chat + `n` + four digits for the message.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Mark(String);

const WISH: &str = "please do ";
/// Every so many messages the model calls a tool with effects.
const TOOL_EVERY: u32 = 4;

impl Mark {
    pub(crate) fn new(chat: u32, number: u32) -> Self {
        Self(format!("m{chat:03}n{number:04}"))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the model is to call a tool before it answers.
    pub(crate) fn wants_tool(&self) -> bool {
        let digit = |range: std::ops::Range<usize>| self.0.get(range).and_then(|text| text.parse::<u32>().ok());
        (digit(1..4).unwrap_or(0) + digit(5..9).unwrap_or(0)).is_multiple_of(TOOL_EVERY)
    }

    /// Every mark in a text, each once, in order.
    pub(crate) fn all_in(text: &str) -> Vec<Self> {
        let mut found: Vec<Self> = Vec::new();
        for (at, _) in text.match_indices('m') {
            if let Some(mark) = text.get(at..at + 9).and_then(Self::parse).filter(|mark| !found.contains(mark)) {
                found.push(mark);
            }
        }
        found
    }

    /// What a person writes about it.
    pub(crate) fn wish(&self) -> String {
        format!("{WISH}{self} now")
    }

    /// Every mark that a person wrote; others only name a command that was cut off.
    pub(crate) fn wished_in(text: &str) -> Vec<Self> {
        let after = text.split(WISH).skip(1).filter_map(|rest| Self::parse(rest.get(..9)?));
        after.fold(Vec::new(), |mut found, mark| {
            if !found.contains(&mark) {
                found.push(mark);
            }
            found
        })
    }

    fn parse(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        let digits = |range: std::ops::Range<usize>| bytes.get(range).is_some_and(|d| d.iter().all(u8::is_ascii_digit));
        (bytes.first() == Some(&b'm') && bytes.get(4) == Some(&b'n') && digits(1..4) && digits(5..9))
            .then(|| Self(text.to_owned()))
    }
}

impl fmt::Display for Mark {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}
