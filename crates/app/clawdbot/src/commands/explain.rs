//! `clawdbot explain`: what became of a message, step by step.

use std::process::ExitCode;

use anyhow::Result;
use audit::{Question, Scope};
use ids::{ChannelKind, SessionKey};
use protocol::Text;
use protocol::journal::Explain;
use protocol::journal::explain::{Params, Reply, Step};
use serde_json::value::to_raw_value;

use crate::context::Context;
use crate::logging::iso;
use crate::offline;
use crate::remote::{self, Reach};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// A message's id or its beginning, a run's id, `last`, or <channel>[/<account>]:<peer>:<message>
    #[arg(default_value = "last")]
    message: String,
    /// With `last`: the last of this session
    #[arg(long, value_name = "KEY")]
    session: Option<SessionKey>,
    /// With `last`: the last of this network
    #[arg(long)]
    channel: Option<ChannelKind>,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    reach: Reach,
}

pub(crate) fn run(arguments: &Arguments, context: &Context) -> Result<ExitCode> {
    remote::block_on(async {
        let reply = match remote::try_connect(context, &arguments.reach).await? {
            Some(client) => {
                let params = Params {
                    event: Text::new(arguments.message.clone()),
                    session: arguments.session.clone(),
                    channel: arguments.channel.clone(),
                };
                remote::call::<Explain>(&client, &arguments.reach, &params).await?
            }
            None => from_files(arguments, context).await?,
        };
        show(arguments, context, &reply);
        Ok(ExitCode::SUCCESS)
    })
}

async fn from_files(arguments: &Arguments, context: &Context) -> Result<Reply> {
    let question = match arguments.message.parse::<Question>()? {
        Question::Last(_) => Question::Last(Scope {
            session: arguments.session.as_ref().map(ToString::to_string),
            channel: arguments.channel.as_ref().map(ToString::to_string),
        }),
        question => question,
    };
    let found = offline::explain(context, question).await?;
    let steps = found.steps.into_iter().map(|(fact, text)| Step {
        at: fact.at.unsigned_abs(),
        kind: fact.kind,
        text,
        details: to_raw_value(&fact.body).ok(),
    });
    Ok(Reply { event: found.id, complete: found.complete, steps: steps.collect() })
}

fn show(arguments: &Arguments, context: &Context, reply: &Reply) {
    let output = context.output.with_json(arguments.json);
    if output.json {
        output.value(reply);
        return;
    }
    output.line(output.strong(&reply.event));
    for step in &reply.steps {
        let at = iso(i64::try_from(step.at).unwrap_or(0));
        output.line(format!("{}  {}", output.faint(&at), step.text));
    }
    if !reply.complete {
        output.line("It is not over yet.");
    }
}
