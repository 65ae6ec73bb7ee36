//! Reads `/proc` to find members, and signals through process descriptors, so that a reused id is never hit.

use std::collections::HashSet;
use std::fs;

use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

use crate::process::tree::MARK;

/// What to do to each member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ask {
    Look,
    Terminate,
    Kill,
}

/// The first process of a tree, told apart from a later one with the same id by when it started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Leader {
    pid: i32,
    started: u64,
}

impl Leader {
    /// Must be asked before the process is waited for.
    pub(crate) fn of(pid: u32) -> Option<Self> {
        let pid = i32::try_from(pid).ok()?;
        Some(Self { pid, started: Stat::read(pid)?.started })
    }
}

/// Signals every member; says how many there are.
pub(super) fn signal_all(mark: &str, leader: Option<Leader>, ask: Ask) -> usize {
    let members = members(mark, leader);
    for member in &members {
        match ask {
            Ask::Look => {}
            Ask::Terminate => {
                send(member, Signal::TERM);
                send(member, Signal::CONT);
            }
            Ask::Kill => send(member, Signal::KILL),
        }
    }
    members.len()
}

/// What `/proc/<pid>/stat` says.
#[derive(Debug, Clone, Copy)]
struct Stat {
    pid: i32,
    parent: i32,
    group: i32,
    session: i32,
    started: u64,
    dead: bool,
}

impl Stat {
    fn read(pid: i32) -> Option<Self> {
        let text = fs::read(format!("/proc/{pid}/stat")).ok()?;
        let text = String::from_utf8_lossy(&text);
        // The name in parentheses may itself hold spaces and parentheses.
        let mut fields = text.get(text.rfind(')')? + 1..)?.split_whitespace();
        let dead = matches!(fields.next()?, "Z" | "X" | "x");
        let mut number = || fields.next()?.parse().ok();
        let (parent, group, session) = (number()?, number()?, number()?);
        let started = fields.nth(15)?.parse().ok()?;
        Some(Self { pid, parent, group, session, started, dead })
    }
}

fn members(mark: &str, leader: Option<Leader>) -> Vec<Stat> {
    let all = all();
    // A group's id is free for others only when the group is empty, so a stranger with the leader's id means it is.
    let group = leader.filter(|l| all.iter().all(|s| s.pid != l.pid || s.started == l.started)).map(|l| l.pid);
    let needle = format!("{MARK}={mark}").into_bytes();
    let living: Vec<Stat> = all.into_iter().filter(|s| !s.dead).collect();
    let is_first = |s: &Stat| group.is_some_and(|g| [s.pid, s.group, s.session].contains(&g)) || marked(s.pid, &needle);
    let mut inside: HashSet<i32> = living.iter().filter(|s| is_first(s)).map(|s| s.pid).collect();
    loop {
        let more: Vec<i32> =
            living.iter().filter(|s| inside.contains(&s.parent) && !inside.contains(&s.pid)).map(|s| s.pid).collect();
        if more.is_empty() {
            return living.into_iter().filter(|s| inside.contains(&s.pid)).collect();
        }
        inside.extend(more);
    }
}

fn all() -> Vec<Stat> {
    let own = i32::try_from(std::process::id()).unwrap_or(0);
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter(|pid| *pid != own).filter_map(Stat::read).collect()
}

fn marked(pid: i32, needle: &[u8]) -> bool {
    fs::read(format!("/proc/{pid}/environ")).is_ok_and(|vars| vars.split(|b| *b == 0).any(|var| var == needle))
}

fn send(to: &Stat, signal: Signal) {
    let Some(descriptor) = Pid::from_raw(to.pid).and_then(|pid| pidfd_open(pid, PidfdFlags::empty()).ok()) else {
        return;
    };
    // Looked at again now that the descriptor holds the id: it is the process that was judged, or it is gone.
    if Stat::read(to.pid).is_some_and(|now| now.started == to.started) {
        // It may end between the two, and then there is nothing left to do.
        let _ = pidfd_send_signal(descriptor, signal);
    }
}
