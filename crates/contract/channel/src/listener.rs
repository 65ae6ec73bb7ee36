//! How messages come in: pulled, so that a busy gateway stops asking.

use async_trait::async_trait;

use crate::{ChannelError, Inbound};

/// The receiving half of a connected account.
#[async_trait]
pub trait Listener: Send {
    /// The next messages: one poll, at most 100, never none. Calling `next` again means that the previous batch is in
    /// the journal and may be acknowledged to the vendor. Dropping the future loses nothing.
    async fn next(&mut self) -> Result<Vec<Inbound>, ChannelError>;
}
