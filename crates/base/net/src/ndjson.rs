//! Newline-delimited JSON, given out line by line as it arrives.

use bytes::Bytes;

use crate::error::NetError;
use crate::lines::{Ending, Lines};
use crate::response::Response;

/// The lines of an answer. Empty lines are skipped; a last line without its end is given out as it is.
#[derive(Debug)]
pub struct NdjsonStream {
    response: Response,
    lines: Lines,
    ended: bool,
}

impl NdjsonStream {
    pub(crate) fn new(response: Response, limit: usize) -> Self {
        Self { response, lines: Lines::new(Ending::Lf, limit), ended: false }
    }

    /// The next line, not yet parsed; `None` at the end. Dropping the future loses nothing.
    ///
    /// # Errors
    /// A stall, a broken connection or a line over the limit; nothing comes after an error.
    pub async fn next(&mut self) -> Option<Result<Bytes, NetError>> {
        while !self.ended {
            match self.lines.next() {
                Ok(Some(range)) => {
                    let line = self.lines.line(range).trim_ascii();
                    if !line.is_empty() {
                        return Some(Ok(Bytes::copy_from_slice(line)));
                    }
                }
                Ok(None) => match self.response.chunk().await {
                    Some(Ok(piece)) => self.lines.push(&piece),
                    Some(Err(error)) => return Some(self.end_with(error)),
                    None => {
                        self.ended = true;
                        let rest = self.lines.rest().trim_ascii();
                        return (!rest.is_empty()).then(|| Ok(Bytes::copy_from_slice(rest)));
                    }
                },
                Err(error) => return Some(self.end_with(error)),
            }
        }
        None
    }

    /// Ends a stream whose last word is known and gives its connection back.
    pub async fn drain(&mut self) {
        if !std::mem::replace(&mut self.ended, true) {
            self.response.drain().await;
        }
    }

    fn end_with(&mut self, error: NetError) -> Result<Bytes, NetError> {
        self.ended = true;
        Err(error)
    }
}
