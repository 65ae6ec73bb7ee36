//! All lanes: one task that owns them, and the handle everybody else holds.

mod actor;
mod places;

use std::{fmt, sync::Arc, time::Duration};

use ids::{RunId, SessionKey};
use stdx::{CancellationToken, Clock, OwnedTask};
use store::Store;
use tokio::sync::{mpsc, oneshot, watch};

use crate::{
    Config, LaneError, LaneName, QueueSettings, RunEnd, RunOutcome, Runner, Sinks, StopCause, Ticket, Turn,
    ticket::Filled,
};
use actor::Actor;

/// Commands that wait for the lanes task.
pub(crate) const MAILBOX_CAPACITY: usize = 1024;
/// Turns steered into one run that it has not looked at yet.
pub(crate) const STEER_CAPACITY: usize = 20;

/// What lanes need of others.
#[derive(Clone)]
pub struct Neighbours {
    pub runner: Arc<dyn Runner>,
    pub sinks: Sinks,
    pub clock: Arc<dyn Clock>,
    pub store: Store,
}

impl fmt::Debug for Neighbours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Neighbours")
    }
}

/// How an ended run is remembered for those who ask later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    pub outcome: RunOutcome,
    /// Wall time in milliseconds.
    pub started_at: i64,
    pub ended_at: i64,
}

#[derive(Debug)]
pub(crate) enum Command {
    Reserve { key: SessionKey, redeem: oneshot::Receiver<Filled> },
    Stop { scope: StopScope, cause: StopCause, stopped: oneshot::Sender<Result<Vec<RunId>, OtherSession>> },
    Follow { run: RunId, end: oneshot::Sender<Arc<RunEnd>> },
    Wait { run: RunId, end: oneshot::Sender<Ended> },
    Idle { key: SessionKey, idle: oneshot::Sender<()> },
    Depth { key: SessionKey, depth: oneshot::Sender<(usize, bool)> },
    Drain { grace: Duration, done: oneshot::Sender<()> },
    Configure(Config),
}

#[derive(Debug)]
pub(crate) enum StopScope {
    /// One run of that session; what waits behind it follows.
    Run(RunId, SessionKey),
    /// The session's run and all that waits.
    Session(SessionKey),
}

/// The run is not of the session that was named with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the run belongs to another session")]
pub struct OtherSession;

/// The lanes' handle.
#[derive(Debug, Clone)]
pub struct Lanes {
    mailbox: mpsc::Sender<Command>,
    figures: watch::Receiver<Figures>,
    _task: Arc<OwnedTask>,
}

/// How busy the lanes are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Figures {
    /// Runs at work.
    pub running: usize,
    /// Runs that wait for a free place, by lane.
    pub waiting: [(LaneName, usize); 3],
}

impl Lanes {
    /// Starts the task that owns all lanes.
    #[must_use]
    pub fn start(config: Config, neighbours: Neighbours, cancel: &CancellationToken) -> Self {
        let (mailbox, commands) = mpsc::channel(MAILBOX_CAPACITY);
        let (figures, seen) = watch::channel(Figures::default());
        let task = OwnedTask::spawn(cancel, |cancel| Actor::new(config, neighbours, cancel).run(commands, figures));
        Self { mailbox, figures: seen, _task: Arc::new(task) }
    }

    /// How busy the lanes are now.
    #[must_use]
    pub fn figures(&self) -> Figures {
        *self.figures.borrow()
    }

    /// Takes the next place in the session's line.
    ///
    /// # Errors
    /// [`LaneError::Stopping`].
    pub async fn reserve(&self, key: SessionKey) -> Result<Ticket, LaneError> {
        let (fill, redeem) = oneshot::channel();
        self.send(Command::Reserve { key, redeem }).await?;
        Ok(Ticket { fill })
    }

    /// Takes a place and redeems it at once.
    ///
    /// # Errors
    /// [`LaneError::Stopping`].
    pub async fn submit(&self, turn: Turn, settings: QueueSettings) -> Result<(), LaneError> {
        self.reserve(turn.key.clone()).await?.redeem(turn, settings);
        Ok(())
    }

    /// Stops one run of the session; gives the names of the runs that were told to stop.
    ///
    /// # Errors
    /// [`OtherSession`] when the run belongs to another.
    pub async fn stop_run(&self, run: RunId, key: SessionKey, cause: StopCause) -> Result<Vec<RunId>, OtherSession> {
        self.stop(StopScope::Run(run, key), cause).await
    }

    /// Stops the session's run and drops what waits behind it.
    pub async fn stop_session(&self, key: SessionKey, cause: StopCause) -> Vec<RunId> {
        self.stop(StopScope::Session(key), cause).await.unwrap_or_default()
    }

    async fn stop(&self, scope: StopScope, cause: StopCause) -> Result<Vec<RunId>, OtherSession> {
        let (stopped, answer) = oneshot::channel();
        match self.send(Command::Stop { scope, cause, stopped }).await {
            Ok(()) => answer.await.unwrap_or_else(|_| Ok(Vec::new())),
            Err(LaneError::Stopping) => Ok(Vec::new()),
        }
    }

    /// The run's end in full, told when it comes. Ask before the run is submitted: ended runs are not told.
    ///
    /// # Errors
    /// [`LaneError::Stopping`].
    pub async fn follow(&self, run: RunId) -> Result<oneshot::Receiver<Arc<RunEnd>>, LaneError> {
        let (end, receiver) = oneshot::channel();
        self.send(Command::Follow { run, end }).await?;
        Ok(receiver)
    }

    /// How the run ended: at once if it did in the last ten minutes, else when it does. `None` after `patience`.
    pub async fn wait(&self, run: RunId, patience: Duration) -> Option<Ended> {
        let (end, receiver) = oneshot::channel();
        self.send(Command::Wait { run, end }).await.ok()?;
        tokio::time::timeout(patience, receiver).await.ok()?.ok()
    }

    /// Resolves when the session has no run; `false` after `patience`.
    pub async fn until_idle(&self, key: SessionKey, patience: Duration) -> bool {
        let (idle, receiver) = oneshot::channel();
        if self.send(Command::Idle { key, idle }).await.is_err() {
            return true;
        }
        tokio::time::timeout(patience, receiver).await.is_ok()
    }

    /// How many turns wait in the session's line, and whether one runs.
    pub async fn depth(&self, key: SessionKey) -> (usize, bool) {
        let (depth, receiver) = oneshot::channel();
        match self.send(Command::Depth { key, depth }).await {
            Ok(()) => receiver.await.unwrap_or_default(),
            Err(LaneError::Stopping) => (0, false),
        }
    }

    /// Takes nothing on any more, lets runs finish for `grace`, then stops them.
    pub async fn drain(&self, grace: Duration) {
        let (done, receiver) = oneshot::channel();
        if self.send(Command::Drain { grace, done }).await.is_ok() {
            // The sender is dropped without a word only when the task ended, which is what we wait for.
            let _ended = receiver.await;
        }
    }

    /// Other numbers from now on.
    pub async fn configure(&self, config: Config) {
        // A stopping gateway needs no new numbers.
        let _stopping = self.send(Command::Configure(config)).await;
    }

    async fn send(&self, command: Command) -> Result<(), LaneError> {
        self.mailbox.send(command).await.map_err(|_| LaneError::Stopping)
    }
}

#[cfg(test)]
mod tests;
