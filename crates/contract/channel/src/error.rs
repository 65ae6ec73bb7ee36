//! Why a channel could not do a thing, by what the host does next.

use std::time::Duration;

/// What the caller can do now.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChannelError {
    /// The credentials are refused: a person must mend them. No retry helps.
    #[error("the credentials were refused: {0}")]
    Auth(String),
    /// Wait, then the same call may pass.
    #[error("the network asks to wait")]
    RateLimited { after: Option<Duration> },
    /// The request never left, or was certainly not taken: safe to repeat.
    #[error("the network cannot be reached: {0}")]
    Unreachable(String),
    /// The request left and no answer came: it may have been taken.
    #[error("no answer came after the request left: {0}")]
    Unknown(String),
    /// This message will never be taken; others may.
    #[error("the network refused the message: {0}")]
    Rejected(String),
    /// Somebody else uses the same account (two pollers, say): reconnect later and tell the owner.
    #[error("another program uses this account: {0}")]
    Conflict(String),
    /// The connection is over: connect again.
    #[error("the connection ended")]
    Ended,
}
