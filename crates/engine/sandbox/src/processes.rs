//! Every command that was started: what runs, what has ended and is remembered, what a crash cut off.
//!
//! A row stands in the database before a command starts and is closed when it has ended. A row that is open when the
//! program starts belongs to a command that a crash cut off: what is left of it is killed, and it stays open, and is
//! reported at each start, until its session was told.

mod names; // two words for a command
mod rows; // what survives a crash

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;

use ids::{AgentId, RunId, SessionKey};
use parking_lot::Mutex;
use stdx::{CancellationToken, Clock, Entropy, OwnedTasks};
use store::{Store, StoreError, Tx};
use tool::{ExitState, Launch, Process, ProcessId, ToolContext, ToolError};
use tracing::warn;

use crate::process::Tree;
use crate::{Exec, RUNNING_COMMANDS, Worlds};
pub use rows::MIGRATIONS;

/// Ended commands that are remembered at once; the one that ended first is forgotten first.
pub const ENDED_COMMANDS: usize = 64;

/// A background command that ended, for whoever tells the session.
#[derive(Debug, Clone)]
pub struct Ended {
    pub id: ProcessId,
    pub agent: AgentId,
    pub session: SessionKey,
    pub run: RunId,
    pub command: String,
    pub state: ExitState,
    /// The last characters of its output.
    pub tail: String,
}

/// A command that a crash of this program cut off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interrupted {
    pub id: ProcessId,
    pub agent: AgentId,
    pub session: SessionKey,
    pub run: RunId,
    pub command: String,
    pub started_ms: i64,
    /// Processes of it that were still alive and were killed.
    pub killed: usize,
    /// Names its row.
    mark: String,
}

impl Interrupted {
    /// What its session is told, on one line.
    #[must_use]
    pub fn report(&self) -> String {
        let command: String = self.command.split_whitespace().collect::<Vec<_>>().join(" ");
        let command: String = command.chars().take(REPORTED_CHARACTERS).collect();
        format!("Background command {} was interrupted when the gateway stopped: {command}", self.id)
    }
}

/// More of a command line than this does not help to recognise it.
const REPORTED_CHARACTERS: usize = 300;

/// Told when a background command ends. Must not wait.
pub type OnEnd = Arc<dyn Fn(&Ended) + Send + Sync>;

/// How an agent's commands run, as the config says now.
pub type ExecFor = Arc<dyn Fn(&AgentId) -> Exec + Send + Sync>;

/// What [`Processes`] is made from.
pub struct Parts {
    pub store: Store,
    pub clock: Arc<dyn Clock>,
    pub entropy: Arc<dyn Entropy>,
    pub exec: ExecFor,
    pub on_end: OnEnd,
}

/// All commands.
pub struct Processes {
    parts: Parts,
    table: Mutex<Table>,
    closers: OwnedTasks,
}

#[derive(Debug, Default)]
struct Table {
    jobs: BTreeMap<ProcessId, Arc<Job>>,
    interrupted: Vec<Interrupted>,
}

/// One command.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) id: ProcessId,
    pub(crate) agent: AgentId,
    pub(crate) session: SessionKey,
    pub(crate) run: RunId,
    pub(crate) command: String,
    pub(crate) started_ms: i64,
    pub(crate) on_terminal: bool,
    pub(crate) process: Arc<dyn Process>,
    ended_ms: AtomicI64,
    background: AtomicBool,
    quiet: AtomicBool,
}

impl Job {
    /// From now on the session is told when it ends, and it is remembered.
    pub(crate) fn leave_in_background(&self) {
        self.background.store(true, Ordering::SeqCst);
    }

    /// Ends it. The session knows, so it is not told again.
    pub(crate) async fn kill(&self) {
        self.quiet.store(true, Ordering::SeqCst);
        self.process.kill().await;
    }

    pub(crate) fn is_background(&self) -> bool {
        self.background.load(Ordering::SeqCst)
    }

    pub(crate) fn ended_ms(&self) -> Option<i64> {
        Some(self.ended_ms.load(Ordering::SeqCst)).filter(|ms| *ms > 0)
    }
}

impl Processes {
    /// Commands end with `parent`.
    #[must_use]
    pub fn new(parts: Parts, parent: &CancellationToken) -> Arc<Self> {
        let closers = OwnedTasks::new("command end", parent, RUNNING_COMMANDS);
        Arc::new(Self { parts, table: Mutex::default(), closers })
    }

    /// Looks at what a crash left open: kills what still lives and says what was cut off. Called once, at start-up.
    ///
    /// # Errors
    /// The database could not be read or written; what was found is killed all the same.
    pub async fn recover(&self, worlds: &Worlds) -> Result<Vec<Interrupted>, StoreError> {
        let (mut found, mut strange) = (Vec::new(), Vec::new());
        for row in rows::still_open(&self.parts.store).await? {
            let tree = Tree { mark: row.mark.as_str().into(), leader: None };
            let killed = tree.end(worlds.pool(), worlds.grace()).await;
            match row.interrupted() {
                Some(interrupted) => found.push(Interrupted { killed, ..interrupted }),
                // Nobody can be told.
                None => strange.push((row.mark, row.run)),
            }
        }
        // Reports that nobody took for so long give way to newer ones.
        let surplus = found.len().saturating_sub(ENDED_COMMANDS);
        strange.extend(found.drain(..surplus).map(|old| (old.mark, old.run.to_string())));
        rows::tidy(&self.parts.store, strange).await?;
        self.table.lock().interrupted.clone_from(&found);
        Ok(found)
    }

    /// A turn of this session was committed with this text: what the text reports need not be reported again.
    ///
    /// # Errors
    /// The store's.
    pub fn told(&self, tx: &Tx<'_>, session: &SessionKey, text: &str) -> Result<(), StoreError> {
        let table = self.table.lock();
        let told = table.interrupted.iter().filter(|cut| cut.session == *session && text.contains(&cut.report()));
        told.into_iter().try_for_each(|cut| rows::close_interrupted(tx, &cut.mark, cut.run.as_str()))
    }

    /// Waits for the rows of ended commands to be closed; stop the [`Worlds`] before.
    pub async fn stop(&self, grace: Duration) {
        if tokio::time::timeout(grace, self.closers.idle()).await.is_err() {
            self.closers.stop(Duration::ZERO).await;
        }
    }

    /// Writes the row, then starts the command.
    pub(crate) async fn start(self: &Arc<Self>, cx: &ToolContext, mut launch: Launch) -> Result<Arc<Job>, ToolError> {
        let started_ms = self.parts.clock.now_ms();
        let (high, low) = (self.parts.entropy.next_u64(), self.parts.entropy.next_u64());
        launch.mark = format!("{high:016x}{low:016x}");
        let mark = launch.mark.clone();
        let id = self.free_name();
        let row = rows::Started {
            mark: mark.clone(),
            id: id.clone(),
            agent: cx.agent.to_string(),
            session: cx.session.to_string(),
            run: cx.run.to_string(),
            command: launch.command.clone(),
        };
        let unwritten = |e: StoreError| ToolError::Failed(format!("not started, as it could not be recorded: {e}"));
        rows::open(&self.parts.store, row).await.map_err(unwritten)?;
        let (command, on_terminal) = (launch.command.clone(), launch.terminal.is_some());
        let process = match cx.world.spawn(launch).await {
            Ok(process) => process,
            Err(error) => {
                self.close_row(&mark, cx.run.as_str(), "not started").await;
                return Err(ToolError::Failed(error.to_string()));
            }
        };
        let job = Arc::new(Job {
            id: id.clone(),
            agent: cx.agent.clone(),
            session: cx.session.clone(),
            run: cx.run.clone(),
            command,
            started_ms,
            on_terminal,
            process,
            ended_ms: AtomicI64::new(0),
            background: AtomicBool::new(false),
            quiet: AtomicBool::new(false),
        });
        self.table.lock().jobs.insert(id, Arc::clone(&job));
        let (this, watched) = (Arc::clone(self), Arc::clone(&job));
        self.closers.spawn(|_| async move { this.close(&watched, &mark).await }).await;
        Ok(job)
    }

    /// The agent's commands, and what a crash cut off, newest last.
    pub(crate) fn list(&self, agent: &AgentId) -> (Vec<Arc<Job>>, Vec<Interrupted>) {
        self.sweep();
        let table = self.table.lock();
        let mut jobs: Vec<_> =
            table.jobs.values().filter(|job| job.agent == *agent && job.is_background()).cloned().collect();
        jobs.sort_by_key(|job| job.started_ms);
        let cut_off = table.interrupted.iter().filter(|i| i.agent == *agent).cloned().collect();
        (jobs, cut_off)
    }

    pub(crate) fn find(&self, agent: &AgentId, id: &ProcessId) -> Option<Arc<Job>> {
        self.sweep();
        self.table.lock().jobs.get(id).filter(|job| job.agent == *agent).cloned()
    }

    /// What a crash cut off under this name.
    pub(crate) fn find_interrupted(&self, agent: &AgentId, id: &ProcessId) -> Option<Interrupted> {
        let table = self.table.lock();
        table.interrupted.iter().find(|i| i.id == *id && i.agent == *agent).cloned()
    }

    /// Forgets a command; one that runs is killed by the caller before.
    pub(crate) fn forget(&self, id: &ProcessId) {
        self.table.lock().jobs.remove(id);
    }

    pub(crate) fn now_ms(&self) -> i64 {
        self.parts.clock.now_ms()
    }

    /// How this agent's commands run.
    pub(crate) fn exec(&self, agent: &AgentId) -> Exec {
        (self.parts.exec)(agent)
    }

    fn free_name(&self) -> ProcessId {
        let table = self.table.lock();
        let is_taken = |id: &ProcessId| table.jobs.contains_key(id) || table.interrupted.iter().any(|i| i.id == *id);
        names::free(&*self.parts.entropy, is_taken)
    }

    async fn close(&self, job: &Job, mark: &str) {
        let state = job.process.ended().await;
        let now_ms = self.now_ms();
        job.ended_ms.store(now_ms.max(1), Ordering::SeqCst);
        self.close_row(mark, job.run.as_str(), &outcome(state)).await;
        let unheard = job.is_background() && !job.quiet.load(Ordering::SeqCst);
        if unheard && self.exec(&job.agent).notify_on_exit.unwrap_or(true) {
            let tail = last(&job.process.snapshot().output, 400);
            let (id, command) = (job.id.clone(), job.command.clone());
            let (agent, session, run) = (job.agent.clone(), job.session.clone(), job.run.clone());
            (self.parts.on_end)(&Ended { id, agent, session, run, command, state, tail });
        }
    }

    async fn close_row(&self, mark: &str, run: &str, outcome: &str) {
        if let Err(error) = rows::close(&self.parts.store, mark, run, outcome).await {
            warn!(%error, "the end of a command was not recorded");
        }
    }

    /// Forgets what ended long ago, and what ended first when there is too much. Where something still holds the
    /// output, forgetting would break its pipe.
    fn sweep(&self) {
        let now_ms = self.now_ms();
        let keep_ms = |job: &Job| i64::try_from(self.exec(&job.agent).remembered_for().as_millis()).unwrap_or(i64::MAX);
        let mut table = self.table.lock();
        table.jobs.retain(|_, job| {
            job.ended_ms().is_none_or(|ms| now_ms.saturating_sub(ms) < keep_ms(job)) || job.process.is_open()
        });
        let mut ended: Vec<_> = table.jobs.values().filter_map(|job| Some((job.ended_ms()?, job.id.clone()))).collect();
        ended.sort();
        let surplus = ended.len().saturating_sub(ENDED_COMMANDS);
        for (_, id) in ended.into_iter().take(surplus) {
            table.jobs.remove(&id);
        }
    }
}

impl std::fmt::Debug for Processes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Processes").field("table", &self.table.lock()).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Parts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Parts").finish_non_exhaustive()
    }
}

/// How it ended, in words for a record and for the model.
pub(crate) fn outcome(state: ExitState) -> String {
    match state {
        ExitState::Running => "running".to_owned(),
        ExitState::Code(code) => format!("exit code {code}"),
        ExitState::Signal(signal) => format!("ended by signal {signal}"),
        ExitState::TimedOut => "timed out and killed".to_owned(),
        ExitState::Killed => "killed".to_owned(),
    }
}

/// The last characters of a text.
pub(crate) fn last(text: &str, characters: usize) -> String {
    let text = text.trim_end();
    let skip = text.chars().count().saturating_sub(characters);
    text.chars().skip(skip).collect()
}
