//! One schedule, from its seed to its verdict: lives of the process, each cut off by a crash, until all is at rest.

use std::sync::Arc;

use parking_lot::Mutex;
use stdx::MemoryDisk;
use store::Store;
use tokio::runtime::Builder;

use crate::check;
use crate::clock::CommitClock;
use crate::disk::MortalDisk;
use crate::fault::Fault;
use crate::house::{Ground, House, migrations};
use crate::outside::Outside;
use crate::plan::Plan;

/// What became of a schedule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    pub seed: u64,
    /// What was found wrong; empty when every invariant held.
    pub wrongs: Vec<String>,
    /// Moments at which something crossed the border of the process.
    pub moments: u64,
    /// The same for the same moments in the same order.
    pub trace: u64,
    /// Every moment in words, where that was asked for.
    pub lines: Vec<String>,
    /// What the schedule was, in words, where that was asked for.
    pub plan: String,
}

/// Runs schedules, one after the other.
#[derive(Debug)]
pub struct Bench {
    ground: Ground,
    clock: Arc<CommitClock>,
    /// The tables, handed from one schedule to the next: statements that were compiled once stay compiled.
    store: Mutex<Store>,
}

impl Default for Bench {
    fn default() -> Self {
        Self::new()
    }
}

impl Bench {
    /// # Panics
    /// If the tables cannot be made: then nothing can be simulated.
    #[must_use]
    pub fn new() -> Self {
        let clock = Arc::new(CommitClock::default());
        let store = Store::memory(&migrations(), Arc::clone(&clock) as _).expect("the tables can be made");
        Self { ground: Ground::new(), clock, store: Mutex::new(store) }
    }

    /// Runs the schedule of this seed.
    #[must_use]
    pub fn run(&self, seed: u64, fault: Option<Fault>) -> Report {
        self.carry(seed, fault, false)
    }

    /// As [`Bench::run`], and keeps every moment in words.
    #[must_use]
    pub fn trace(&self, seed: u64, fault: Option<Fault>) -> Report {
        self.carry(seed, fault, true)
    }

    fn carry(&self, seed: u64, fault: Option<Fault>, keeps_lines: bool) -> Report {
        let outside = Arc::new(Outside::new(Plan::of(seed), fault, keeps_lines));
        let mut kept = self.store.lock();
        let mut store = kept.clone();
        empty(&store);
        self.clock.belongs_to(&outside);
        let mut disk = MemoryDisk::new();
        for life in 0.. {
            outside.begin_life(life);
            let is_over = self.live(&outside, &store, &disk);
            outside.stop();
            check::before_crash(&outside, &store);
            store = store.crash(outside.fate(), &[]).expect("a crashed store opens");
            disk = disk.crash(outside.dice.number());
            if is_over {
                break;
            }
            check::damage(&outside, &store);
        }
        check::at_rest(&outside, &store, &disk);
        self.clock.is_free();
        *kept = store;
        let (moments, trace, lines) = outside.trace();
        let plan = if keeps_lines { format!("{:#?}", outside.plan) } else { String::new() };
        Report { seed, wrongs: outside.wrongs.lock().clone(), moments, trace, lines, plan }
    }

    /// One life of the process; true when it came to rest or never will.
    fn live(&self, outside: &Arc<Outside>, store: &Store, disk: &MemoryDisk) -> bool {
        let runtime = Builder::new_current_thread().enable_time().start_paused(true).event_interval(1).build();
        let runtime = runtime.expect("a runtime");
        let disk = MortalDisk { disk: disk.clone(), outside: Arc::clone(outside) };
        let life = async {
            outside.clock.begin();
            let house = House::start(Arc::clone(outside), &self.ground, store.clone(), disk).await;
            match house {
                Ok(house) => {
                    let rested = house.rest().await;
                    if outside.plan.seed.is_multiple_of(2) {
                        house.sessions.stop().await;
                    }
                    rested.unwrap_or_else(|left| outside.wrong(left));
                }
                // What a dying process thinks of its end is nobody's concern.
                Err(_) if outside.is_dead() => std::future::pending().await,
                Err(error) => outside.wrong(format!("the process does not start: {error:#}")),
            }
        };
        runtime.block_on(async {
            let is_over = tokio::select! {
                biased;
                () = outside.died() => false,
                () = life => true,
            };
            outside.clock.end(i64::try_from(outside.dice.between(1, 3_000)).unwrap_or(1));
            is_over
        })
    }
}

/// Takes everything out of the tables but what says which tables there are.
fn empty(store: &Store) {
    let emptied = store.write_blocking(|tx| {
        for table in TABLES {
            tx.execute(&format!("DELETE FROM {table}"), [])?;
        }
        Ok(())
    });
    emptied.expect("the tables can be emptied");
}

const TABLES: [&str; 11] = [
    "audit_seals",
    "facts",
    "inbox",
    "inbox_told",
    "ledger",
    "outbox",
    "pending_entries",
    "runs",
    "session_exports",
    "sessions",
    "spending",
];
