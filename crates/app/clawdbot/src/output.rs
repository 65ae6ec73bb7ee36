//! What commands say: text for people, or one JSON value for scripts. A reader that went away is no error.

use std::io::{IsTerminal as _, Write as _};

use serde::Serialize;

/// Where a command speaks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Output {
    pub(crate) json: bool,
    pub(crate) color: bool,
}

impl Output {
    /// Colours only on a terminal, and only if nobody minds.
    pub(crate) fn new(no_color: bool) -> Self {
        Self { json: false, color: !no_color && std::io::stdout().is_terminal() }
    }

    #[must_use]
    pub(crate) fn with_json(mut self, json: bool) -> Self {
        self.json = json;
        self
    }

    /// One line.
    pub(crate) fn line(self, text: impl AsRef<str>) {
        let _gone = writeln!(std::io::stdout().lock(), "{}", text.as_ref());
    }

    /// Text as it comes, at once.
    pub(crate) fn piece(self, text: &str) {
        let mut out = std::io::stdout().lock();
        let _gone = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    }

    /// One JSON value.
    pub(crate) fn value(self, value: &impl Serialize) {
        match serde_json::to_string_pretty(value) {
            Ok(text) => self.line(text),
            Err(error) => aside(format!("the answer cannot be written as JSON: {error}")),
        }
    }

    /// Columns side by side.
    pub(crate) fn table<const N: usize>(self, head: [&str; N], rows: &[[String; N]]) {
        let mut widths = head.map(|cell| cell.chars().count());
        for row in rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.chars().count());
            }
        }
        let show = |cells: [&str; N]| {
            let padded = cells.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}"));
            self.line(padded.collect::<Vec<_>>().join("  ").trim_end());
        };
        show(head);
        for row in rows {
            show(row.each_ref().map(String::as_str));
        }
    }

    /// The text in bold, where that can be shown.
    pub(crate) fn strong(self, text: &str) -> String {
        self.styled("1", text)
    }

    /// The text dimmed, where that can be shown.
    pub(crate) fn faint(self, text: &str) -> String {
        self.styled("2", text)
    }

    fn styled(self, code: &str, text: &str) -> String {
        if self.color { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}

/// A word to the person that is not part of the answer.
pub(crate) fn aside(text: impl AsRef<str>) {
    let _gone = writeln!(std::io::stderr().lock(), "{}", text.as_ref());
}
