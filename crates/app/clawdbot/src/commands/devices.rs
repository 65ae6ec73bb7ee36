//! `clawdbot devices`: which devices may connect, and which ask to.

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, Result, anyhow};
use clap::Subcommand;
use config::Live;
use pairing::{Auth, Devices};
use protocol::device::pair;
use protocol::{Method, Text};
use rpc::Events;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::value::to_raw_value;

use crate::context::Context;
use crate::offline;
use crate::remote::{self, Reach};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Print the devices that are known and those that ask
    List(Asked),
    /// Let a device in
    Approve {
        request: String,
        #[command(flatten)]
        asked: Asked,
    },
    /// Keep a device out
    Reject {
        request: String,
        #[command(flatten)]
        asked: Asked,
    },
}

#[derive(Debug, clap::Args)]
struct Asked {
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    reach: Reach,
}

pub(crate) fn run(arguments: &Arguments, context: &Context) -> Result<ExitCode> {
    remote::block_on(async {
        match &arguments.action {
            Action::List(asked) => {
                let reply = ask::<pair::List>(context, asked, &pair::list::Params {}).await?;
                list(context, asked, &reply);
            }
            Action::Approve { request, asked } => {
                let params = pair::approve::Params { request_id: named(request)? };
                let reply = ask::<pair::Approve>(context, asked, &params).await?;
                say(context, asked, &reply, &format!("{} may connect now.", reply.device.device_id));
            }
            Action::Reject { request, asked } => {
                let params = pair::reject::Params { request_id: named(request)? };
                let reply = ask::<pair::Reject>(context, asked, &params).await?;
                say(context, asked, &reply, &format!("{} stays out.", reply.device_id));
            }
        }
        Ok(ExitCode::SUCCESS)
    })
}

fn named(request: &str) -> Result<Text> {
    Text::try_from(request.trim().to_owned()).context("the request's id is empty")
}

/// Through the gateway, which is the only writer of the files while it runs; else on the files.
async fn ask<M: Method>(context: &Context, asked: &Asked, params: &M::Params) -> Result<M::Reply>
where
    M::Params: Serialize,
    M::Reply: DeserializeOwned,
{
    if let Some(client) = remote::try_connect(context, &asked.reach).await? {
        return remote::call::<M>(&client, &asked.reach, params).await;
    }
    let auth = Live::fixed(Auth::default());
    let devices = Devices::open(&context.places.state, auth, Arc::clone(&context.clock), Events::nowhere());
    let answer = offline::call(&devices.methods(), M::NAME, &to_raw_value(params)?).await;
    let answer = answer.map_err(|error| anyhow!("{error}"))?;
    serde_json::from_str(answer.get()).with_context(|| format!("the answer of {} cannot be read", M::NAME))
}

fn list(context: &Context, asked: &Asked, reply: &pair::list::Reply) {
    let output = context.output.with_json(asked.json);
    if output.json {
        output.value(reply);
        return;
    }
    if reply.pending.is_empty() && reply.paired.is_empty() {
        output.line("No device is known.");
        return;
    }
    let short = |id: &str| id.chars().take(12).collect::<String>();
    let pending = reply.pending.iter().map(|device| {
        let name = device.display_name.as_ref().map(|name| name.to_string()).unwrap_or_default();
        ["asks".to_owned(), device.request_id.to_string(), short(device.device_id.as_str()), name]
    });
    let paired = reply.paired.iter().map(|device| {
        let name = device.display_name.clone().unwrap_or_default();
        ["paired".to_owned(), String::new(), short(device.device_id.as_str()), name]
    });
    output.table(["STATE", "REQUEST", "DEVICE", "NAME"], &pending.chain(paired).collect::<Vec<_>>());
}

fn say(context: &Context, asked: &Asked, reply: &impl Serialize, text: &str) {
    let output = context.output.with_json(asked.json);
    if output.json { output.value(reply) } else { output.line(text) }
}
