//! `clawdbot sessions`: the conversations, newest first.

use std::process::ExitCode;

use anyhow::Result;
use protocol::Whole;
use protocol::sessions::List;
use protocol::sessions::list::{Params, Row};
use serde_json::json;

use super::status::age;
use crate::context::Context;
use crate::offline;
use crate::remote::{self, Reach};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// Only those of the last minutes
    #[arg(long, value_name = "MINUTES")]
    active: Option<u64>,
    #[command(flatten)]
    reach: Reach,
}

pub(crate) fn run(arguments: &Arguments, context: &Context) -> Result<ExitCode> {
    remote::block_on(async {
        let wanted = Params {
            active_minutes: arguments.active.map(Whole::try_from).transpose()?,
            include_global: Some(true),
            ..Params::default()
        };
        let rows: Vec<Row> = match remote::try_connect(context, &arguments.reach).await? {
            Some(client) => remote::call::<List>(&client, &arguments.reach, &wanted).await?.sessions.parse()?,
            None => offline::sessions(context, wanted).await?,
        };
        show(arguments, context, &rows);
        Ok(ExitCode::SUCCESS)
    })
}

fn show(arguments: &Arguments, context: &Context, rows: &[Row]) {
    let output = context.output.with_json(arguments.json);
    if output.json {
        let path = context.places.state.join("agents");
        output.value(&json!({"path": path, "count": rows.len(), "activeMinutes": arguments.active, "sessions": rows}));
        return;
    }
    if rows.is_empty() {
        output.line("There is no session yet.");
        return;
    }
    let now = u64::try_from(context.clock.now_ms()).unwrap_or(0);
    let told = rows.iter().map(|row| {
        [
            row.key.to_string(),
            row.updated_at.map_or_else(|| "-".to_owned(), |at| age(now.saturating_sub(at))),
            row.model.clone().unwrap_or_else(|| "-".to_owned()),
            row.total_tokens.map_or_else(|| "-".to_owned(), |tokens| tokens.to_string()),
        ]
    });
    output.table(["SESSION", "AGE", "MODEL", "TOKENS"], &told.collect::<Vec<_>>());
}
