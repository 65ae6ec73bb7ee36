//! Recognises long texts that Telegram's apps cut into several messages.
//!
//! Nothing is held back: the parts only get the same key, and the host joins them. A part is one when it follows a
//! text of nearly full length at once, from the same person, with the next number.

use channel::MergeKey;

/// A text of this many UTF-16 units was probably cut: apps cut at 4096, at a word where there is one.
const NEARLY_FULL: usize = 4000;
/// Vendor's seconds between two parts.
const LONGEST_GAP: u64 = 2;
/// Senders remembered at once; more are forgotten oldest first.
const REMEMBERED: usize = 64;

/// What was last seen of senders whose last text was nearly full.
#[derive(Debug, Default)]
pub(crate) struct SplitTexts {
    open: Vec<Open>,
}

#[derive(Debug)]
struct Open {
    chat: i64,
    sender: i64,
    first: i64,
    last: i64,
    at: u64,
}

/// A text as it came.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Piece {
    pub(crate) chat: i64,
    pub(crate) sender: i64,
    pub(crate) message: i64,
    pub(crate) units: usize,
    /// Seconds.
    pub(crate) at: u64,
}

impl SplitTexts {
    pub(crate) fn key(&mut self, piece: Piece) -> Option<MergeKey> {
        let found = self.open.iter().position(|open| open.chat == piece.chat && open.sender == piece.sender);
        let open = found.map(|index| self.open.remove(index));
        let first = open
            .filter(|open| piece.message == open.last + 1 && piece.at.abs_diff(open.at) <= LONGEST_GAP)
            .map(|open| open.first);
        let is_long = piece.units >= NEARLY_FULL;
        if is_long {
            if self.open.len() == REMEMBERED {
                self.open.remove(0);
            }
            let Piece { chat, sender, message, at, .. } = piece;
            self.open.push(Open { chat, sender, first: first.unwrap_or(message), last: message, at });
        }
        let first = first.or(is_long.then_some(piece.message))?;
        Some(MergeKey::SplitText(format!("{}:{}:{first}", piece.chat, piece.sender)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(pieces: &[(i64, usize, u64)]) -> Vec<Option<String>> {
        let mut texts = SplitTexts::default();
        let key = |(message, units, at): &(i64, usize, u64)| {
            texts.key(Piece { chat: 1, sender: 2, message: *message, units: *units, at: *at })
        };
        let name = |key: Option<MergeKey>| match key? {
            MergeKey::SplitText(name) | MergeKey::Album(name) => Some(name),
        };
        pieces.iter().map(key).map(name).collect()
    }

    #[test]
    fn the_parts_of_a_long_text_get_the_key_of_the_first() {
        let key = Some("1:2:7".to_owned());
        assert_eq!(keys(&[(7, 4096, 5), (8, 4090, 5), (9, 12, 6)]), [key.clone(), key.clone(), key]);
    }

    #[test]
    fn a_short_text_or_one_that_comes_later_has_no_key() {
        let first = Some("1:2:7".to_owned());
        assert_eq!(keys(&[(6, 20, 1), (7, 4096, 5), (8, 12, 60)]), [None, first.clone(), None]);
        assert_eq!(keys(&[(7, 4096, 5), (9, 12, 5)]), [first, None]);
    }
}
