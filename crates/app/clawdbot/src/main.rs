//! The program: one binary that is the gateway, and the command line that talks to it.
//!
//! Nothing happens before the arguments are read, so that `--version` and `--help` cost nothing. The environment is
//! read here, once; everything else is told what it says.

mod adapters; // the only list of networks and vendors
mod args; // what may be written on the command line
mod commands; // one file each
mod config; // the tree of the config file
mod context; // what every command knows
mod environment; // variables, from the process and `.env` files
mod logging; // what is written down
mod output; // what commands say
mod places; // where everything lies

use std::process::ExitCode;

use clap::Parser as _;

use args::Arguments;
use context::Context;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let run = || {
        let context = Context::read(&arguments.global)?;
        commands::run(arguments.command, context)
    };
    run().unwrap_or_else(|error| {
        output::aside(format!("clawdbot: {error:#}"));
        ExitCode::FAILURE
    })
}
