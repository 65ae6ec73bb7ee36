//! What the model may call to work on files and run commands.

mod edit;
mod exec;
mod input; // what models write where a number is asked for
mod keys; // names of keys as bytes
mod process;
mod read;
mod seen; // files as a session last saw them
mod write;

use std::sync::Arc;

use stdx::Clock;
use tool::{AnyTool, erase};

use crate::Processes;
use seen::Seen;

/// The five tools, in the order they are offered.
#[must_use]
pub fn tools(processes: &Arc<Processes>, clock: Arc<dyn Clock>) -> Vec<Arc<dyn AnyTool>> {
    let seen = Arc::new(Seen::new(clock));
    vec![
        erase(read::Read { seen: Arc::clone(&seen) }),
        erase(edit::Edit { seen: Arc::clone(&seen) }),
        erase(write::Write { seen }),
        erase(exec::Exec { processes: Arc::clone(processes) }),
        erase(process::Process { processes: Arc::clone(processes) }),
    ]
}
