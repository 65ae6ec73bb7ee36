//! What is handed to an agent at once.

use std::time::Duration;

use channel::Target;
use ids::{AccountId, AgentId, ChannelKind, EventId, MessageId, RunId, SessionKey};
use provider::Thinking;
use serde::{Deserialize, Serialize};
use stdx::AbsPath;
use tool::{Power, Provenance};

use crate::QueueMode;

/// One turn. Merged messages have several causes.
#[derive(Debug, Clone)]
pub struct Turn {
    /// The name of the run that this turn starts, if it starts one.
    pub run: RunId,
    pub key: SessionKey,
    pub agent: AgentId,
    /// The inbox rows behind it; empty for what no row stands behind.
    pub causes: Vec<EventId>,
    /// What the model reads and the transcript keeps.
    pub text: String,
    pub files: Vec<TurnFile>,
    pub provenance: Provenance,
    pub reply: ReplyTo,
    pub lane: LaneName,
    /// How it stood in its session's line; filled in when its ticket is redeemed.
    pub queued: Queued,
    pub options: TurnOptions,
}

impl Turn {
    /// Who caused it may use this machine.
    #[must_use]
    pub fn is_trusted(&self) -> bool {
        self.provenance.origin.power() == Power::Trusted
    }
}

/// How a turn stood in line: what decides when it runs, and what is told of it afterwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Queued {
    pub mode: QueueMode,
    /// Of the turns that wait for a free place, the highest goes first.
    pub priority: i32,
    /// Places of its session that were taken before, the running one among them.
    pub ahead: usize,
    /// When its place was taken, in milliseconds of wall time.
    pub since: i64,
}

/// A stored file that belongs to the turn.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TurnFile {
    pub path: AbsPath,
    pub mime: String,
    pub name: Option<String>,
}

/// What differs from the session's settings, for this turn only.
#[derive(Debug, Clone, Default)]
pub struct TurnOptions {
    pub thinking: Option<Thinking>,
    /// How long the run may take.
    pub timeout: Option<Duration>,
    /// Appended to the system prompt (group introduction, caller's instructions).
    pub extra_system_prompt: Option<String>,
    /// The user entry is already in the transcript: a run that was cut off goes on behind it.
    pub resume: bool,
}

/// Where the answer goes. Bound when the message is received; a model cannot change it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum ReplyTo {
    /// A conversation on a channel.
    Channel {
        channel: ChannelKind,
        account: AccountId,
        target: Target,
        /// The message that an answer may quote.
        message: Option<MessageId>,
    },
    /// Operators who watch the session; nothing leaves through a channel.
    Operators,
}

/// Which line a run waits in for a free place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum LaneName {
    #[default]
    Main,
    Subagent,
    Cron,
}

impl LaneName {
    /// As figures name it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Main => "main",
            Self::Subagent => "subagent",
            Self::Cron => "cron",
        }
    }
}

#[cfg(test)]
impl Turn {
    /// A turn of the owner.
    pub(crate) fn sample(run: &str) -> Self {
        Self {
            run: run.parse().unwrap(),
            key: "agent:main:main".parse().unwrap(),
            agent: AgentId::main(),
            causes: Vec::new(),
            text: format!("says {run}"),
            files: Vec::new(),
            provenance: Provenance::new(tool::Origin::Owner, tool::Secrecy::Chat),
            reply: ReplyTo::Operators,
            lane: LaneName::Main,
            queued: Queued::default(),
            options: TurnOptions::default(),
        }
    }
}
