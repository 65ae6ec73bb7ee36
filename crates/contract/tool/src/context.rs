//! What a running call is handed: a world, a cancel, a way to show progress; no other powers.

use std::{fmt, sync::Arc};

use ids::{AccountId, AgentId, ChannelKind, MessageId, PeerId, RunId, SessionKey, ThreadId};
use tokio_util::sync::CancellationToken;

use crate::World;

/// Shows what a call has so far; never waits, and drops what nobody can take.
pub type Progress = Arc<dyn Fn(&str) + Send + Sync>;

/// A conversation on a network, as it was bound when the message that is answered was received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conversation {
    pub channel: ChannelKind,
    pub account: AccountId,
    pub peer: PeerId,
    pub thread: Option<ThreadId>,
    /// The message that is answered.
    pub message: Option<MessageId>,
    /// Whoever the run serves may have files of this machine, and other people's messages changed.
    pub is_trusted: bool,
}

/// One call's surroundings.
#[derive(Clone)]
pub struct ToolContext {
    pub world: Arc<dyn World>,
    pub cancel: CancellationToken,
    pub progress: Progress,
    pub agent: AgentId,
    pub session: SessionKey,
    pub run: RunId,
    /// The call's own name, the same when it is taken up again after a restart.
    pub call: Arc<str>,
    /// Where the run answers to, if it answers to people on a network.
    pub conversation: Option<Conversation>,
    /// The model that reads the result can see images.
    pub sees_images: bool,
}

impl fmt::Debug for ToolContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ToolContext").field("session", &self.session).field("run", &self.run).finish_non_exhaustive()
    }
}
