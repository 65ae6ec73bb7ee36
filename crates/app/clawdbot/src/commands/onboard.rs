//! `clawdbot onboard`: from nothing to a model that answers, and a network that reaches it.
//!
//! Asks at most three things: which model, a key if that model needs one, and a bot's token. Every answer is tried
//! before it is kept; a wrong one is asked for again. With `--non-interactive` the flags are the answers.

mod apply; // answers into the config
mod dialog; // the questions
mod find; // what is here already
mod network; // is this token good
mod prove; // does this model answer
mod silence; // nobody types a key onto the screen
mod vendors; // whose keys we know

use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::Args;
use serde_json::{Value, json};

use crate::context::Context;
use crate::remote;
use apply::Draft;
use find::{Found, Ports};

pub(crate) use find::Listed;

#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub(crate) struct Arguments {
    /// Ask nothing: the flags are the answers
    #[arg(long)]
    non_interactive: bool,
    /// Print the result as JSON
    #[arg(long)]
    json: bool,
    /// The model, as provider/model
    #[arg(long, value_name = "PROVIDER/MODEL")]
    model: Option<String>,
    /// A key of whatever vendor
    #[arg(long, value_name = "KEY")]
    api_key: Option<String>,
    /// Another name for --api-key
    #[arg(long, value_name = "KEY", hide = true)]
    anthropic_api_key: Option<String>,
    /// Another name for --api-key
    #[arg(long, value_name = "KEY", hide = true)]
    openai_api_key: Option<String>,
    /// Another name for --api-key
    #[arg(long, value_name = "KEY", hide = true)]
    openrouter_api_key: Option<String>,
    /// The address of a model server
    #[arg(long, value_name = "URL")]
    base_url: Option<String>,
    /// The token of a bot
    #[arg(long, value_name = "TOKEN")]
    bot_token: Option<String>,
    /// The network of that bot
    #[arg(long, value_name = "KIND")]
    channel: Option<String>,
    /// The folder the agent works in
    #[arg(long, value_name = "FOLDER")]
    workspace: Option<String>,
    /// The gateway's port
    #[arg(long, value_name = "PORT")]
    gateway_port: Option<u16>,
    /// The token that clients must show
    #[arg(long, value_name = "TOKEN")]
    gateway_token: Option<String>,
    /// Leave networks as they are
    #[arg(long)]
    skip_channels: bool,
    #[command(flatten)]
    ports: Ports,
    /// Taken for scripts written for 2026.1.24; says nothing here
    #[arg(long, hide = true)]
    accept_risk: bool,
    /// Taken for scripts written for 2026.1.24; says nothing here
    #[arg(long, hide = true, value_name = "FLOW")]
    flow: Option<String>,
    /// Taken for scripts written for 2026.1.24; `local` is all there is
    #[arg(long, hide = true, value_name = "MODE")]
    mode: Option<String>,
    /// Taken for scripts written for 2026.1.24; nothing is installed here
    #[arg(long, hide = true)]
    skip_daemon: bool,
}

/// How the agent is to think.
#[derive(Debug, Clone)]
pub(super) struct Choice {
    /// `provider/model`.
    pub(super) model: String,
    /// For people.
    pub(super) label: String,
    pub(super) key: Key,
    /// The entry under `models.providers`, where the model needs one.
    pub(super) entry: Option<Value>,
}

/// What opens a model.
#[derive(Debug, Clone)]
pub(super) enum Key {
    /// Nothing is asked for.
    None,
    /// It is in the environment, under this name.
    Environment(String),
    /// The person gave it.
    Given(stdx::Secret),
}

/// Why an answer cannot be used: which one, and what is wrong with it.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub(super) struct Wrong {
    pub(super) answer: Answer,
    pub(super) message: String,
}

/// What can be answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    Model,
    Key,
    Server,
    BotToken,
}

impl Answer {
    const fn flag(self) -> &'static str {
        match self {
            Self::Model => "--model",
            Self::Key => "--api-key",
            Self::Server => "--base-url",
            Self::BotToken => "--bot-token",
        }
    }
}

pub(crate) fn run(arguments: &Arguments, context: &Context) -> Result<ExitCode> {
    let snapshot = context.config_file().load();
    if !snapshot.is_valid() {
        bail!("the config {} is not valid; mend it first:\n{}", snapshot.path, snapshot.issues);
    }
    remote::block_on(async {
        if arguments.non_interactive {
            from_flags(arguments, context).await
        } else {
            dialog::hold(arguments, context).await
        }
    })
}

async fn from_flags(arguments: &Arguments, context: &Context) -> Result<ExitCode> {
    let output = context.output.with_json(arguments.json);
    match answer_from_flags(arguments, context).await {
        Ok(done) => {
            if output.json {
                output.value(&done);
            } else {
                output.line(told(&done));
            }
            Ok(ExitCode::SUCCESS)
        }
        Err(error) => {
            let Some(wrong) = error.downcast_ref::<Wrong>().filter(|_| output.json) else { return Err(error) };
            let flag = wrong.answer.flag();
            output.value(&json!({"ok": false, "error": {"flag": flag, "message": wrong.message}}));
            Ok(ExitCode::FAILURE)
        }
    }
}

async fn answer_from_flags(arguments: &Arguments, context: &Context) -> Result<Value> {
    let found = find::all(context, &arguments.ports).await;
    let choice = choose(arguments, &found).await?;
    let network = match (&arguments.bot_token, arguments.skip_channels) {
        (Some(token), false) => Some(network::check(context, arguments.channel.as_deref(), token).await?),
        _ => None,
    };
    let draft = Draft::of(context)?;
    apply::write(&draft.context, arguments, &choice, network.as_ref())?;
    let said = prove::answer(&draft.context, &choice).await?;
    apply::keep_key(&draft.context, &choice).await?;
    apply::write(context, arguments, &choice, network.as_ref())?;
    Ok(summary(context, &choice, network.as_ref(), &said))
}

/// The model that the flags name, else the first that was found.
async fn choose(arguments: &Arguments, found: &Found) -> Result<Choice> {
    let given = [&arguments.api_key, &arguments.anthropic_api_key, &arguments.openai_api_key];
    let key = given.into_iter().chain([&arguments.openrouter_api_key]).flatten().next();
    let choice = match (&arguments.base_url, key) {
        (Some(url), key) => find::server(url, key.map(String::as_str), arguments.model.as_deref()).await?,
        (None, Some(key)) => vendors::by_key(key, arguments.model.as_deref())?,
        (None, None) => found.choice(arguments.model.as_deref())?,
    };
    Ok(choice)
}

fn summary(context: &Context, choice: &Choice, network: Option<&network::Checked>, said: &str) -> Value {
    json!({
        "ok": true,
        "config": context.places.config,
        "model": choice.model,
        "answer": said,
        "channel": network.map(|network| json!({"kind": network.kind, "name": network.name})),
    })
}

fn told(done: &Value) -> String {
    let text = |name: &str| done.get(name).and_then(Value::as_str).unwrap_or_default();
    format!("{} answers: {:?}. The config is {}.", text("model"), text("answer"), text("config"))
}
