//! The places where tools act: for now this machine, one world per workspace.

mod environment; // what commands inherit: pure
mod files; // reading and replacing files
mod host; // this machine as a world
mod paths; // which file a path means

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use config::Live;
use parking_lot::Mutex;
use stdx::{AbsPath, CancellationToken, OwnedTasks, Pool};
use tool::World;

use crate::Config;
use host::HostWorld;

/// Commands that run at once, over all sessions.
pub const RUNNING_COMMANDS: u32 = 64;
/// After being asked to end, a tree has this long before it is killed.
const GRACE: Duration = Duration::from_secs(2);

/// What the worlds are made from.
#[derive(Debug, Clone)]
pub struct Machine {
    /// The environment this program was started with.
    pub env: BTreeMap<String, String>,
    pub home: AbsPath,
    pub config: Live<Config>,
    /// Names of variables that hold secrets of ours, beyond those whose names say so.
    pub secret_env: Vec<String>,
}

/// All worlds of this program.
#[derive(Debug)]
pub struct Worlds {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    machine: Machine,
    grace: Duration,
    /// Files and process trees: short work.
    pool: Arc<Pool>,
    /// Writes to terminals: they may wait for a program.
    terminals: Arc<Pool>,
    tasks: OwnedTasks,
    cancel: CancellationToken,
    /// Held between the last look at a file and its replacement.
    replacing: Mutex<()>,
}

impl Worlds {
    /// Worlds whose commands end with `parent`.
    #[must_use]
    pub fn new(machine: Machine, parent: &CancellationToken) -> Self {
        let shared = Shared {
            machine,
            grace: GRACE,
            pool: Arc::new(Pool::new("tools", 4, 64)),
            terminals: Arc::new(Pool::new("terminals", 4, 64)),
            tasks: OwnedTasks::new("command", parent, RUNNING_COMMANDS),
            cancel: parent.child_token(),
            replacing: Mutex::new(()),
        };
        Self { shared: Arc::new(shared) }
    }

    /// How long a tree has between being asked to end and being killed.
    #[must_use]
    pub fn with_grace(mut self, grace: Duration) -> Self {
        if let Some(shared) = Arc::get_mut(&mut self.shared) {
            shared.grace = grace;
        }
        self
    }

    /// This machine, with relative paths below `workspace`.
    #[must_use]
    pub fn host(&self, workspace: AbsPath) -> Arc<dyn World> {
        Arc::new(HostWorld::new(Arc::clone(&self.shared), workspace))
    }

    /// Ends every command and all they started; comes back when none is left or `grace` is over.
    pub async fn stop(&self, grace: Duration) {
        self.shared.tasks.stop(grace).await;
        self.shared.cancel.cancel();
    }

    pub(crate) fn pool(&self) -> &Arc<Pool> {
        &self.shared.pool
    }

    pub(crate) fn grace(&self) -> Duration {
        self.shared.grace
    }
}
