//! `clawdbot pairing`: who asks to be let in, and letting them in.

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use clap::Subcommand;
use ids::ChannelKind;
use pairing::{Pairing, Settings};
use protocol::Text;
use protocol::pairing::list::PairingRequest;
use protocol::pairing::{self as wire, approve, list};
use serde_json::json;
use stdx::OsEntropy;

use super::status::age;
use crate::context::Context;
use crate::remote::{self, Reach};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Print who asks to be let in
    List {
        /// One network alone
        channel: Option<ChannelKind>,
        /// Print JSON
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        reach: Reach,
    },
    /// Let the person with this code in, and tell them
    Approve {
        channel: ChannelKind,
        code: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
        /// Tell them (the gateway always does)
        #[arg(long)]
        notify: bool,
        #[command(flatten)]
        reach: Reach,
    },
}

pub(crate) fn run(arguments: &Arguments, context: &Context) -> Result<ExitCode> {
    remote::block_on(async {
        match &arguments.action {
            Action::List { channel, json, reach } => waiting(context, channel.clone(), *json, reach).await,
            Action::Approve { channel, code, json, reach, .. } => {
                approve(context, channel, code.trim(), *json, reach).await
            }
        }
    })
}

/// The stores themselves, for when no gateway runs. Its lock keeps writers apart all the same.
fn stores(context: &Context) -> Arc<Pairing> {
    Pairing::new(&context.places.state, Settings::default(), Arc::clone(&context.clock), Arc::new(OsEntropy))
}

async fn waiting(context: &Context, channel: Option<ChannelKind>, json: bool, reach: &Reach) -> Result<ExitCode> {
    let requests: Vec<PairingRequest> = match remote::try_connect(context, reach).await? {
        Some(client) => remote::call::<wire::List>(&client, reach, &list::Params { channel }).await?.requests,
        None => {
            let found = stores(context).waiting(channel.as_ref()).await?;
            let request = |waiting: pairing::Waiting| PairingRequest {
                channel: waiting.approved.channel,
                account_id: waiting.approved.account,
                code: waiting.code,
                sender: waiting.approved.sender,
                name: waiting.approved.name,
                created_at: u64::try_from(waiting.created_at).unwrap_or(0),
                expires_at: u64::try_from(waiting.expires_at).unwrap_or(0),
            };
            found.into_iter().map(request).collect()
        }
    };
    let output = context.output.with_json(json);
    if output.json {
        output.value(&json!({"requests": requests}));
        return Ok(ExitCode::SUCCESS);
    }
    if requests.is_empty() {
        output.line("Nobody asks to be let in.");
        return Ok(ExitCode::SUCCESS);
    }
    let now = u64::try_from(context.clock.now_ms()).unwrap_or(0);
    let told = requests.iter().map(|request| {
        [
            request.channel.to_string(),
            request.code.clone(),
            request.sender.to_string(),
            request.name.clone().unwrap_or_default(),
            age(now.saturating_sub(request.created_at)),
        ]
    });
    output.table(["CHANNEL", "CODE", "SENDER", "NAME", "AGE"], &told.collect::<Vec<_>>());
    Ok(ExitCode::SUCCESS)
}

async fn approve(context: &Context, channel: &ChannelKind, code: &str, json: bool, reach: &Reach) -> Result<ExitCode> {
    let (sender, name, is_told) = match remote::try_connect(context, reach).await? {
        Some(client) => {
            let code = Text::try_from(code.to_owned()).context("the code is empty")?;
            let params = approve::Params { channel: channel.clone(), code, notify: Some(true) };
            let reply = remote::call::<wire::Approve>(&client, reach, &params).await?;
            (reply.sender, reply.name, true)
        }
        None => {
            let approved = stores(context).approve(channel, code).await?;
            (approved.sender, approved.name, false)
        }
    };
    let output = context.output.with_json(json);
    if output.json {
        output.value(&json!({"ok": true, "channel": channel, "sender": sender, "name": name, "notified": is_told}));
    } else {
        let who = name.map(|name| format!(" ({name})")).unwrap_or_default();
        let told = if is_told { "" } else { " No gateway is running, so nobody was told." };
        output.line(format!("{sender}{who} may write on {channel} now.{told}"));
    }
    Ok(ExitCode::SUCCESS)
}
