//! A run: what starts it, what it tells, how it ends.

use std::sync::{Arc, OnceLock};

use futures_util::future::BoxFuture;
use ids::{EntryId, EventId, RunId, SessionId};
use provider::Usage;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use stdx::CancellationToken;
use tokio::sync::mpsc;

use crate::{Queued, Sinks, Turn};

/// A run that starts now.
#[derive(Debug, Clone)]
pub struct RunStart {
    pub turn: Turn,
    /// Wall time in milliseconds.
    pub at: i64,
}

impl RunStart {
    #[must_use]
    pub fn run(&self) -> &RunId {
        &self.turn.run
    }
}

/// What a run is handed besides its turn.
#[derive(Debug)]
pub struct RunContext {
    pub stop: Stopper,
    /// Turns steered into the run; looked at between tool calls.
    pub steer: mpsc::Receiver<Turn>,
    pub sinks: Sinks,
}

/// Who carries runs out: the agent engine, or a stand-in.
pub trait Runner: Send + Sync {
    /// Carries the run to its end. The run has committed its end (see [`Committed::Ended`]) before this resolves.
    fn run(&self, start: RunStart, cx: RunContext) -> BoxFuture<'static, RunEnd>;
}

/// Why a run was asked to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StopCause {
    /// `chat.abort` or a client's request.
    Rpc,
    /// A stop word in the conversation.
    Stop,
    Timeout,
    /// A newer message replaces it.
    Interrupt,
    /// The gateway stops: the run goes on after the next start.
    Shutdown,
}

impl StopCause {
    /// As `chat` events name it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rpc => "rpc",
            Self::Stop | Self::Interrupt => "stop",
            Self::Timeout => "timeout",
            Self::Shutdown => "shutdown",
        }
    }
}

/// Asks a run to stop and remembers why; the first reason stays.
#[derive(Debug, Clone, Default)]
pub struct Stopper {
    token: CancellationToken,
    cause: Arc<OnceLock<StopCause>>,
}

impl Stopper {
    pub fn stop(&self, cause: StopCause) {
        let _first_reason_stays = self.cause.set(cause);
        self.token.cancel();
    }

    #[must_use]
    pub fn cause(&self) -> Option<StopCause> {
        self.cause.get().copied()
    }

    #[must_use]
    pub fn token(&self) -> &CancellationToken {
        &self.token
    }
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub enum RunOutcome {
    Done,
    Aborted {
        cause: StopCause,
    },
    /// `message` is written for the person: what failed and what to do.
    Failed {
        message: String,
    },
}

impl RunOutcome {
    /// In one word.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Aborted { .. } => "aborted",
            Self::Failed { .. } => "failed",
        }
    }
}

/// A run's end, with what clients ask for afterwards.
#[derive(Debug, Clone)]
pub struct RunEnd {
    pub outcome: RunOutcome,
    pub started_at: i64,
    pub ended_at: i64,
    /// Texts of the assistant, in order, with what a reader must not see still in them.
    pub texts: Vec<String>,
    pub session: Option<SessionId>,
    /// `provider` and `model` that answered last.
    pub model: Option<(String, String)>,
    pub usage: Usage,
    /// Who took over from whom, and why, in order.
    pub failovers: Vec<Failover>,
}

/// Another profile or model took over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failover {
    pub from: String,
    pub to: String,
    pub reason: String,
}

/// A step of a run as it happens; sinks show it. Nothing here is promised: only [`Committed`] steps are.
#[derive(Debug, Clone)]
pub enum RunEvent {
    Started {
        at: i64,
        verbose_tools: bool,
        /// The reader is shown what the model thinks before each answer.
        reasoning: bool,
    },
    /// More of the current assistant message; `text` is all of it so far.
    Text {
        delta: Arc<str>,
        text: Arc<str>,
    },
    Thinking {
        delta: Arc<str>,
    },
    Tool {
        name: Arc<str>,
        call: Arc<str>,
        phase: ToolPhase,
    },
    CompactionStarted,
    CompactionEnded {
        will_retry: bool,
    },
    /// Another profile or model takes over, and why.
    Failover(Failover),
    /// The run was asked to stop; its end follows when everything below it has stopped.
    Stopping {
        cause: StopCause,
    },
    Ended(RunEnd),
}

/// A tool call's step.
#[derive(Debug, Clone)]
pub enum ToolPhase {
    Start { arguments: Arc<RawValue> },
    Update { partial: String },
    Result { is_error: bool, result: Arc<RawValue> },
}

/// A turn was taken on; told once for each turn, before its run starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Accepted {
    /// It starts a run now or soon.
    Started,
    /// It waits behind the session's run.
    Queued,
}

/// What a session shows beside an answer because its person asked for it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Beside {
    /// What the model thought before it.
    pub reasoning: Option<Arc<str>>,
    /// A line below the last answer of a run.
    pub footer: Option<Arc<str>>,
}

/// A step that is being committed: sinks add what it causes to the same transaction.
#[derive(Debug, Clone)]
pub enum Committed {
    /// The user entry and the run's row.
    Started {
        entry: Option<EntryId>,
    },
    /// An assistant message became an entry.
    Said {
        entry: EntryId,
        text: Arc<str>,
        beside: Beside,
    },
    /// A turn steered into the run became an entry.
    Steered {
        text: Arc<str>,
        causes: Vec<EventId>,
        queued: Queued,
    },
    /// A tool that has effects is about to run.
    ToolStarted {
        name: Arc<str>,
    },
    ToolEnded {
        name: Arc<str>,
    },
    /// A line of ours for a reader who is shown what the agent does; `name` is its own within the run.
    Noted {
        name: Arc<str>,
        text: Arc<str>,
    },
    /// A call begins that the reader is shown.
    Called {
        name: Arc<str>,
        call: Arc<str>,
        about: Option<Arc<str>>,
    },
    /// A call is over whose result the reader is shown.
    Answered {
        name: Arc<str>,
        call: Arc<str>,
        text: Arc<str>,
        is_error: bool,
    },
    Ended {
        outcome: RunOutcome,
    },
}
