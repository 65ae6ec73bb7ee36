//! Telegram counts in UTF-16 units; we count in bytes.

use std::ops::Range;

/// The bytes of `text` that the UTF-16 range covers. A character that is covered in part is covered whole; what lies
/// outside the text is cut.
pub(crate) fn byte_range(text: &str, offset: usize, length: usize) -> Range<usize> {
    let past = offset.saturating_add(length);
    let (mut start, mut end) = (text.len(), text.len());
    let mut unit = 0;
    for (byte, c) in text.char_indices() {
        if unit >= past {
            end = byte;
            break;
        }
        unit += c.len_utf16();
        if unit > offset && start == text.len() {
            start = byte;
        }
    }
    start.min(end)..end
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_emoji_counts_two_units_before_the_word_behind_it() {
        let part = |text: &'static str, offset, length| text.get(byte_range(text, offset, length));
        assert_eq!(part("👩‍💻 hi", 6, 2), Some("hi"));
        assert_eq!(part("👩‍💻 hi", 0, 2), Some("👩"));
        assert_eq!(part("שלום", 1, 2), Some("לו"));
        assert_eq!(part("hi", 1, 9), Some("i"));
        assert_eq!(part("hi", 7, 1), Some(""));
    }

    proptest! {
        #[test]
        fn a_range_between_characters_covers_what_utf16_says(text in "[a-zé👩🏽‍💻שע ]{0,30}", from in 0..40_usize, length in 1..40_usize) {
            let covered = text.get(byte_range(&text, from, length));
            let units: Vec<u16> = text.encode_utf16().collect();
            let (start, end) = (from.min(units.len()), from.saturating_add(length).min(units.len()));
            match String::from_utf16(&units[start..end]) {
                Ok(expected) => prop_assert_eq!(covered, Some(expected.as_str())),
                // The range cuts a character: it is covered whole.
                Err(_) => prop_assert!(covered.is_some_and(|covered| covered.encode_utf16().count() > end - start)),
            }
        }
    }
}
