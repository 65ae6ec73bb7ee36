//! Everything outside the process: time, chance, the network, the models, what tools did; and the machine's end.
//!
//! Whatever crosses the border is a moment. The process dies at the moment that the plan names: what it would do after
//! it never reaches the outside, the store or the disk.

use std::fmt::Display;
use std::future::pending;
use std::hash::{DefaultHasher, Hasher as _};
use std::time::Duration;

use parking_lot::Mutex;
use stdx::{Entropy as _, SeededEntropy};
use tokio::sync::Notify;

use crate::client::Client;
use crate::clock::VirtualClock;
use crate::dice::Dice;
use crate::fault::Fault;
use crate::model::Calls;
use crate::network::Vendor;
use crate::plan::Plan;
use crate::tools::Deeds;

/// Wall time at which every schedule begins.
const BEGIN_MS: i64 = 1_769_000_000_000;

#[derive(Debug)]
pub(crate) struct Outside {
    pub(crate) plan: Plan,
    pub(crate) fault: Option<Fault>,
    pub(crate) dice: Dice,
    pub(crate) clock: VirtualClock,
    pub(crate) vendor: Mutex<Vendor>,
    pub(crate) calls: Mutex<Calls>,
    pub(crate) deeds: Mutex<Deeds>,
    pub(crate) client: Mutex<Client>,
    /// What was seen to be wrong while it happened.
    pub(crate) wrongs: Mutex<Vec<String>>,
    machine: Mutex<Machine>,
    died: Notify,
}

#[derive(Debug)]
struct Machine {
    life: usize,
    /// Moments in this life.
    count: u64,
    /// Moments, and choices of who goes first, in all lives.
    total: u64,
    dies_at: Option<u64>,
    /// How often the wall clock was set.
    jumps: usize,
    is_dead: bool,
    died_writing: bool,
    hash: DefaultHasher,
    lines: Option<Vec<String>>,
}

impl Machine {
    fn note(&mut self, line: String) {
        self.hash.write(line.as_bytes());
        if let Some(lines) = &mut self.lines {
            lines.push(line);
        }
    }
}

impl Outside {
    pub(crate) fn new(plan: Plan, fault: Option<Fault>, keeps_lines: bool) -> Self {
        let machine = Machine {
            life: 0,
            count: 0,
            total: 0,
            dies_at: None,
            jumps: 0,
            is_dead: false,
            died_writing: false,
            hash: DefaultHasher::new(),
            lines: keeps_lines.then(Vec::new),
        };
        Self {
            dice: Dice::new(plan.seed, 2),
            clock: VirtualClock::new(BEGIN_MS),
            vendor: Mutex::new(Vendor::default()),
            calls: Mutex::new(Calls::default()),
            deeds: Mutex::new(Deeds::default()),
            client: Mutex::new(Client::default()),
            wrongs: Mutex::default(),
            machine: Mutex::new(machine),
            died: Notify::new(),
            plan,
            fault,
        }
    }

    pub(crate) fn has(&self, fault: Fault) -> bool {
        self.fault == Some(fault)
    }

    /// Milliseconds since the schedule began.
    pub(crate) fn passed_ms(&self) -> u64 {
        u64::try_from(self.clock.true_ms() - BEGIN_MS).unwrap_or(0)
    }

    /// A process starts.
    pub(crate) fn begin_life(&self, life: usize) {
        let mut machine = self.machine.lock();
        machine.life = life;
        machine.count = 0;
        machine.dies_at = self.plan.crashes.get(life).copied();
        machine.is_dead = false;
        machine.died_writing = false;
    }

    /// Which process runs, counted from 0.
    pub(crate) fn life(&self) -> usize {
        self.machine.lock().life
    }

    pub(crate) async fn died(&self) {
        self.died.notified().await;
    }

    /// The machine stops between two moments, when all is quiet.
    pub(crate) fn stop(&self) {
        self.machine.lock().is_dead = true;
    }

    pub(crate) fn is_dead(&self) -> bool {
        self.machine.lock().is_dead
    }

    /// What decides, in a crash, whether commits that were under way survive. Whoever was stopped while it wrote to
    /// the disk goes on as if the disk had failed, so what is queued since is no deed of the process.
    pub(crate) fn fate(&self) -> u64 {
        let writing = self.machine.lock().died_writing;
        loop {
            let seed = self.dice.number();
            if !writing || SeededEntropy::new(seed).below(2) == 0 {
                return seed;
            }
        }
    }

    /// Something crosses the border; `false` when the process is dead and nothing crosses any more.
    pub(crate) fn moment(&self, what: &str, detail: &dyn Display) -> bool {
        let passed = self.passed_ms();
        let mut machine = self.machine.lock();
        if machine.is_dead {
            return false;
        }
        machine.count += 1;
        machine.total += 1;
        let line = format!("{} {passed:>6} {what} {detail}", machine.life);
        machine.note(line);
        while let Some((_, by_ms)) = self.plan.jumps.get(machine.jumps).filter(|(at, _)| *at <= machine.total) {
            machine.jumps += 1;
            machine.note(format!("the wall clock is set by {by_ms} ms"));
            self.clock.jump(*by_ms);
        }
        if machine.dies_at == Some(machine.count) {
            machine.is_dead = true;
            machine.died_writing = what.starts_with("disk");
            self.died.notify_one();
        }
        true
    }

    /// A moment after which other things may happen first, as the seed chooses.
    pub(crate) async fn step(&self, what: &str, detail: &(dyn Display + Sync)) {
        self.moment(what, detail);
        self.alive().await;
        // Which of the others goes first is a step of the schedule too.
        self.machine.lock().total += 1;
        match self.dice.below(10) {
            0..=3 => {}
            4..=6 => {
                for _ in 0..self.dice.between(1, 4) {
                    tokio::task::yield_now().await;
                }
            }
            7 | 8 => tokio::time::sleep(Duration::from_millis(self.dice.between(1, 4))).await,
            _ => tokio::time::sleep(Duration::from_millis(self.dice.between(5, 150))).await,
        }
        self.alive().await;
    }

    /// A moment without a delay of its own.
    pub(crate) async fn heard(&self, what: &str, detail: &(dyn Display + Sync)) {
        self.moment(what, detail);
        self.alive().await;
    }

    async fn alive(&self) {
        if self.is_dead() {
            pending::<()>().await;
        }
    }

    /// Adds a line to the trace where it is kept, and to nothing else.
    pub(crate) fn remark(&self, line: impl FnOnce() -> String) {
        if let Some(lines) = &mut self.machine.lock().lines {
            lines.push(line());
        }
    }

    pub(crate) fn wrong(&self, what: String) {
        self.wrongs.lock().push(what);
    }

    /// How many moments there were, what they were in short, and in full where that was asked for.
    pub(crate) fn trace(&self) -> (u64, u64, Vec<String>) {
        let machine = self.machine.lock();
        (machine.total, machine.hash.finish(), machine.lines.clone().unwrap_or_default())
    }
}
