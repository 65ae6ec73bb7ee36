//! Why a message could not be taken for delivery.

use channel::ChannelError;
use store::StoreError;

/// What the caller can do now.
#[derive(Debug, thiserror::Error)]
pub enum OutboundError {
    /// The network will never take this message.
    #[error("{0}")]
    Refused(#[from] ChannelError),
    /// Too many messages wait for this network; nothing was kept of this one.
    #[error("{waiting} messages already wait to be delivered; try again when the channel is connected")]
    Full { waiting: usize },
    /// Nothing was kept.
    #[error("the outbox cannot be written: {0}")]
    Store(#[from] StoreError),
    /// The gateway stops; the message is delivered after the next start.
    #[error("the gateway is stopping")]
    Stopping,
}
