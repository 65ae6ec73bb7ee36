//! One command on this machine: started, watched, and ended with all it started.

mod clean; // terminal output as text: pure
mod output; // the beginning and the end of what it wrote: pure
mod pipes; // a command with plain input and output
mod running; // a command that runs, and the task that watches it
mod terminal; // a command on a pseudo-terminal
mod tree; // all that a command started

pub use output::PROCESS_OUTPUT_BYTES;
pub(crate) use running::Started;
pub(crate) use tree::{MARK, Tree};
pub(crate) use {pipes::start as start_on_pipes, terminal::start as start_on_terminal};

use std::collections::BTreeMap;
use std::path::PathBuf;

/// A command with everything about it decided.
#[derive(Debug, Clone)]
pub(crate) struct Command {
    pub(crate) shell: String,
    pub(crate) line: String,
    pub(crate) folder: PathBuf,
    pub(crate) env: BTreeMap<String, String>,
    pub(crate) mark: String,
    pub(crate) input: bool,
}
