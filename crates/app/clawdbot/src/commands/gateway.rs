//! `clawdbot gateway`: runs the gateway, or asks one that runs.

use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::{Args, Subcommand};
use serde_json::value::to_raw_value;
use serde_json::{Value, json};
use store::Lease;

use crate::config::{AuthMode, BindMode};
use crate::context::Context;
use crate::remote::{self, Reach};
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
    /// Call a method and print its answer
    Call {
        method: String,
        /// The params, as JSON
        #[arg(long, value_name = "JSON", default_value = "{}")]
        params: String,
        /// Wait for the second answer of a method that answers twice
        #[arg(long)]
        expect_final: bool,
        #[command(flatten)]
        asked: Asked,
    },
    /// Say whether a gateway runs here
    Status(Asked),
    /// Say whether everything that should run is running
    Health(super::health::Arguments),
}

#[derive(Debug, Args)]
struct Asked {
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    reach: Reach,
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
        Some(Action::Call { method, params, expect_final, asked }) => {
            return call(context, &asked, &method, &params, expect_final);
        }
        Some(Action::Status(asked)) => return status(context, &asked),
        Some(Action::Health(arguments)) => return super::health::run(&arguments, context),
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

fn call(context: &Context, asked: &Asked, method: &str, params: &str, expect_final: bool) -> Result<ExitCode> {
    let params: Value = config::parse_json5(params).context("--params is no JSON")?;
    let params = to_raw_value(&params)?;
    remote::block_on(async {
        let client = remote::connect(context, &asked.reach).await?;
        let answer = if expect_final {
            let mut answers = client.ask(method, Some(params)).await.map_err(remote::refused)?;
            let first = answers.next().await.map_err(remote::refused)?;
            let is_interim = serde_json::from_str::<Value>(first.payload.get())
                .is_ok_and(|first| first.get("status").and_then(Value::as_str) == Some("accepted"));
            if is_interim { answers.next().await.map_err(remote::refused)?.payload } else { first.payload }
        } else {
            remote::call_raw(&client, &asked.reach, method, Some(params)).await?
        };
        let value: Value = serde_json::from_str(answer.get())?;
        context.output.value(&value);
        Ok(ExitCode::SUCCESS)
    })
}

fn status(context: &Context, asked: &Asked) -> Result<ExitCode> {
    remote::block_on(async {
        let client = remote::try_connect(context, &asked.reach).await?;
        let holder = Lease::holder(&context.places.lease()).flatten();
        let output = context.output.with_json(asked.json);
        if output.json {
            let version = client.as_ref().map(|client| client.hello().server.version.clone());
            output.value(&json!({
                "running": client.is_some(), "pid": holder, "version": version,
                "configPath": context.places.config, "stateDir": context.places.state,
            }));
        } else if let Some(client) = &client {
            let process = holder.map(|pid| format!(", process {pid}")).unwrap_or_default();
            output.line(format!("The gateway runs: version {}{process}.", client.hello().server.version));
        } else {
            output.line("No gateway is running here; start one with `clawdbot gateway`.");
        }
        Ok(if client.is_some() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    })
}
