//! What an account can do to messages and conversations besides sending.

use async_trait::async_trait;
use ids::MessageId;

use crate::{ChannelError, Target};

/// What the account is seen doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activity {
    Typing,
    SendingPhoto,
    SendingFile,
}

/// Side effects on a conversation. Each may be refused by the network for one conversation and pass for another.
#[async_trait]
pub trait Actions: Send + Sync + std::fmt::Debug {
    /// Shows the activity for the network's `typing_seconds`.
    async fn show(&self, target: &Target, activity: Activity) -> Result<(), ChannelError>;

    /// Sets or, with `None`, removes our reaction.
    async fn react(&self, target: &Target, message: &MessageId, emoji: Option<&str>) -> Result<(), ChannelError>;

    /// Replaces the text of our own message.
    async fn edit(&self, target: &Target, message: &MessageId, markdown: &str) -> Result<(), ChannelError>;

    async fn delete(&self, target: &Target, message: &MessageId) -> Result<(), ChannelError>;
}
