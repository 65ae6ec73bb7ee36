//! What became of a send nobody answered.

use async_trait::async_trait;

use crate::{ChannelError, Outbound, Receipt};

/// What the network's own history says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    Arrived(Receipt),
    Absent,
    /// The history does not reach that far or is ambiguous.
    Unclear,
}

/// Asked after a crash or an unanswered send, for accounts whose guarantee is `Query`.
#[async_trait]
pub trait Reconcile: Send + Sync + std::fmt::Debug {
    async fn ask(&self, message: &Outbound) -> Result<Verdict, ChannelError>;
}
