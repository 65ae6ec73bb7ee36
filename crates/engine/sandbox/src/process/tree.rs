//! Finds and ends all that a command started, wherever it went.
//!
//! A member is whoever carries the command's mark in its environment, is in its process group or session, or descends
//! from a member. So a child that left the group, changed its session and lost its parent is found by the mark.

#[cfg_attr(not(target_os = "linux"), path = "tree/group.rs")]
#[cfg_attr(target_os = "linux", path = "tree/linux.rs")]
mod members;

use std::sync::Arc;
use std::time::Duration;

use stdx::Pool;
use tracing::warn;

pub(crate) use members::Leader;
use members::{Ask, signal_all};

/// The variable that carries the mark.
pub(crate) const MARK: &str = "CLAWDBOT_PROCESS_ID";

/// Who still lives after this long after SIGKILL waits for a disk or a driver: nobody can end it.
const UNKILLABLE: Duration = Duration::from_secs(10);
const FIRST_LOOK: Duration = Duration::from_millis(5);
const LATER_LOOK: Duration = Duration::from_millis(50);

/// A tree of processes.
#[derive(Debug, Clone)]
pub(crate) struct Tree {
    pub(crate) mark: Arc<str>,
    pub(crate) leader: Option<Leader>,
}

impl Tree {
    /// Asks all to end, waits for at most `grace`, then kills until none is left. Says how many it found at first.
    pub(crate) async fn end(&self, pool: &Pool, grace: Duration) -> usize {
        let found = self.signal(pool, Ask::Terminate).await;
        if found == 0 || self.gone_within(pool, grace, Ask::Look).await {
            return found;
        }
        if !self.gone_within(pool, UNKILLABLE, Ask::Kill).await {
            warn!(mark = &*self.mark, "processes outlive SIGKILL");
        }
        found
    }

    async fn gone_within(&self, pool: &Pool, limit: Duration, ask: Ask) -> bool {
        let deadline = tokio::time::Instant::now() + limit;
        let mut pause = FIRST_LOOK;
        while self.signal(pool, ask).await > 0 {
            if tokio::time::Instant::now() >= deadline {
                return false;
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LATER_LOOK);
        }
        true
    }

    async fn signal(&self, pool: &Pool, ask: Ask) -> usize {
        let tree = self.clone();
        pool.run(move || signal_all(&tree.mark, tree.leader, ask)).await.unwrap_or(0)
    }
}
