//! A command that runs in a world.

use std::{collections::BTreeMap, fmt, time::Duration};

use async_trait::async_trait;

use crate::WorldPath;

/// What to start.
#[derive(Debug, Clone, Default)]
pub struct Launch {
    /// Handed to the world's shell.
    pub command: String,
    pub folder: Option<WorldPath>,
    /// Set on top of what the world hands down.
    pub env: BTreeMap<String, String>,
    /// Folders put before the world's `PATH`.
    pub path_prepend: Vec<String>,
    /// Variables of the world that look like secrets and are handed down all the same.
    pub pass_env: Vec<String>,
    /// Unique among all commands ever started: the world marks the whole tree with it, so that it can be found again.
    pub mark: String,
    /// Keep the input open for [`Process::write`]; otherwise the command sees the end of input at once.
    pub input: bool,
    /// The whole process tree is killed after this.
    pub timeout: Option<Duration>,
    pub terminal: Option<Terminal>,
}

/// A pseudo-terminal's size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terminal {
    pub rows: u16,
    pub columns: u16,
}

/// Our name for a background command: two words, easy for a model to repeat.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ProcessId(pub String);

impl fmt::Display for ProcessId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// How a command stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExitState {
    Running,
    Code(i32),
    Signal(i32),
    TimedOut,
    Killed,
}

/// A process at one moment.
#[derive(Debug, Clone)]
pub struct Snapshot {
    pub state: ExitState,
    pub pid: Option<u32>,
    /// Bytes that ever came out, of which the middle may have been dropped.
    pub output_bytes: u64,
    /// The kept output: head, a note of what was dropped, tail; terminal codes and broken text cleaned.
    pub output: String,
}

/// A running or finished command.
#[async_trait]
pub trait Process: Send + Sync + fmt::Debug {
    fn snapshot(&self) -> Snapshot;

    fn state(&self) -> ExitState;

    /// Something still holds its output: the command, or what it started.
    fn is_open(&self) -> bool;

    /// Output since the last call of `fresh`, bounded; what did not fit is dropped from its front with a note.
    fn fresh(&self) -> String;

    /// Resolves when there is more for `fresh` to give, or when it has ended.
    async fn news(&self);

    /// Bytes to its input, which is closed after them if `end` is set. The error is for the model.
    async fn write(&self, data: &[u8], end: bool) -> Result<(), String>;

    /// Ends the whole tree: asks first, then kills. Comes back when none of it is left.
    async fn kill(&self);

    /// Resolves when it has ended.
    async fn ended(&self) -> ExitState;
}
