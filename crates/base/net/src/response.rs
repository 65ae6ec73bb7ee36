//! What is answered: a head at once, a body as it comes.
//!
//! Dropping a response closes its connection unless the body was read to its end.

use std::fmt;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::StreamExt as _;
use futures_util::stream::BoxStream;
use reqwest::header::HeaderMap;
use serde::de::DeserializeOwned;

use crate::error::NetError;
use crate::ndjson::NdjsonStream;
use crate::sse::SseStream;

/// How long the end of a body may lag behind its last word.
const DRAIN: Duration = Duration::from_millis(50);

/// An answer whose head has arrived.
pub struct Response {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: BoxStream<'static, Result<Bytes, NetError>>,
    pub(crate) idle: Duration,
}

impl Response {
    /// The status code.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.status
    }

    /// Whether the status is one of the 2xx.
    #[must_use]
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// A header, if it is there and readable.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The wait the vendor asked for, if it did.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        crate::retry_after(|name| self.header(name))
    }

    /// The next piece of the body, `None` at its end. Dropping the future loses nothing.
    ///
    /// # Errors
    /// [`NetError::Stalled`] when the idle time-out passes, [`NetError::Broken`] when the connection is cut.
    pub async fn chunk(&mut self) -> Option<Result<Bytes, NetError>> {
        match tokio::time::timeout(self.idle, self.body.next()).await {
            Ok(piece) => piece,
            Err(_elapsed) => Some(Err(NetError::Stalled(self.idle))),
        }
    }

    /// Reads what is left of a body whose last word is known, so that the connection can be used again. Waits for
    /// the end only a moment.
    pub(crate) async fn drain(&mut self) {
        let rest = async { while let Some(Ok(_)) = self.body.next().await {} };
        let _ended_or_not = tokio::time::timeout(DRAIN, rest).await;
    }

    /// The whole body, if it is not larger than `limit`.
    ///
    /// # Errors
    /// Those of [`Self::chunk`], and [`NetError::TooLarge`].
    pub async fn bytes(mut self, limit: usize) -> Result<Bytes, NetError> {
        let mut whole = BytesMut::new();
        while let Some(piece) = self.chunk().await {
            let piece = piece?;
            if whole.len() + piece.len() > limit {
                return Err(NetError::TooLarge { limit });
            }
            whole.extend_from_slice(&piece);
        }
        Ok(whole.freeze())
    }

    /// The body's first `limit` bytes as text, for error reports; never fails.
    pub async fn text_up_to(mut self, limit: usize) -> String {
        let mut whole = Vec::new();
        while let Some(Ok(piece)) = self.chunk().await {
            let room = limit.saturating_sub(whole.len()).min(piece.len());
            whole.extend_from_slice(piece.get(..room).unwrap_or_default());
            if room < piece.len() {
                break;
            }
        }
        String::from_utf8_lossy(&whole).into_owned()
    }

    /// The body parsed as JSON.
    ///
    /// # Errors
    /// Those of [`Self::bytes`], and [`NetError::Malformed`].
    pub async fn json<T: DeserializeOwned>(self, limit: usize) -> Result<T, NetError> {
        let body = self.bytes(limit).await?;
        serde_json::from_slice(&body).map_err(|problem| NetError::Malformed(problem.to_string()))
    }

    /// The body as server-sent events, none larger than `limit`.
    #[must_use]
    pub fn sse(self, limit: usize) -> SseStream {
        SseStream::new(self, limit)
    }

    /// The body as lines of JSON, none longer than `limit`.
    #[must_use]
    pub fn ndjson(self, limit: usize) -> NdjsonStream {
        NdjsonStream::new(self, limit)
    }

    /// The body as a stream of pieces, with the idle time-out kept.
    pub fn into_chunks(self) -> BoxStream<'static, Result<Bytes, NetError>> {
        futures_util::stream::unfold(Some(self), |response| async move {
            let mut response = response?;
            let piece = response.chunk().await?;
            let next = piece.is_ok().then_some(response);
            Some((piece, next))
        })
        .boxed()
    }
}

impl fmt::Debug for Response {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Response").field("status", &self.status).finish_non_exhaustive()
    }
}
