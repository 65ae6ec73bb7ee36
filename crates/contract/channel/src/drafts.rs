//! An answer that grows before its reader's eyes until the real message takes its place.

use async_trait::async_trait;

use crate::{ChannelError, Target};

/// Shows drafts. Nothing depends on one: the answer is sent all the same.
#[async_trait]
pub trait Drafts: Send + Sync + std::fmt::Debug {
    /// Whether this conversation can show them.
    fn are_shown_in(&self, target: &Target) -> bool;

    /// Shows the text as the draft of this number, in place of what it showed before.
    async fn show(&self, target: &Target, number: u64, markdown: &str) -> Result<(), ChannelError>;
}
