//! The commands, in the order in which a newcomer needs them.

mod agent; // one turn with the agent
mod config; // the file, key by key
mod doctor; // what is wrong, and what to do
mod gateway; // the daemon

use std::process::ExitCode;

use anyhow::Result;
use clap::Subcommand;

use crate::context::Context;

/// One command.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the gateway, or ask one that runs
    Gateway(gateway::Arguments),
    /// Say something to the agent
    Agent(agent::Arguments),
    /// Read and change the config
    Config(config::Arguments),
    /// Look for what is wrong with this installation
    Doctor(doctor::Arguments),
}

/// Runs one command to its end.
pub(crate) fn run(command: Command, context: Context) -> Result<ExitCode> {
    match command {
        Command::Gateway(arguments) => gateway::run(arguments, &context),
        Command::Agent(arguments) => agent::run(arguments, &context),
        Command::Config(arguments) => config::run(&arguments, &context),
        Command::Doctor(arguments) => doctor::run(&arguments, &context),
    }
}
