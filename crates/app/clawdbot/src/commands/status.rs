//! `clawdbot status`: the overview, from the gateway or, without one, from the files.

use std::process::ExitCode;

use anyhow::Result;
use protocol::sessions::list::Params;
use protocol::status::{self, RecentSession};
use serde_json::{Value, json};

use crate::config::section;
use crate::context::Context;
use crate::offline;
use crate::remote::{self, Reach};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// Ask the networks too
    #[arg(long)]
    deep: bool,
    #[command(flatten)]
    reach: Reach,
}

pub(crate) fn run(arguments: &Arguments, context: &Context) -> Result<ExitCode> {
    remote::block_on(async {
        match remote::try_connect(context, &arguments.reach).await? {
            Some(client) => online(arguments, context, &client).await,
            None => without_gateway(arguments, context).await,
        }
    })
}

async fn online(arguments: &Arguments, context: &Context, client: &client::Client) -> Result<ExitCode> {
    let reach = &arguments.reach;
    let reply = remote::call::<status::Status>(client, reach, &status::Params {}).await?;
    let health = match arguments.deep {
        true => {
            let params = protocol::health::Params { probe: Some(true) };
            Some(remote::call::<protocol::health::Health>(client, reach, &params).await?)
        }
        false => None,
    };
    let server = &client.hello().server;
    let output = context.output.with_json(arguments.json);
    if output.json {
        let mut value = serde_json::to_value(&reply)?;
        if let Some(fields) = value.as_object_mut() {
            fields.insert("gateway".to_owned(), json!({"running": true, "version": server.version}));
            fields.extend(
                health
                    .map(|health| Ok::<_, serde_json::Error>(("health".to_owned(), serde_json::to_value(health)?)))
                    .transpose()?,
            );
        }
        output.value(&value);
        return Ok(ExitCode::SUCCESS);
    }
    output.line(format!("{} running, version {}", output.strong("Gateway:"), server.version.as_str()));
    let model = reply.sessions.defaults.model.as_deref();
    output.line(format!("{} {}", output.strong("Model:"), model.unwrap_or(agent::no_model_advice())));
    for line in &reply.channel_summary {
        output.line(format!("{} {line}", output.strong("Channel:")));
    }
    if reply.channel_summary.is_empty() {
        output.line(format!("{} none is set up", output.strong("Channels:")));
    }
    output.line(format!("{} {}", output.strong("Sessions:"), reply.sessions.count));
    for session in &reply.sessions.recent {
        output.line(format!("  {}", told(session)));
    }
    Ok(ExitCode::SUCCESS)
}

fn told(session: &RecentSession) -> String {
    let age = session.age.map_or_else(|| "never".to_owned(), |ms| format!("{} ago", age(ms)));
    let used = session.percent_used.map(|percent| format!(", {percent} % of the context")).unwrap_or_default();
    format!("{} ({age}{used})", session.key)
}

/// A duration for people.
pub(super) fn age(ms: u64) -> String {
    match ms / 1000 {
        seconds @ 0..60 => format!("{seconds} s"),
        seconds @ 60..3600 => format!("{} min", seconds / 60),
        seconds @ 3600..86_400 => format!("{} h", seconds / 3600),
        seconds => format!("{} d", seconds / 86_400),
    }
}

async fn without_gateway(arguments: &Arguments, context: &Context) -> Result<ExitCode> {
    let snapshot = context.config()?;
    let rows = offline::sessions(context, Params::default()).await?;
    let agents: agent::Config = section(&snapshot)?;
    let model = agents.agents.defaults.model.as_ref().and_then(agent::Choice::primary);
    let output = context.output.with_json(arguments.json);
    if output.json {
        output.value(&json!({
            "gateway": {"running": false},
            "configPath": snapshot.path,
            "stateDir": context.places.state,
            "sessions": {"count": rows.len(), "defaults": {"model": model}},
        }));
        return Ok(ExitCode::SUCCESS);
    }
    output.line(format!("{} not running; start it with `clawdbot gateway`", output.strong("Gateway:")));
    output.line(format!("{} {}", output.strong("Config:"), snapshot.path));
    output.line(format!("{} {}", output.strong("Model:"), model.unwrap_or("not chosen in the config")));
    output.line(format!("{} {}", output.strong("Sessions:"), Value::from(rows.len())));
    Ok(ExitCode::SUCCESS)
}
