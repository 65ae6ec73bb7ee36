//! The commands, in the order in which a newcomer needs them.

mod agent; // one turn with the agent
mod channels; // the networks
mod config; // the file, key by key
mod dashboard; // the page's address
mod devices; // which may connect
mod doctor; // what is wrong, and what to do
mod explain; // what became of a message
mod gateway; // the daemon
mod health; // is it well
mod logs; // the log
mod models; // which there are
mod onboard; // from nothing to an answer
mod pairing; // who may write
mod sessions; // the conversations
mod status; // the overview

use std::process::ExitCode;

use anyhow::Result;
use clap::Subcommand;

use crate::context::Context;

pub(crate) use onboard::Listed;

/// One command.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the gateway, or ask one that runs
    Gateway(Box<gateway::Arguments>),
    /// Say something to the agent
    Agent(Box<agent::Arguments>),
    /// Set up a model and a network, and prove that they work
    Onboard(Box<onboard::Arguments>),
    /// Print the address of the page, with a code that opens it once
    Dashboard(dashboard::Arguments),
    /// Print the overview
    Status(status::Arguments),
    /// Say whether everything that should run is running
    Health(health::Arguments),
    /// List the conversations
    Sessions(sessions::Arguments),
    /// List the models
    Models(models::Arguments),
    /// Say how the networks are
    Channels(channels::Arguments),
    /// Let people in who wrote to the agent
    Pairing(pairing::Arguments),
    /// Let devices in that want to connect
    Devices(devices::Arguments),
    /// Tell what became of a message
    Explain(explain::Arguments),
    /// Read the log
    Logs(logs::Arguments),
    /// Read and change the config
    Config(config::Arguments),
    /// Look for what is wrong with this installation
    Doctor(doctor::Arguments),
}

/// Runs one command to its end.
pub(crate) fn run(command: Command, context: &Context) -> Result<ExitCode> {
    match command {
        Command::Gateway(arguments) => gateway::run(*arguments, context),
        Command::Agent(arguments) => agent::run(&arguments, context),
        Command::Onboard(arguments) => onboard::run(&arguments, context),
        Command::Dashboard(arguments) => dashboard::run(&arguments, context),
        Command::Status(arguments) => status::run(&arguments, context),
        Command::Health(arguments) => health::run(&arguments, context),
        Command::Sessions(arguments) => sessions::run(&arguments, context),
        Command::Models(arguments) => models::run(&arguments, context),
        Command::Channels(arguments) => channels::run(&arguments, context),
        Command::Pairing(arguments) => pairing::run(&arguments, context),
        Command::Devices(arguments) => devices::run(&arguments, context),
        Command::Explain(arguments) => explain::run(&arguments, context),
        Command::Logs(arguments) => logs::run(&arguments, context),
        Command::Config(arguments) => config::run(&arguments, context),
        Command::Doctor(arguments) => doctor::run(&arguments, context),
    }
}
