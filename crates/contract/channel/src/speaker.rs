//! How messages leave.

use async_trait::async_trait;
use ids::MessageId;
use serde::{Deserialize, Serialize};

use crate::{ChannelError, Outbound};

/// The vendor took it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// The vendor's name of the new message.
    pub message: MessageId,
    /// Where the vendor made several messages of one, an album say: the others.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<MessageId>,
    /// The conversation, in the vendor's spelling.
    pub peer: String,
}

/// The sending half of a connected account.
#[async_trait]
pub trait Speaker: Send + Sync + std::fmt::Debug {
    /// One message, one attempt: the host owns retries. [`ChannelError::Unknown`] when the request left and nothing
    /// came back; [`ChannelError::Unreachable`] only when it certainly was not taken.
    async fn send(&self, message: &Outbound) -> Result<Receipt, ChannelError>;
}
