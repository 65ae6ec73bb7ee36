//! `clawdbot dashboard`: the page's address, with a fresh code that opens it once.

use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use net::{Egress, Http, HttpConfig, Request};
use serde_json::{Value, json};

use crate::config::{GatewaySection, section};
use crate::context::Context;
use crate::page::LINK_PATH;
use crate::remote;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// Print the address and open nothing (this command never does)
    #[arg(long)]
    no_open: bool,
}

pub(crate) fn run(arguments: &Arguments, context: &Context) -> Result<ExitCode> {
    remote::block_on(async {
        let gateway: GatewaySection = section(&context.config()?)?;
        let shared = context.shared(&gateway);
        let port = context.port(&gateway)?;
        let mut request = Request::post(Egress::Configured, &format!("http://127.0.0.1:{port}{LINK_PATH}"));
        if let Some(secret) = shared.token.or(shared.password) {
            request = request.bearer(secret.expose());
        }
        let answer = Http::new(HttpConfig::default()).send(request).await;
        let answer = answer.context("no gateway is running here; start one with `clawdbot gateway`")?;
        if !answer.is_success() {
            bail!("the gateway gives no link: it answered {}", answer.status());
        }
        let body = answer.bytes(64 * 1024).await?;
        let body: Value = serde_json::from_slice(&body)?;
        let url = body.get("url").and_then(Value::as_str).context("the gateway gave no address")?;
        let output = context.output.with_json(arguments.json);
        if output.json {
            output.value(&json!({"url": url}));
        } else {
            output.line(url);
        }
        Ok(ExitCode::SUCCESS)
    })
}
