//! The program: one binary that is the gateway, and the command line that talks to it.
//!
//! Nothing happens before the arguments are read, so that `--version` and `--help` cost nothing. The environment is
//! read here, once; everything else is told what it says.

mod adapters; // the only list of networks and vendors
mod args; // what may be written on the command line
mod channels; // what the owner wrote about networks
mod commands; // one file each
mod config; // the tree of the config file
mod context; // what every command knows
mod environment; // variables, from the process and `.env` files
mod lease; // one process per state folder
mod local; // the house inside a command
mod logging; // what is written down
mod methods; // what the app answers itself
mod offline; // what can be told without a gateway
mod output; // what commands say
mod page; // the page in the browser
mod places; // where everything lies
mod remote; // how commands reach a gateway
mod report; // how everything is
mod serve; // the gateway's life
mod shutdown; // its end
mod wire; // constructs everything

use std::process::ExitCode;

use clap::Parser as _;

use args::Arguments;
use context::Context;

/// Few arenas, and what was freed is given back soon: how, is said in `.cargo/config.toml`.
#[cfg(target_os = "linux")]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let run = || {
        let context = Context::read(&arguments.global)?;
        commands::run(arguments.command, &context)
    };
    run().unwrap_or_else(|error| {
        output::aside(format!("clawdbot: {error:#}"));
        ExitCode::FAILURE
    })
}
