//! Turns what a program wrote into text a model can read: no terminal codes, no broken characters.
//!
//! Works on any piece of a stream: what may be the start of a longer character or code at its end is left for later.

/// A code that has not ended after this many bytes is none.
const LONGEST_CODE: usize = 4096;

/// The text, and how many bytes of the piece it covers: all of them when no more can come.
pub(crate) fn clean(bytes: &[u8], ended: bool) -> (String, usize) {
    let mut page = Page::default();
    let mut at = 0;
    while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
        let Some(taken) = page.take(rest, ended) else { break };
        at += taken;
    }
    (page.text, at)
}

#[derive(Default)]
struct Page {
    text: String,
    line: usize,
    /// The cursor stands at the start of a line that has text: what comes next replaces it.
    returned: bool,
}

impl Page {
    /// How many bytes were used; `None` if more are needed to know.
    fn take(&mut self, rest: &[u8], ended: bool) -> Option<usize> {
        let plain = rest.iter().take_while(|b| matches!(b, b' '..=b'~' | b'\t')).count();
        if plain > 0 {
            self.write(&String::from_utf8_lossy(rest.get(..plain).unwrap_or_default()));
            return Some(plain);
        }
        match rest.first()? {
            b'\n' => {
                self.text.push('\n');
                self.line = self.text.len();
                self.returned = false;
                Some(1)
            }
            b'\r' if rest.len() == 1 && !ended => None,
            b'\r' => {
                self.returned = true;
                Some(1)
            }
            0x08 => {
                if self.text.len() > self.line {
                    self.text.pop();
                }
                Some(1)
            }
            0x1b => code_length(rest, ended),
            0x07 | 0x00 | 0x0e | 0x0f => Some(1),
            0x01..=0x1f | 0x7f => {
                self.junk();
                Some(1)
            }
            _ => self.character(rest, ended),
        }
    }

    fn character(&mut self, rest: &[u8], ended: bool) -> Option<usize> {
        let piece = rest.get(..rest.len().min(4)).unwrap_or(rest);
        let (good, bad) = match std::str::from_utf8(piece) {
            Ok(text) => (text, 0),
            Err(error) => {
                let good = piece.get(..error.valid_up_to()).and_then(|p| std::str::from_utf8(p).ok()).unwrap_or("");
                match error.error_len() {
                    None if good.is_empty() && !ended => return None,
                    length => (good, length.unwrap_or(piece.len() - good.len())),
                }
            }
        };
        if let Some(first) = good.chars().next() {
            // U+0080 to U+009F are terminal codes in the clothes of characters.
            if !first.is_control() {
                self.write(first.encode_utf8(&mut [0; 4]));
            }
            return Some(first.len_utf8());
        }
        self.junk();
        Some(bad.max(1))
    }

    fn write(&mut self, text: &str) {
        if std::mem::take(&mut self.returned) {
            self.text.truncate(self.line);
        }
        self.text.push_str(text);
    }

    /// One mark for any run of what is not text.
    fn junk(&mut self) {
        if self.returned || !self.text.ends_with(char::REPLACEMENT_CHARACTER) {
            self.write(char::REPLACEMENT_CHARACTER.encode_utf8(&mut [0; 4]));
        }
    }
}

/// The length of the terminal code at the start; `None` if it may go on.
fn code_length(rest: &[u8], ended: bool) -> Option<usize> {
    let length = match rest.get(1) {
        None => None,
        Some(b'[') => rest.iter().skip(2).position(|b| !matches!(b, 0x20..=0x3f)).map(|at| at + 3),
        Some(b']' | b'P' | b'X' | b'^' | b'_') => string_length(rest),
        Some(0x20..=0x2f) => rest.iter().skip(1).position(|b| !matches!(b, 0x20..=0x2f)).map(|at| at + 2),
        Some(_) => Some(2),
    };
    match length {
        Some(length) if length <= LONGEST_CODE => Some(length),
        None if !ended && rest.len() < LONGEST_CODE => None,
        Some(_) | None => Some(1),
    }
}

/// Up to a bell or a string terminator.
fn string_length(rest: &[u8]) -> Option<usize> {
    let end = rest.iter().skip(2).position(|b| matches!(b, 0x07 | 0x1b))? + 2;
    if rest.get(end) == Some(&0x07) { Some(end + 1) } else { rest.get(end + 1).map(|_| end + 2) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn whole(bytes: &[u8]) -> String {
        clean(bytes, true).0
    }

    #[test]
    fn colours_titles_and_cursor_codes_are_taken_out() {
        assert_eq!(
            whole(b"\x1b[1;31mred\x1b[0m \x1b]0;title\x07on\x1b]8;;http://x\x1b\\e\x1b(B \x1b7two"),
            "red one two"
        );
    }

    #[test]
    fn a_progress_line_is_shown_as_it_stood_last() {
        assert_eq!(whole(b"10%\r 50%\r100%\r\nnext\r\n"), "100%\nnext\n");
        assert_eq!(whole(b"abd\x08c"), "abc");
    }

    #[test]
    fn a_character_cut_at_the_end_waits_for_its_rest() {
        let euro = "€".as_bytes();
        assert_eq!(clean(&[b"a", &euro[..2]].concat(), false), ("a".to_owned(), 1));
        assert_eq!(clean(&[b"a", euro].concat(), false), ("a€".to_owned(), 4));
        assert_eq!(whole(&[b"a", &euro[..2]].concat()), "a\u{fffd}");
        assert_eq!(clean(b"a\x1b[3", false), ("a".to_owned(), 1));
    }

    #[test]
    fn a_run_of_binary_is_one_mark() {
        assert_eq!(whole(b"a\xff\xfe\x80\x01\x02\xc3(b"), "a\u{fffd}(b");
    }

    proptest! {
        #[test]
        fn any_bytes_become_text_without_control_characters(bytes: Vec<u8>) {
            let (text, used) = clean(&bytes, true);
            prop_assert_eq!(used, bytes.len());
            prop_assert!(!text.chars().any(|c| c.is_control() && c != '\n' && c != '\t'));
        }

        #[test]
        fn clean_text_passes_unchanged_however_it_is_cut(text in "[^\\p{Cc}\u{fffd}]*", size in 1_usize..9) {
            let (mut out, mut held) = (String::new(), Vec::new());
            for piece in text.as_bytes().chunks(size) {
                held.extend_from_slice(piece);
                let (some, used) = clean(&held, false);
                out.push_str(&some);
                held.drain(..used);
            }
            prop_assert_eq!(out, text);
        }
    }
}
