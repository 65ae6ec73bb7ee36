//! Turns pieces of bytes into lines.
//!
//! Pieces end anywhere, also inside a character or between CR and LF. What waits for its line end is bounded.

use crate::error::NetError;

/// How a stream ends its lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// LF, CRLF or CR alone, as server-sent events allow.
    Any,
    /// LF, with CRLF tolerated.
    Lf,
}

/// Bytes on their way to becoming lines.
#[derive(Debug)]
pub(crate) struct Lines {
    buffer: Vec<u8>,
    /// Where the unread part begins.
    start: usize,
    /// Up to where no line end was found.
    searched: usize,
    /// The last line ended in CR as the last byte so far: an LF that follows belongs to it.
    after_cr: bool,
    ending: Ending,
    limit: usize,
}

impl Lines {
    pub(crate) fn new(ending: Ending, limit: usize) -> Self {
        Self { buffer: Vec::new(), start: 0, searched: 0, after_cr: false, ending, limit }
    }

    pub(crate) fn push(&mut self, piece: &[u8]) {
        if self.start > 0 {
            self.buffer.drain(..self.start);
            self.searched -= self.start;
            self.start = 0;
        }
        self.buffer.extend_from_slice(piece);
    }

    /// The next whole line without its end, as a range for [`Self::line`].
    pub(crate) fn next(&mut self) -> Result<Option<std::ops::Range<usize>>, NetError> {
        if self.after_cr {
            match self.buffer.get(self.start) {
                Some(b'\n') => {
                    self.start += 1;
                    self.after_cr = false;
                }
                Some(_) => self.after_cr = false,
                None => return Ok(None),
            }
        }
        let from = self.searched.max(self.start);
        let rest = self.buffer.get(from..).unwrap_or_default();
        let found = rest.iter().position(|&byte| byte == b'\n' || (self.ending == Ending::Any && byte == b'\r'));
        let Some(end) = found.map(|offset| from + offset) else {
            self.searched = self.buffer.len();
            if self.buffer.len() - self.start > self.limit {
                return Err(NetError::TooLarge { limit: self.limit });
            }
            return Ok(None);
        };
        let line = self.start..end;
        self.after_cr = self.buffer.get(end) == Some(&b'\r');
        self.start = end + 1;
        self.searched = self.start;
        if line.len() > self.limit {
            return Err(NetError::TooLarge { limit: self.limit });
        }
        Ok(Some(line))
    }

    /// The bytes of a line that `next` just found.
    pub(crate) fn line(&self, range: std::ops::Range<usize>) -> &[u8] {
        let line = self.buffer.get(range).unwrap_or_default();
        match (self.ending, line) {
            (Ending::Lf, [head @ .., b'\r']) => head,
            _ => line,
        }
    }

    /// What is left when no more bytes come.
    pub(crate) fn rest(&self) -> &[u8] {
        self.buffer.get(self.start..).unwrap_or_default()
    }
}
