//! Where there is no `/proc`: the command's process group is all that can be found.

use rustix::process::{Pid, Signal, kill_process_group, test_kill_process_group};

/// What to do to each member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ask {
    Look,
    Terminate,
    Kill,
}

/// The first process of a tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Leader {
    pid: i32,
}

impl Leader {
    pub(crate) fn of(pid: u32) -> Option<Self> {
        Some(Self { pid: i32::try_from(pid).ok()? })
    }
}

/// Signals the group; says whether there is one.
pub(super) fn signal_all(_mark: &str, leader: Option<Leader>, ask: Ask) -> usize {
    let Some(group) = leader.and_then(|leader| Pid::from_raw(leader.pid)) else { return 0 };
    let sent = match ask {
        Ask::Look => test_kill_process_group(group),
        Ask::Terminate => kill_process_group(group, Signal::TERM),
        Ask::Kill => kill_process_group(group, Signal::KILL),
    };
    usize::from(sent.is_ok())
}
