//! A running gateway, seen from outside: its memory and CPU from /proc, over the process and its children.

use std::fs;
use std::net::TcpListener;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use rustix::process::{Pid, Signal, kill_process};

use crate::program::Program;
use crate::state::Home;
use crate::talk::Talk;

/// A start that takes longer has failed.
const PATIENCE: Duration = Duration::from_secs(60);
/// A stop that takes longer is ended.
const STOP: Duration = Duration::from_secs(15);
/// How often a gateway that comes up is asked.
const KNOCK: Duration = Duration::from_micros(500);

/// A gateway process.
#[derive(Debug)]
pub(crate) struct Running {
    child: Child,
    pub(crate) port: u16,
    /// From spawn to hello-ok.
    pub(crate) came_up: Duration,
}

impl Running {
    /// Starts a gateway on this home and waits until it greets a client.
    pub(crate) fn start(program: &Program, home: &Home) -> Result<Self> {
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let mut command: Command = program.gateway(home, port)?;
        let began = Instant::now();
        let child = command.spawn().with_context(|| format!("{}: start", program.name()))?;
        let mut running = Self { child, port, came_up: Duration::ZERO };
        loop {
            if Talk::open(port).is_ok() {
                running.came_up = began.elapsed();
                return Ok(running);
            }
            if let Some(status) = running.child.try_wait()? {
                bail!("{}: ended at once ({status}): {}", program.name(), home.errors());
            }
            if began.elapsed() > PATIENCE {
                bail!("{}: does not come up: {}", program.name(), home.errors());
            }
            std::thread::sleep(KNOCK);
        }
    }

    pub(crate) fn talk(&self) -> Result<Talk> {
        Talk::open(self.port)
    }

    /// Proportional memory, in KiB.
    pub(crate) fn memory(&self) -> f64 {
        self.tree().iter().map(|pid| pss(*pid)).sum()
    }

    /// CPU time since the start, in milliseconds.
    pub(crate) fn cpu(&self) -> f64 {
        self.tree().iter().map(|pid| ticks(*pid) * 10.0).sum()
    }

    /// Asks it to stop, and waits until it has.
    pub(crate) fn stop(mut self) -> Result<()> {
        let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw).context("its pid")?;
        let tree = self.tree();
        kill_process(pid, Signal::TERM)?;
        let began = Instant::now();
        while began.elapsed() < STOP {
            if self.child.try_wait()?.is_some() && tree.iter().all(|pid| stat(*pid).is_none()) {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        bail!("the gateway does not stop")
    }

    /// The process and all below it.
    fn tree(&self) -> Vec<u32> {
        let mut all = vec![self.child.id()];
        let mut place = 0;
        while let Some(pid) = all.get(place).copied() {
            let tasks = fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
            for task in tasks {
                let children = fs::read_to_string(task.path().join("children")).unwrap_or_default();
                all.extend(children.split_whitespace().filter_map(|child| child.parse::<u32>().ok()));
            }
            place += 1;
        }
        all
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Gone already when it was stopped in order.
        for pid in self.tree().iter().rev() {
            if let Some(pid) = i32::try_from(*pid).ok().and_then(Pid::from_raw) {
                let _gone = kill_process(pid, Signal::KILL);
            }
        }
        let _gone = self.child.wait();
    }
}

fn pss(pid: u32) -> f64 {
    let text = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("Pss:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0.0)
}

fn stat(pid: u32) -> Option<String> {
    fs::read_to_string(format!("/proc/{pid}/stat")).ok()
}

/// User and system time, in hundredths of a second.
fn ticks(pid: u32) -> f64 {
    let text = stat(pid).unwrap_or_default();
    let fields = text.rsplit_once(") ").map_or("", |(_, rest)| rest);
    fields.split(' ').skip(11).take(2).filter_map(|field| field.parse::<f64>().ok()).sum()
}
