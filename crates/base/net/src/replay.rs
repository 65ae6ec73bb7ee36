//! Recorded answers in the place of a network, for tests.

use std::collections::VecDeque;
use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt as _;
use parking_lot::Mutex;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

use crate::error::NetError;
use crate::response::Response;

/// One recorded answer, or the error that came in its place.
#[derive(Debug, Clone)]
pub struct Recorded {
    head: Result<u16, NetError>,
    headers: HeaderMap,
    pieces: Vec<Result<Bytes, NetError>>,
}

impl Recorded {
    /// An answer with this status and no body yet.
    #[must_use]
    pub fn status(status: u16) -> Self {
        Self { head: Ok(status), headers: HeaderMap::new(), pieces: Vec::new() }
    }

    /// No answer: sending fails so.
    #[must_use]
    pub fn error(error: NetError) -> Self {
        Self { head: Err(error), headers: HeaderMap::new(), pieces: Vec::new() }
    }

    /// Adds a header; one that is not valid is left out.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            self.headers.insert(name, value);
        }
        self
    }

    /// Adds a piece of the body, arriving on its own.
    #[must_use]
    pub fn piece(mut self, piece: impl Into<Bytes>) -> Self {
        self.pieces.push(Ok(piece.into()));
        self
    }

    /// Ends the body with an error.
    #[must_use]
    pub fn then_error(mut self, error: NetError) -> Self {
        self.pieces.push(Err(error));
        self
    }
}

pub(crate) struct Replay {
    answers: Mutex<VecDeque<Recorded>>,
}

impl Replay {
    pub(crate) fn new(answers: impl IntoIterator<Item = Recorded>) -> Self {
        Self { answers: Mutex::new(answers.into_iter().collect()) }
    }

    pub(crate) fn answer(&self, idle: Duration) -> Result<Response, NetError> {
        let next = self.answers.lock().pop_front();
        let recorded = next.ok_or_else(|| NetError::Connect("nothing more was recorded".to_owned()))?;
        Ok(Response {
            status: recorded.head?,
            headers: recorded.headers,
            body: futures_util::stream::iter(recorded.pieces).boxed(),
            idle,
        })
    }
}

impl fmt::Debug for Replay {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Replay").field("left", &self.answers.lock().len()).finish()
    }
}
