//! `clawdbot channels`: the networks and how their accounts are.

use std::process::ExitCode;

use anyhow::Result;
use clap::Subcommand;
use protocol::Whole;
use protocol::channels::Status;
use protocol::channels::status::{AccountSnapshot, Params, Reply};
use serde_json::{Value, json};

use crate::adapters;
use crate::channels::accounts;
use crate::context::Context;
use crate::remote::{self, Reach};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Say how every account is
    Status {
        /// Print JSON
        #[arg(long)]
        json: bool,
        /// Ask the networks now
        #[arg(long)]
        probe: bool,
        #[command(flatten)]
        reach: Reach,
    },
}

pub(crate) fn run(arguments: &Arguments, context: &Context) -> Result<ExitCode> {
    let Action::Status { json, probe, reach } = &arguments.action;
    remote::block_on(async {
        match remote::try_connect(context, reach).await? {
            Some(client) => {
                let params = Params { probe: probe.then_some(true), timeout_ms: Whole::try_from(reach.timeout).ok() };
                let patient = Reach { timeout: reach.timeout.saturating_add(2_000), ..reach.clone() };
                online(context, &remote::call::<Status>(&client, &patient, &params).await?, *json);
            }
            None => without_gateway(context, *json)?,
        }
        Ok(ExitCode::SUCCESS)
    })
}

fn online(context: &Context, reply: &Reply, json: bool) {
    let output = context.output.with_json(json);
    if output.json {
        output.value(reply);
        return;
    }
    for kind in &reply.channel_order {
        let label = reply.channel_labels.get(kind.as_str()).map_or(kind.as_str(), |label| label.as_str());
        let accounts = reply.channel_accounts.get(kind.as_str()).map(Vec::as_slice).unwrap_or_default();
        if accounts.is_empty() {
            output.line(format!("{label}: not set up"));
        }
        for account in accounts {
            output.line(format!("{label} {}: {}", account.account_id, told(account)));
        }
    }
}

fn told(account: &AccountSnapshot) -> String {
    let facts = serde_json::to_value(account).unwrap_or_default();
    let is = |name: &str| facts.get(name).and_then(Value::as_bool).unwrap_or(false);
    let text = |name: &str| facts.get(name).and_then(Value::as_str).map(|text| format!(" ({text})"));
    let state = match (is("enabled"), is("configured"), is("running")) {
        (false, _, _) => "switched off",
        (_, false, _) => "lacks what it needs to connect",
        (_, _, true) => "connected",
        (_, _, false) => "not connected",
    };
    format!("{state}{}", text("lastError").unwrap_or_default())
}

fn without_gateway(context: &Context, json: bool) -> Result<()> {
    let snapshot = context.config()?;
    let output = context.output.with_json(json);
    let mut all = Vec::new();
    for network in adapters::channels() {
        let label = network.descriptor().label;
        let found = accounts(network.as_ref(), &snapshot.effective, &context.environment).unwrap_or_default();
        for account in found {
            let state = match (account.enabled(), account.is_configured()) {
                (false, _) => "switched off",
                (true, false) => "lacks what it needs to connect",
                (true, true) => "set up; no gateway is running",
            };
            all.push(json!({"channel": network.descriptor().kind, "accountId": account.id(),
                "enabled": account.enabled(), "configured": account.is_configured(), "running": false}));
            if !output.json {
                output.line(format!("{label} {}: {state}", account.id()));
            }
        }
    }
    if output.json {
        output.value(&json!({"gatewayRunning": false, "accounts": all}));
    } else if all.is_empty() {
        output.line("No network is set up; `clawdbot onboard` does it.");
    }
    Ok(())
}
