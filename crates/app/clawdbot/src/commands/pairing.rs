//! `clawdbot pairing`: who asks to be let in, and letting them in.

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use clap::Subcommand;
use config::{ConfigPath, Live};
use ids::{ChannelKind, SenderId};
use pairing::{Pairing, Settings};
use protocol::Text;
use protocol::pairing::list::PairingRequest;
use protocol::pairing::{self as wire, approve, list};
use serde_json::{Value, json};
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
        /// The same
        #[arg(long = "channel", value_name = "CHANNEL", conflicts_with = "channel")]
        named: Option<ChannelKind>,
        /// Print JSON
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        reach: Reach,
    },
    /// Let the person with this code in. A running gateway tells them; without one, tell them yourself
    Approve {
        /// The network and the code, or the code alone with --channel
        #[arg(required = true, num_args = 1..=2, value_names = ["CHANNEL", "CODE"])]
        words: Vec<String>,
        /// The network
        #[arg(long)]
        channel: Option<ChannelKind>,
        /// Print JSON
        #[arg(long)]
        json: bool,
        /// Tell them (the gateway always does)
        #[arg(long)]
        notify: bool,
        #[command(flatten)]
        reach: Reach,
    },
    /// Make a stranger of somebody again who was let in
    Remove {
        channel: ChannelKind,
        /// The sender's id, as `pairing list` and the log name it
        id: SenderId,
        /// Print JSON
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        reach: Reach,
    },
}

pub(crate) fn run(arguments: &Arguments, context: &Context) -> Result<ExitCode> {
    remote::block_on(async {
        match &arguments.action {
            Action::List { channel, named, json, reach } => {
                waiting(context, channel.as_ref().or(named.as_ref()).cloned(), *json, reach).await
            }
            Action::Approve { words, channel, json, reach, .. } => {
                let (channel, code) = meant(words, channel.as_ref())?;
                approve(context, &channel, &code, *json, reach).await
            }
            Action::Remove { channel, id, json, reach } => remove(context, channel, id, *json, reach).await,
        }
    })
}

/// Network and code, as they were written.
fn meant(words: &[String], channel: Option<&ChannelKind>) -> Result<(ChannelKind, String)> {
    match (words, channel) {
        ([code], Some(channel)) => Ok((channel.clone(), code.trim().to_owned())),
        ([channel, code], None) => {
            let channel = channel.parse().with_context(|| format!("{channel:?} is no network"))?;
            Ok((channel, code.trim().to_owned()))
        }
        _ => bail!("write `clawdbot pairing approve <CHANNEL> <CODE>`, or `... approve <CODE> --channel <CHANNEL>`"),
    }
}

/// The stores themselves, for when no gateway runs. Its lock keeps writers apart all the same.
fn stores(context: &Context) -> Arc<Pairing> {
    Pairing::new(
        &context.places.state,
        Live::fixed(Settings::default()),
        Arc::clone(&context.clock),
        Arc::new(OsEntropy),
    )
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
        let told = if is_told { "" } else { " No gateway is running, so nobody was told: tell them yourself." };
        output.line(format!("{sender}{who} may write on {channel} now.{told}"));
    }
    Ok(ExitCode::SUCCESS)
}

async fn remove(
    context: &Context,
    channel: &ChannelKind,
    id: &SenderId,
    json: bool,
    reach: &Reach,
) -> Result<ExitCode> {
    let is_removed = match remote::try_connect(context, reach).await? {
        Some(client) => {
            let params = wire::remove::Params { channel: channel.clone(), sender: id.clone() };
            remote::call::<wire::Remove>(&client, reach, &params).await?.removed
        }
        None => stores(context).remove(channel, id).await?,
    };
    let place = ConfigPath::root().child("channels").child(channel).child("allowFrom");
    let is_configured = context.config().is_ok_and(|snapshot| lists(snapshot.value(&place), channel, id));
    let output = context.output.with_json(json);
    if output.json {
        let value =
            json!({"ok": true, "channel": channel, "sender": id, "removed": is_removed, "configured": is_configured});
        output.value(&value);
        return Ok(ExitCode::SUCCESS);
    }
    output.line(if is_removed {
        format!("{id} may no longer write on {channel}.")
    } else {
        format!("{id} was not let in on {channel} by a code.")
    });
    if is_configured {
        output.line(format!("The config still lets {id} in: {place} names them."));
    }
    Ok(ExitCode::SUCCESS)
}

/// Whether the owner's own list names a sender.
fn lists(allowed: Option<&Value>, channel: &ChannelKind, id: &SenderId) -> bool {
    let names = |entry: &Value| {
        let text = entry.as_str().map_or_else(|| entry.to_string(), |text| text.trim().to_owned());
        text == id.as_str() || text == format!("{channel}:{id}")
    };
    allowed.and_then(Value::as_array).is_some_and(|allowed| allowed.iter().any(names))
}
