//! What can go wrong on the way out, and whether the request had left by then.
//!
//! No variant holds an address: vendors put tokens into paths, and errors end in logs.

use std::error::Error as StdError;
use std::time::Duration;

use crate::egress::NotPublic;

/// A request that brought no usable answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NetError {
    /// The request could not be built: a bad address, header or body.
    #[error("the request is not valid: {0}")]
    BadRequest(String),
    /// The egress guard refused: not a public address.
    #[error("the address is not public and may not be asked")]
    Forbidden,
    /// The name does not resolve.
    #[error("the host's name could not be resolved")]
    Dns,
    /// No connection: refused, unreachable, or the TLS handshake failed.
    #[error("no connection: {0}")]
    Connect(String),
    /// No connection in time.
    #[error("no connection in time")]
    ConnectTimeout,
    /// Connected, but no first byte of an answer in time.
    #[error("no answer within {} s", .0.as_secs())]
    FirstByteTimeout(Duration),
    /// The answer began and then said nothing for too long.
    #[error("the answer stalled for {} s", .0.as_secs())]
    Stalled(Duration),
    /// The connection broke after the request had been sent.
    #[error("the connection broke: {0}")]
    Broken(String),
    /// The answer, or one event of it, is larger than the caller allows.
    #[error("the answer is larger than {limit} bytes")]
    TooLarge {
        /// What the caller allowed.
        limit: usize,
    },
    /// The answer is not of the promised form.
    #[error("the answer is malformed: {0}")]
    Malformed(String),
}

impl NetError {
    /// Whether any byte of the request may have reached the other side. If not, repeating it is always safe.
    #[must_use]
    pub fn request_left_host(&self) -> bool {
        match self {
            Self::BadRequest(_) | Self::Forbidden | Self::Dns | Self::Connect(_) | Self::ConnectTimeout => false,
            Self::FirstByteTimeout(_)
            | Self::Stalled(_)
            | Self::Broken(_)
            | Self::TooLarge { .. }
            | Self::Malformed(_) => true,
        }
    }

    /// Whether the failure was a deadline of ours.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        matches!(self, Self::ConnectTimeout | Self::FirstByteTimeout(_) | Self::Stalled(_))
    }

    pub(crate) fn from_client(error: reqwest::Error) -> Self {
        let error = error.without_url();
        if in_chain::<NotPublic>(&error) {
            return Self::Forbidden;
        }
        if error.is_builder() {
            return Self::BadRequest(innermost(&error));
        }
        if error.is_dns() {
            return Self::Dns;
        }
        if error.is_connect() {
            return if error.is_timeout() { Self::ConnectTimeout } else { Self::Connect(innermost(&error)) };
        }
        if error.is_decode() {
            return Self::Malformed(innermost(&error));
        }
        Self::Broken(innermost(&error))
    }
}

/// The innermost cause says what happened; the layers above only say where.
pub(crate) fn innermost(error: &(dyn StdError + 'static)) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}

fn in_chain<E: StdError + 'static>(error: &(dyn StdError + 'static)) -> bool {
    let mut current = Some(error);
    while let Some(error) = current {
        if error.is::<E>() {
            return true;
        }
        current = error.source();
    }
    false
}
