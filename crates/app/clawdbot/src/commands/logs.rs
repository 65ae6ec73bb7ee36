//! `clawdbot logs`: the end of the log, and what is added to it.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;
use protocol::Whole;
use protocol::logs::Tail;
use protocol::logs::tail::{Params, Reply};
use serde_json::{Value, json};

use crate::config::{LoggingSection, section};
use crate::context::Context;
use crate::methods::{LogPlace, read_log};
use crate::output::Output;
use crate::remote::{self, Reach};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Lines at most
    #[arg(long, default_value_t = 200)]
    limit: u64,
    /// Bytes at most
    #[arg(long, value_name = "BYTES", default_value_t = 250_000)]
    max_bytes: u64,
    /// Go on with what is added
    #[arg(long)]
    follow: bool,
    /// Milliseconds between two looks
    #[arg(long, value_name = "MS", default_value_t = 1_000)]
    interval: u64,
    /// Print lines as they are written
    #[arg(long)]
    json: bool,
    /// Print without colours
    #[arg(long)]
    plain: bool,
    #[command(flatten)]
    reach: Reach,
}

pub(crate) fn run(arguments: &Arguments, context: &Context) -> Result<ExitCode> {
    remote::block_on(async {
        let client = remote::try_connect(context, &arguments.reach).await?;
        let place = LogPlace::new(context.places.logs(), &logging(context));
        let mut output = context.output.with_json(arguments.json);
        output.color &= !arguments.plain;
        let mut cursor = None;
        loop {
            let params = Params {
                cursor: cursor.map(Whole::try_from).transpose()?,
                limit: Some(arguments.limit.clamp(1, 5_000).try_into()?),
                max_bytes: Some(arguments.max_bytes.clamp(1, 1_000_000).try_into()?),
            };
            let reply: Reply = match &client {
                Some(client) => remote::call::<Tail>(client, &arguments.reach, &params).await?,
                None => read_log(&place, &params)?,
            };
            show(output, &reply, cursor.is_none());
            cursor = Some(reply.cursor);
            if !arguments.follow {
                return Ok(ExitCode::SUCCESS);
            }
            tokio::time::sleep(Duration::from_millis(arguments.interval.max(50))).await;
        }
    })
}

/// What a broken config says of the log is still worth more than nothing.
fn logging(context: &Context) -> LoggingSection {
    section(&context.config_file().load()).unwrap_or_default()
}

fn show(output: Output, reply: &Reply, is_first: bool) {
    if output.json && is_first {
        let meta = json!({"type": "meta", "file": reply.file, "cursor": reply.cursor, "size": reply.size});
        output.line(meta.to_string());
    }
    for line in &reply.lines {
        output.line(if output.json { line.clone() } else { told(output, line) });
    }
}

/// A line for people; one that is not ours stays as it is.
fn told(output: Output, line: &str) -> String {
    let Ok(parsed) = serde_json::from_str::<Value>(line) else { return line.to_owned() };
    let text = |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or_default().to_owned();
    let meta = parsed.get("_meta");
    let name = text(parsed.get("0"));
    let subsystem = serde_json::from_str::<Value>(&name).ok().map(|name| text(name.get("subsystem")));
    let fields = parsed.get("2").and_then(Value::as_object).map(|fields| {
        let shown = fields.iter().map(|(name, value)| match value {
            Value::String(text) => format!(" {name}={text}"),
            other => format!(" {name}={other}"),
        });
        shown.collect::<String>()
    });
    format!(
        "{} {:5} {} {}{}",
        output.faint(&text(parsed.get("time"))),
        text(meta.and_then(|meta| meta.get("logLevelName"))),
        output.strong(&subsystem.unwrap_or_default()),
        text(parsed.get("1")),
        output.faint(&fields.unwrap_or_default()),
    )
}
