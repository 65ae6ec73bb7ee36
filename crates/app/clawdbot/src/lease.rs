//! One process per state folder, and how another is made to leave it.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, bail};
use rustix::process::{Pid, Signal, kill_process};
use store::{ForeignLock, Lease, LeaseError};

use crate::context::Context;

/// How long the holder has to end by itself, and then to be gone.
const PATIENCE: Duration = Duration::from_secs(12);
const STEP: Duration = Duration::from_millis(50);

/// Takes the state folder. With `force` the holder is asked to end, and ended if it does not.
pub(crate) fn take(context: &Context, force: bool) -> Result<Lease> {
    match acquire(context) {
        Err(LeaseError::Held { pid: Some(pid) } | LeaseError::HeldByOther { pid, .. }) if force && pid > 1 => {
            take_over(context, pid)
        }
        Err(error @ (LeaseError::Held { .. } | LeaseError::HeldByOther { .. })) => {
            bail!("{error}; stop it first, or start with --force")
        }
        taken => Ok(taken?),
    }
}

/// Takes the state folder if nobody has it.
pub(crate) fn acquire(context: &Context) -> Result<Lease, LeaseError> {
    let places = &context.places;
    let is_alone = crate::environment::is_on(&context.environment, "CLAWDBOT_ALLOW_MULTI_GATEWAY");
    let published = || ForeignLock::new(&places.temporary, "clawdbot", &places.config, Arc::clone(&context.clock));
    Lease::acquire(&places.lease(), (!is_alone).then(published))
}

fn take_over(context: &Context, pid: u32) -> Result<Lease> {
    let Some(holder) = i32::try_from(pid).ok().and_then(Pid::from_raw) else { bail!("no process has the id {pid}") };
    for signal in [Signal::TERM, Signal::KILL] {
        // A holder that is gone already has given the folder back.
        let _gone = kill_process(holder, signal);
        let steps = PATIENCE.as_millis() / STEP.as_millis();
        for _ in 0..steps {
            match acquire(context) {
                Err(LeaseError::Held { .. } | LeaseError::HeldByOther { .. }) => std::thread::sleep(STEP),
                taken => return Ok(taken?),
            }
        }
    }
    bail!("process {pid} does not let the state folder go")
}
