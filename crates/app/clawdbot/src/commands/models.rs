//! `clawdbot models`: which models there are, and which is used.

use std::process::ExitCode;

use anyhow::{Context as _, Result, anyhow};
use clap::Subcommand;
use protocol::Method as _;
use protocol::models::List;
use protocol::models::list::{ModelChoice, Params, Reply};
use serde_json::json;
use serde_json::value::to_raw_value;

use crate::config::section;
use crate::context::Context;
use crate::local::Local;
use crate::remote::{self, Reach};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Print the models that can be chosen
    List(Wanted),
}

#[derive(Debug, clap::Args)]
struct Wanted {
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// Print names alone
    #[arg(long)]
    plain: bool,
    /// Every known model, not only those the config speaks of
    #[arg(long)]
    all: bool,
    /// Only those of one vendor
    #[arg(long, value_name = "NAME")]
    provider: Option<String>,
    #[command(flatten)]
    reach: Reach,
}

pub(crate) fn run(arguments: &Arguments, context: &Context) -> Result<ExitCode> {
    let Action::List(wanted) = &arguments.action;
    remote::block_on(async {
        let mut models = match remote::try_connect(context, &wanted.reach).await? {
            Some(client) => remote::call::<List>(&client, &wanted.reach, &Params {}).await?.models,
            None => from_config(context).await?,
        };
        let config: agent::Config = section(&context.config()?)?;
        let is_meant = |model: &ModelChoice| match &wanted.provider {
            Some(provider) => model.provider.as_str() == provider,
            None => wanted.all || is_configured(&config, model),
        };
        models.retain(is_meant);
        show(context, &config, &models, wanted)
    })
}

fn name(model: &ModelChoice) -> String {
    format!("{}/{}", model.provider.as_str(), model.id.as_str())
}

/// Whether the config speaks of it, in whatever place.
fn is_configured(config: &agent::Config, model: &ModelChoice) -> bool {
    let (full, defaults) = (name(model), &config.agents.defaults);
    let agents = config.agents.list.iter().filter_map(|agent| agent.model.as_ref());
    let mut choices = defaults.model.iter().chain(&defaults.image_model).chain(agents);
    let of_choice =
        |choice: &agent::Choice| choice.primary() == Some(full.as_str()) || choice.fallbacks().contains(&full);
    defaults.models.contains_key(&full)
        || config.models.providers.contains_key(model.provider.as_str())
        || choices.any(of_choice)
}

async fn from_config(context: &Context) -> Result<Vec<ModelChoice>> {
    let local = Local::on_nothing(context).await?;
    let answer = local.call(List::NAME, to_raw_value(&Params {})?).await.map_err(|error| anyhow!("{error}"))?;
    let reply: Reply = serde_json::from_str(answer.get()).context("the list cannot be read")?;
    Ok(reply.models)
}

fn show(context: &Context, config: &agent::Config, models: &[ModelChoice], wanted: &Wanted) -> Result<ExitCode> {
    let output = context.output.with_json(wanted.json);
    let chosen = config.agents.defaults.model.as_ref().and_then(agent::Choice::primary).unwrap_or_default();
    if output.json {
        let told = models.iter().map(|model| {
            let key = name(model);
            json!({
                "key": key, "name": model.name, "provider": model.provider, "contextWindow": model.context_window,
                "reasoning": model.reasoning, "input": model.input, "default": key == chosen,
            })
        });
        output.value(&json!({"count": models.len(), "models": told.collect::<Vec<_>>()}));
        return Ok(ExitCode::SUCCESS);
    }
    if wanted.plain {
        models.iter().for_each(|model| output.line(name(model)));
        return Ok(ExitCode::SUCCESS);
    }
    if models.is_empty() {
        output.line(agent::no_model_advice());
        return Ok(ExitCode::SUCCESS);
    }
    let told = models.iter().map(|model| {
        let key = name(model);
        let mark = if key == chosen { "used" } else { "" };
        let window = model.context_window.map_or_else(|| "-".to_owned(), |tokens| tokens.get().to_string());
        [key, window, model.input.as_ref().map(|input| input.join("+")).unwrap_or_default(), mark.to_owned()]
    });
    output.table(["MODEL", "CONTEXT", "INPUT", ""], &told.collect::<Vec<_>>());
    Ok(ExitCode::SUCCESS)
}
