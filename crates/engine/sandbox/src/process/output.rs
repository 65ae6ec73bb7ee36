//! What a command wrote: its beginning and its end, within a bound. The middle is dropped and counted.

use crate::process::clean::clean;

/// The beginning that is always kept.
const HEAD: usize = 16 * 1024;
/// At least this much of the end is kept, at most twice as much.
const TAIL: usize = 120 * 1024;
/// The most that one call of `fresh` gives.
const FRESH: usize = 30 * 1024;
/// A cut end starts at a line's start when there is one within this many bytes.
const LINE: usize = 4 * 1024;

/// How much output of one command is in memory.
pub const PROCESS_OUTPUT_BYTES: usize = HEAD + 2 * TAIL;

/// The bytes of one command's output, from both of its streams in the order they came.
#[derive(Debug, Default)]
pub(crate) struct Output {
    head: Vec<u8>,
    tail: Vec<u8>,
    /// Bytes between head and tail that are gone.
    dropped: u64,
    /// Bytes from the start that `fresh` has given, or passed over.
    given: u64,
    /// How many there were at that time: what is held back is not news.
    told: u64,
    ended: bool,
}

impl Output {
    pub(crate) fn push(&mut self, mut bytes: &[u8]) {
        let room = HEAD - self.head.len();
        let (start, rest) = bytes.split_at(room.min(bytes.len()));
        self.head.extend_from_slice(start);
        bytes = rest;
        if bytes.len() > TAIL {
            let (lost, kept) = bytes.split_at(bytes.len() - TAIL);
            self.dropped += wide(self.tail.len() + lost.len());
            self.tail.clear();
            bytes = kept;
        }
        if self.tail.len() + bytes.len() > 2 * TAIL {
            let lost = self.tail.len() + bytes.len() - TAIL;
            self.dropped += wide(lost);
            self.tail.drain(..lost.min(self.tail.len()));
        }
        self.tail.extend_from_slice(bytes);
    }

    pub(crate) const fn end(&mut self) {
        self.ended = true;
    }

    pub(crate) fn total(&self) -> u64 {
        wide(self.head.len()) + self.dropped + wide(self.tail.len())
    }

    pub(crate) fn has_news(&self) -> bool {
        self.ended || self.total() > self.told
    }

    /// Everything that is kept.
    pub(crate) fn text(&self) -> String {
        if self.dropped == 0 {
            return clean(&[self.head.as_slice(), &self.tail].concat(), true).0;
        }
        let (skipped, tail) = from_a_line(&self.tail);
        let lost = self.dropped + wide(skipped);
        let (head, tail) = (clean(&self.head, true).0, clean(tail, true).0);
        format!("{head}\n[… {lost} bytes left out …]\n{tail}")
    }

    /// What came since the last call.
    pub(crate) fn fresh(&mut self) -> String {
        let total = self.total();
        let from = self.given.max(total.saturating_sub(wide(FRESH)));
        let mut waiting = Vec::new();
        let head = usize::try_from(from).ok().and_then(|from| self.head.get(from..)).unwrap_or_default();
        waiting.extend_from_slice(head);
        let tail_start = total - wide(self.tail.len());
        // The tail is never shorter than what one call gives, so nothing below the bound is missing here.
        let skip = usize::try_from(from.saturating_sub(tail_start)).unwrap_or(usize::MAX);
        waiting.extend_from_slice(self.tail.get(skip..).unwrap_or_default());
        let lost = from - self.given;
        let (skipped, kept) = if lost > 0 { from_a_line(&waiting) } else { (0, waiting.as_slice()) };
        let (text, used) = clean(kept, self.ended);
        self.given = total - wide(kept.len() - used);
        self.told = total;
        if lost == 0 { text } else { format!("[… {} bytes left out …]\n{text}", lost + wide(skipped)) }
    }
}

/// The bytes from the first line that is whole, or at least from the first whole character.
fn from_a_line(bytes: &[u8]) -> (usize, &[u8]) {
    let near = bytes.get(..bytes.len().min(LINE)).unwrap_or_default();
    let line = near.iter().position(|b| *b == b'\n').map(|at| at + 1);
    let start = line.unwrap_or_else(|| near.iter().take(3).take_while(|b| matches!(b, 0x80..=0xbf)).count());
    (start, bytes.get(start..).unwrap_or_default())
}

fn wide(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_long_output_keeps_its_beginning_and_its_end() {
        let mut output = Output::default();
        output.push(b"first line\n");
        for number in 0..100_000 {
            output.push(format!("line {number}\n").as_bytes());
        }
        let text = output.text();
        assert!(text.starts_with("first line\nline 0\n"), "{}", &text[..40]);
        assert!(text.ends_with("line 99998\nline 99999\n"));
        assert!(text.contains("bytes left out …]\nline "));
        assert!(output.head.len() + output.tail.len() <= PROCESS_OUTPUT_BYTES);
    }

    #[test]
    fn fresh_gives_each_piece_once_and_says_what_it_left_out() {
        let mut output = Output::default();
        output.push("one €".as_bytes());
        assert_eq!(output.fresh(), "one €");
        assert!(!output.has_news());
        output.push(b"two\n");
        output.push(&b"x\n".repeat(40_000));
        let text = output.fresh();
        assert!(text.starts_with("[… ") && text.ends_with("x\nx\n") && text.len() < FRESH + 100, "{}", text.len());
        assert_eq!(output.fresh(), "");
    }

    #[test]
    fn half_a_character_is_no_news_until_its_rest_comes() {
        let mut output = Output::default();
        output.push(&"€".as_bytes()[..1]);
        assert_eq!(output.fresh(), "");
        assert!(!output.has_news());
        output.push(&"€".as_bytes()[1..]);
        assert!(output.has_news());
        assert_eq!(output.fresh(), "€");
    }

    proptest! {
        #[test]
        fn memory_stays_bounded_and_no_byte_goes_uncounted(pieces in proptest::collection::vec(0_usize..300_000, 0..20)) {
            let mut output = Output::default();
            for size in &pieces {
                output.push(&vec![b'x'; *size]);
            }
            prop_assert_eq!(output.total(), wide(pieces.iter().sum()));
            prop_assert!(output.head.len() + output.tail.len() <= PROCESS_OUTPUT_BYTES);
        }
    }
}
