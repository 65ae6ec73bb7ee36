//! Where messages go: the port that the inbound engine fills.

use std::fmt;

use async_trait::async_trait;
use channel::Inbound;
use ids::{AccountId, ChannelKind};
use serde::{Deserialize, Serialize};

/// A message and the account it came in by.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Arrived {
    pub channel: ChannelKind,
    pub account: AccountId,
    pub inbound: Inbound,
}

/// The inbox could not take a batch: nothing of it may be acknowledged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the inbox did not take the messages: {0}")]
pub struct NotAccepted(pub String);

/// Takes what arrives.
#[async_trait]
pub trait Inbox: Send + Sync + fmt::Debug {
    /// Returns when the whole batch is in the journal and synced: only then the network is told. What is there
    /// already counts as taken.
    ///
    /// # Errors
    /// Nothing is acknowledged; the account connects anew and the network delivers again.
    async fn accept(&self, batch: Vec<Arrived>) -> Result<(), NotAccepted>;
}
