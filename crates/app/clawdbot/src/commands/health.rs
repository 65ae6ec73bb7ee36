//! `clawdbot health`: is everything that should run running? Fails when it is not.

use std::process::ExitCode;

use anyhow::Result;
use protocol::health::{Health, Params};

use crate::context::Context;
use crate::remote::{self, Reach};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// Ask the networks too
    #[arg(long)]
    verbose: bool,
    #[command(flatten)]
    reach: Reach,
}

pub(crate) fn run(arguments: &Arguments, context: &Context) -> Result<ExitCode> {
    remote::block_on(async {
        let client = remote::connect(context, &arguments.reach).await?;
        let params = Params { probe: arguments.verbose.then_some(true) };
        let health = remote::call::<Health>(&client, &arguments.reach, &params).await?;
        let output = context.output.with_json(arguments.json);
        if output.json {
            output.value(&health);
        } else {
            output.line(if health.ok { "The gateway is well." } else { "The gateway is not well." });
            for name in &health.channel_order {
                let label = health.channel_labels.get(name).unwrap_or(name);
                let facts = health.channels.get(name).map_or("", |facts| facts.get());
                output.line(format!("{label}: {facts}"));
            }
            output.line(format!("Agents: {}, sessions: {}", health.agents.len(), health.sessions.count));
        }
        Ok(if health.ok { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    })
}
