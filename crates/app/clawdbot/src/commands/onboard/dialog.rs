//! The questions, for a person at a terminal. A wrong answer is told and asked for again.

use std::io::IsTerminal as _;
use std::process::ExitCode;

use anyhow::{Result, bail};

use super::apply::{self, Draft};
use super::find::{self, Found};
use super::network::{self, Checked};
use super::silence::Silence;
use super::{Answer, Arguments, Choice, Key, Wrong, prove, vendors};
use crate::context::Context;

/// What a person may choose besides what was found.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Picked {
    Found(usize),
    Else,
}

/// Asks until a model answers, then for a network, then says what to do next.
pub(super) async fn hold(arguments: &Arguments, context: &Context) -> Result<ExitCode> {
    if !std::io::stdin().is_terminal() || !std::io::stderr().is_terminal() {
        bail!("nobody is at the terminal: answer with flags and --non-interactive");
    }
    let _silence = Silence::keep()?;
    tokio::select! {
        ended = questions(arguments, context) => ended,
        // A key for a question; between questions it is a signal, and the terminal must speak again.
        interrupted = tokio::signal::ctrl_c() => {
            interrupted?;
            bail!("stopped; answers that were proved are kept")
        }
    }
}

async fn questions(arguments: &Arguments, context: &Context) -> Result<ExitCode> {
    cliclack::intro("clawdbot onboard")?;
    let spinner = cliclack::spinner();
    spinner.start("Looking for keys and model servers on this machine");
    let found = find::all(context, &arguments.ports).await;
    spinner.stop(match found.choices.len() {
        0 => "Nothing is set up on this machine yet".to_owned(),
        1 => "Found one model".to_owned(),
        count => format!("Found {count} models"),
    });
    let choice = model(arguments, context, &found).await?;
    let network = if arguments.skip_channels { None } else { bot(arguments, context).await? };
    apply::write(context, arguments, &choice, network.as_ref())?;
    let reached = network.map(|network| format!(" Write to {} on {}.", network.name, network.label));
    cliclack::outro(format!("Done. Start the gateway with `clawdbot gateway`.{}", reached.unwrap_or_default()))?;
    Ok(ExitCode::SUCCESS)
}

/// The first and the second question.
async fn model(arguments: &Arguments, context: &Context, found: &Found) -> Result<Choice> {
    let mut again = None;
    loop {
        let choice = match again.take() {
            // The same question, not the first one once more.
            Some(Answer::Key | Answer::Server) => Some(key_or_server(arguments).await),
            _ => pick(found)?.map(|choice| Ok(Some(choice))),
        };
        let choice = match choice {
            Some(choice) => choice,
            None => key_or_server(arguments).await,
        };
        let choice = match choice {
            // Nothing was given: back to the list.
            Ok(None) => continue,
            Ok(Some(choice)) => Ok(choice),
            Err(error) => Err(error),
        };
        let tried = match choice {
            Ok(choice) => try_out(arguments, context, choice).await,
            Err(error) => Err(error),
        };
        match tried {
            Ok(choice) => return Ok(choice),
            Err(error) => {
                let Some(wrong) = error.downcast_ref::<Wrong>() else { return Err(error) };
                cliclack::log::error(&wrong.message)?;
                // A key of the environment cannot be mended here: choose anew.
                again = Some(wrong.answer);
            }
        }
    }
}

/// What was found, as a list to choose from; `None` for something else.
fn pick(found: &Found) -> Result<Option<Choice>> {
    if found.choices.is_empty() {
        return Ok(None);
    }
    let mut select = cliclack::select("Which model should I think with?");
    for (index, choice) in found.choices.iter().enumerate() {
        let hint = match &choice.key {
            Key::Environment(name) => format!("key in {name}"),
            Key::None | Key::Given(_) => String::new(),
        };
        select = select.item(Picked::Found(index), &choice.label, hint);
    }
    select = select.item(Picked::Else, "Another one", "with a key, or on a server");
    Ok(match select.interact()? {
        Picked::Found(index) => found.choices.get(index).cloned(),
        Picked::Else => None,
    })
}

/// A key or an address; `None` where nothing was given.
async fn key_or_server(arguments: &Arguments) -> Result<Option<Choice>> {
    let names: Vec<&str> = vendors::all().map(|vendor| vendor.label).collect();
    let question = format!("A key ({}), or the address of a model server", names.join(", "));
    let given: String = cliclack::password(question).mask('•').allow_empty().interact()?;
    let given = given.trim();
    if given.is_empty() {
        return Ok(None);
    }
    let model = arguments.model.as_deref();
    if given.starts_with("http://") || given.starts_with("https://") {
        find::server(given, None, model).await.map(Some)
    } else {
        vendors::by_key(given, model).map(Some)
    }
}

/// Asks the model, and writes the choice when it answers.
async fn try_out(arguments: &Arguments, context: &Context, choice: Choice) -> Result<Choice> {
    let draft = Draft::of(context)?;
    apply::write(&draft.context, arguments, &choice, None)?;
    let spinner = cliclack::spinner();
    spinner.start(format!("Asking {}", choice.model));
    match prove::answer(&draft.context, &choice).await {
        Ok(said) => {
            spinner.stop(format!("{} answers: {said}", choice.model));
            apply::keep_key(&draft.context, &choice).await?;
            apply::write(context, arguments, &choice, None)?;
            Ok(choice)
        }
        Err(error) => {
            spinner.stop(format!("{} does not answer", choice.model));
            Err(error)
        }
    }
}

/// The third question.
async fn bot(arguments: &Arguments, context: &Context) -> Result<Option<Checked>> {
    let label = network::network(arguments.channel.as_deref())?.descriptor().label;
    loop {
        let question = format!("The token of a {label} bot, or nothing to go on without one");
        let token: String = cliclack::password(question).mask('•').allow_empty().interact()?;
        if token.trim().is_empty() {
            return Ok(None);
        }
        let spinner = cliclack::spinner();
        spinner.start(format!("Asking {label}"));
        match network::check(context, arguments.channel.as_deref(), &token).await {
            Ok(checked) => {
                spinner.stop(format!("{label} knows the bot as {}", checked.name));
                return Ok(Some(checked));
            }
            Err(error) => {
                spinner.stop(format!("{label} says no"));
                let Some(wrong) = error.downcast_ref::<Wrong>() else { return Err(error) };
                cliclack::log::error(&wrong.message)?;
            }
        }
    }
}
