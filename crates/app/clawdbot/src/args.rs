//! What may be written on the command line.

use clap::{Args, Parser};

use crate::commands::Command;
use crate::places::Choice;

/// A personal assistant that answers where you already write.
#[derive(Debug, Parser)]
#[command(name = "clawdbot", version, propagate_version = false, disable_help_subcommand = true)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every command takes.
#[derive(Debug, Args)]
pub(crate) struct Global {
    #[command(flatten)]
    pub(crate) choice: Choice,
    /// Write without colours
    #[arg(long, global = true)]
    pub(crate) no_color: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_contradicts_itself_nowhere() {
        Arguments::command().debug_assert();
    }
}
