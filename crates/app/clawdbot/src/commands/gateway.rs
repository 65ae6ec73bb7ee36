//! `clawdbot gateway`: runs the gateway, or asks one that runs.

use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, Subcommand};

use crate::config::{AuthMode, BindMode};
use crate::context::Context;
use crate::serve::{self, Wishes};

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    action: Option<Action>,
    #[command(flatten)]
    run: Run,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Run the gateway here, until it is stopped
    Run(Run),
}

/// How this start differs from the config.
#[derive(Debug, Args)]
struct Run {
    /// TCP port
    #[arg(long)]
    port: Option<u16>,
    /// Which addresses to listen on
    #[arg(long, value_enum)]
    bind: Option<BindMode>,
    /// What clients must show
    #[arg(long, value_enum)]
    auth: Option<AuthMode>,
    /// The token that clients must show
    #[arg(long)]
    token: Option<String>,
    /// The password that clients must show
    #[arg(long)]
    password: Option<String>,
    /// End the gateway that runs on this state folder, and take its place
    #[arg(long)]
    force: bool,
    /// Say more, in the log and on the terminal
    #[arg(long)]
    verbose: bool,
    /// Start without `gateway.mode` in the config (this program always does)
    #[arg(long)]
    allow_unconfigured: bool,
}

pub(crate) fn run(arguments: Arguments, context: &Context) -> Result<ExitCode> {
    let run = match arguments.action {
        None => arguments.run,
        Some(Action::Run(run)) => run,
    };
    let wishes = Wishes {
        port: run.port,
        bind: run.bind,
        auth: run.auth,
        token: run.token,
        password: run.password,
        force: run.force,
        verbose: run.verbose,
    };
    serve::run(context, &wishes)?;
    Ok(ExitCode::SUCCESS)
}
