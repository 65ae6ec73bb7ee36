//! Splits Markdown into pieces that fit a limit: at paragraph, line, sentence, space, and only then anywhere.
//!
//! A code fence is never left open: the piece closes it and the next one opens it again with the same words. Lengths
//! are UTF-16 units, the strictest count a network uses.

use unicode_segmentation::UnicodeSegmentation as _;

/// The pieces, none empty, each at most `limit` units (at least 64, so that a fence and a letter fit).
#[must_use]
pub fn chunk(markdown: &str, limit: usize) -> Vec<String> {
    let limit = limit.max(64);
    let mut pieces = Vec::new();
    let mut rest = markdown.trim_matches('\n').to_owned();
    while units(&rest) > limit {
        let (piece, remainder) = split_once(&rest, limit);
        if !piece.trim().is_empty() {
            pieces.push(piece);
        }
        rest = remainder;
    }
    if !rest.trim().is_empty() {
        pieces.push(rest);
    }
    pieces
}

pub(crate) fn units(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

fn split_once(text: &str, limit: usize) -> (String, String) {
    let at = break_point(text, limit);
    let (head, tail) = text.split_at(at);
    match open_fence(head) {
        None => {
            // Blank lines between pieces go; the indentation of the next line stays.
            (head.trim_end().to_owned(), tail.trim_start_matches([' ', '\n']).to_owned())
        }
        Some(fence) => {
            // A fence that had no line of its own yet moves to the next piece whole.
            let at = fenced_break(text, limit, &fence);
            let (head, tail) = text.split_at(at);
            match open_fence(head) {
                None => (head.trim_end().to_owned(), tail.trim_start_matches('\n').to_owned()),
                Some(fence) => (
                    format!("{}\n{}", head.trim_end_matches('\n'), fence.marker),
                    format!("{}\n{}", fence.opening, tail.strip_prefix('\n').unwrap_or(tail)),
                ),
            }
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fence {
    /// The whole opening line.
    opening: String,
    /// The ticks or tildes alone.
    marker: String,
    /// Byte offset of the opening line.
    start: usize,
}

/// The fence that is open at the end of the text.
fn open_fence(text: &str) -> Option<Fence> {
    let mut open: Option<Fence> = None;
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        open = Fence::after(open, line.trim_end_matches('\n'), start);
        start += line.len();
    }
    open
}

impl Fence {
    /// The fence that is open behind a line, which begins at `start`.
    pub(crate) fn after(open: Option<Self>, line: &str, start: usize) -> Option<Self> {
        let body = line.trim_start();
        let Some(tick) = body.chars().next().filter(|c| *c == '`' || *c == '~') else { return open };
        let count = body.chars().take_while(|c| *c == tick).count();
        let after = body.get(count..).unwrap_or_default();
        match open {
            Some(fence) if fence.marker.starts_with(tick) && count >= fence.marker.len() && after.trim().is_empty() => {
                None
            }
            None if count >= 3 && !(tick == '`' && after.contains('`')) => {
                let marker = tick.to_string().repeat(count.min(16));
                // An info string longer than this is no language: it would not fit when repeated.
                let opening = if units(line) <= 24 { line.to_owned() } else { marker.clone() };
                Some(Self { opening, marker, start })
            }
            open => open,
        }
    }
}

/// Where to cut inside a fence so that the closing line still fits; before the fence when nothing of it would stay.
fn fenced_break(text: &str, limit: usize, fence: &Fence) -> usize {
    let room = limit.saturating_sub(units(&fence.marker) + 1);
    let at = cut_at(text, room, &['\n']).unwrap_or_else(|| hard_cut(text, room));
    let first_line_end = fence.start + fence.opening.len() + 1;
    if at > first_line_end {
        at
    } else if fence.start > 0 && !text.get(..fence.start).unwrap_or_default().trim().is_empty() {
        fence.start
    } else {
        hard_cut(text, room).max(1)
    }
}

/// Byte offset of the best cut at or below `limit` units.
fn break_point(text: &str, limit: usize) -> usize {
    let window_end = hard_cut(text, limit);
    let window = text.get(..window_end).unwrap_or(text);
    let floor = window_end / 3;
    let paragraph = window.rfind("\n\n").filter(|at| *at > floor);
    let line = || window.rfind('\n').filter(|at| *at > floor);
    let sentence = || {
        window
            .char_indices()
            .zip(window.chars().skip(1))
            .filter(|((_, c), next)| matches!(c, '.' | '!' | '?' | '。' | '！' | '？') && next.is_whitespace())
            .map(|((at, c), _)| at + c.len_utf8())
            .filter(|at| *at > floor)
            .last()
    };
    let space = || window.rfind(char::is_whitespace).filter(|at| *at > 0);
    paragraph.or_else(line).or_else(sentence).or_else(space).unwrap_or(window_end)
}

fn cut_at(text: &str, limit: usize, marks: &[char]) -> Option<usize> {
    let window = text.get(..hard_cut(text, limit))?;
    window.rfind(marks).filter(|at| *at > 0).map(|at| at + 1)
}

/// The longest prefix of whole graphemes that fits; a single grapheme longer than the limit is cut between characters.
fn hard_cut(text: &str, limit: usize) -> usize {
    let mut used = 0;
    for (at, grapheme) in text.grapheme_indices(true) {
        let size = units(grapheme);
        if used + size > limit {
            return if at > 0 { at } else { char_cut(grapheme, limit) };
        }
        used += size;
    }
    text.len()
}

fn char_cut(text: &str, limit: usize) -> usize {
    let mut used = 0;
    for (at, c) in text.char_indices() {
        used += c.len_utf16();
        if used > limit {
            return at;
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_text_that_fits_is_one_piece() {
        assert_eq!(chunk("hello", 100), ["hello"]);
        assert_eq!(chunk("  \n", 100), Vec::<String>::new());
    }

    #[test]
    fn a_long_text_breaks_at_the_paragraph() {
        let text = format!("{}\n\n{}", "a".repeat(60), "b".repeat(60));
        assert_eq!(chunk(&text, 100), ["a".repeat(60), "b".repeat(60)]);
    }

    #[test]
    fn a_fence_that_is_cut_is_closed_and_opened_again() {
        let code: String = (0..20).map(|n| format!("let x{n} = {n};\n")).collect();
        let pieces = chunk(&format!("Look:\n\n```rust\n{code}```\nDone."), 120);
        assert!(pieces.len() > 2);
        for piece in &pieces {
            assert_eq!(piece.matches("```").count() % 2, 0, "{piece}");
            assert!(units(piece) <= 120, "{piece}");
        }
        assert!(pieces.get(1).is_some_and(|piece| piece.starts_with("```rust\n")), "{pieces:?}");
    }

    #[test]
    fn a_hundred_thousand_characters_without_a_space_are_split_whole() {
        let text = "x".repeat(100_000);
        let pieces = chunk(&text, 4000);
        assert_eq!(pieces.len(), 25);
        assert_eq!(pieces.concat(), text);
    }

    #[test]
    fn an_emoji_of_several_characters_is_not_torn_apart() {
        let family = "👨‍👩‍👧‍👦";
        let pieces = chunk(&family.repeat(20), 64);
        for piece in &pieces {
            assert_eq!(piece.len() % family.len(), 0);
        }
    }

    proptest! {
        #[test]
        fn every_piece_fits_and_no_word_is_lost(
            text in "([a-zA-Z0-9éש😀.!? ]{0,30}(\n|\n\n|\n```\n|\n```rs\n| )){0,30}",
            limit in 64usize..300,
        ) {
            let pieces = chunk(&text, limit);
            for piece in &pieces {
                prop_assert!(units(piece) <= limit, "{} > {limit}: {piece:?}", units(piece));
                prop_assert!(!piece.trim().is_empty());
            }
            let words = |text: &str| -> String { text.chars().filter(|c| c.is_alphanumeric()).collect::<String>().replace("rs", "") };
            prop_assert_eq!(words(&pieces.concat()), words(&text));
        }

        #[test]
        fn any_text_at_all_is_split_without_panic(text in "(?s).{0,400}", limit in 0usize..200) {
            for piece in chunk(&text, limit) {
                prop_assert!(units(&piece) <= limit.max(64));
            }
        }
    }
}
