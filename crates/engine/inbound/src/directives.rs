//! What commands do, and what they answer.

mod texts;

use ids::SessionKey;
use lanes::{QueueMode, StopCause};
use provider::{ModelRef, Thinking};
use sessions::Record;

use crate::{Activation, Directive, InboundError, allowlist, directive::Level, intake::Inner};

pub(crate) use texts::GREETING;
pub use texts::{COMMANDS, NOT_COMPACTED};

/// Who gave the command, and where.
#[derive(Debug, Clone)]
pub(crate) struct Given {
    pub(crate) key: SessionKey,
    /// The answer to `/whoami`.
    pub(crate) who: String,
    /// The session that keeps the settings of the whole group, when it was given in one.
    pub(crate) group: Option<SessionKey>,
    pub(crate) by: allowlist::By,
}

/// What follows from a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Answer {
    Say(String),
    /// The session starts over and this text is its first turn.
    StartOver(String),
}

/// Carries a command out.
pub(crate) async fn carry_out(inner: &Inner, given: &Given, directive: Directive) -> Result<Answer, InboundError> {
    let key = &given.key;
    Ok(Answer::Say(match directive {
        Directive::Help => texts::HELP.to_owned(),
        Directive::Commands => texts::commands(),
        Directive::Status => inner.conversation.card(key.clone()).await,
        Directive::WhoAmI => given.who.clone(),
        Directive::New { rest } => {
            let text = if rest.is_empty() { GREETING.to_owned() } else { rest };
            return Ok(Answer::StartOver(text));
        }
        Directive::Stop => stop(inner, key).await,
        Directive::Compact { instructions } => inner
            .conversation
            .compact(key.clone(), instructions)
            .await
            .unwrap_or_else(|why| format!("{}{why}", texts::NOT_COMPACTED)),
        Directive::Think(Level::Set(level)) => {
            let model = inner.conversation.model(key.clone()).await;
            let takes_xhigh = model.parse::<ModelRef>().is_ok_and(|model| model.takes_xhigh());
            match level {
                Thinking::Xhigh if !takes_xhigh => format!("Thinking level unchanged: {}.", Thinking::xhigh_hint()),
                level => {
                    set(inner, key, "thinkingLevel", Some(level.as_str())).await?;
                    match level {
                        Thinking::Off => "Thinking disabled.".to_owned(),
                        level => format!("Thinking level set to {}.", level.as_str()),
                    }
                }
            }
        }
        Directive::Think(other) => shown(inner, key, &other, &THINK).await?,
        Directive::Verbose(Level::Set(level)) => {
            set(inner, key, "verboseLevel", Some(level)).await?;
            format!("Verbose: {level}.")
        }
        Directive::Verbose(other) => shown(inner, key, &other, &VERBOSE).await?,
        Directive::Reasoning(Level::Set(level)) => {
            set(inner, key, "reasoningLevel", (level != "off").then_some(level)).await?;
            format!("Reasoning: {level}.")
        }
        Directive::Reasoning(other) => shown(inner, key, &other, &REASONING).await?,
        Directive::Usage(level) => usage(inner, key, level).await?,
        Directive::Model { word: None } => {
            format!("Current: {}\n\nSwitch: /model <provider/model>", inner.conversation.model(key.clone()).await)
        }
        Directive::Model { word: Some(word) } => {
            let chosen = inner.conversation.choose_model(key.clone(), word).await;
            chosen.map_or_else(|why| format!("⚠️ {why}"), |model| format!("Model set to {model}."))
        }
        Directive::Queue { mode } => queue(inner, key, mode).await?,
        Directive::Activation(level) => activation(inner, given, level).await?,
        Directive::Allowlist { words } => allowlist::carry_out(inner, &given.by, words).await,
    }))
}

/// The line below answers: chosen, or the next one in turn. `cost` only asks.
async fn usage(inner: &Inner, key: &SessionKey, level: Level<&'static str>) -> Result<String, InboundError> {
    let chosen = match level {
        Level::Set("cost") => return Ok(inner.conversation.cost(key.clone()).await),
        Level::Set(mode) => mode,
        Level::Show => {
            let record = inner.sessions.find(key).await?;
            match record.and_then(|record| record.text("responseUsage")).as_deref() {
                None | Some("off") => "tokens",
                Some("full") => "off",
                Some(_) => "full",
            }
        }
        Level::Unknown(word) => {
            return Ok(format!("“{word}” is no usage mode. There are: {}.", texts::USAGE_MODES));
        }
    };
    set(inner, key, "responseUsage", (chosen != "off").then_some(chosen)).await?;
    Ok(format!("Usage below answers: {chosen}."))
}

async fn stop(inner: &Inner, key: &SessionKey) -> String {
    let stopped = inner.lanes.stop_session(key.clone(), StopCause::Stop).await;
    if stopped.is_empty() { "Nothing is running.".to_owned() } else { "⚙️ Agent was aborted.".to_owned() }
}

/// A setting that a session keeps.
struct Setting {
    name: &'static str,
    field: &'static str,
    standard: &'static str,
    options: &'static str,
}

const THINK: Setting =
    Setting { name: "thinking level", field: "thinkingLevel", standard: "default", options: texts::THINK_LEVELS };
const VERBOSE: Setting =
    Setting { name: "verbose level", field: "verboseLevel", standard: "off", options: texts::VERBOSE_LEVELS };
const ACTIVATION: Setting =
    Setting { name: "activation", field: "groupActivation", standard: "default", options: Activation::WORDS };
const REASONING: Setting =
    Setting { name: "reasoning level", field: "reasoningLevel", standard: "off", options: texts::REASONING_LEVELS };

async fn shown<T>(
    inner: &Inner,
    key: &SessionKey,
    level: &Level<T>,
    setting: &Setting,
) -> Result<String, InboundError> {
    let Setting { name, field, standard, options } = setting;
    if let Level::Unknown(word) = level {
        return Ok(format!("“{word}” is no {name}. There are: {options}."));
    }
    let record = inner.sessions.find(key).await?;
    let now = record.and_then(|record| record.text(field)).unwrap_or_else(|| (*standard).to_owned());
    Ok(format!("Current {name}: {now}.\nOptions: {options}."))
}

async fn set(
    inner: &Inner,
    key: &SessionKey,
    field: &'static str,
    value: Option<&'static str>,
) -> Result<(), InboundError> {
    let change = move |_: &store::Tx<'_>, record: &mut Record| {
        record.put(field, value);
        Ok(())
    };
    inner.sessions.change(key, change).await?;
    Ok(())
}

async fn queue(inner: &Inner, key: &SessionKey, word: Option<String>) -> Result<String, InboundError> {
    let (waiting, _) = inner.lanes.depth(key.clone()).await;
    let Some(word) = word else {
        let record = inner.sessions.find(key).await?;
        let mode = record.and_then(|record| record.text("queueMode")).unwrap_or_else(|| "default".to_owned());
        return Ok(format!("Queue: {mode} (depth {waiting}).\nModes: {}.", texts::QUEUE_MODES));
    };
    let first = word.split_whitespace().next().unwrap_or_default().to_owned();
    if matches!(first.as_str(), "default" | "reset" | "clear") {
        set(inner, key, "queueMode", None).await?;
        return Ok("Queue mode is the default again.".to_owned());
    }
    let stored = match QueueMode::from_word(&first) {
        None => return Ok(format!("“{first}” is no queue mode. There are: {}.", texts::QUEUE_MODES)),
        Some(QueueMode::Collect) => "collect",
        Some(QueueMode::Followup) => "followup",
        Some(QueueMode::Steer) => "steer",
        Some(QueueMode::SteerBacklog) => "steer-backlog",
        Some(QueueMode::Interrupt) => "interrupt",
    };
    set(inner, key, "queueMode", Some(stored)).await?;
    Ok(format!("Queue mode set to {stored}."))
}

async fn activation(inner: &Inner, given: &Given, level: Level<Activation>) -> Result<String, InboundError> {
    let Some(group) = &given.group else {
        return Ok("Activation is a matter of groups; in a direct chat I always answer.".to_owned());
    };
    let Level::Set(chosen) = level else { return shown(inner, group, &level, &ACTIVATION).await };
    set(inner, group, ACTIVATION.field, Some(chosen.as_str())).await?;
    if *group != given.key {
        set(inner, &given.key, ACTIVATION.field, None).await?;
    }
    Ok(format!("Activation set to {}.", chosen.as_str()))
}
