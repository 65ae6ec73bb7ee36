//! Everything before the first call: the session, the model, the tools, and the first commit.

use std::sync::Arc;

use budget::{Refusal, Reservation};
use ids::SessionId;
use lanes::{Committed, ReplyTo, RunContext, RunEvent, RunOutcome, RunStart, StopCause};
use provider::{Model, Thinking};
use serde::Deserialize;
use serde_json::json;
use serde_json::value::to_raw_value;
use sessions::{Body, Fresh, History, NewEntry, Opened, Opening, Record};
use stdx::{CancellationToken, OwnedTask};
use tool::Origin;

use super::batch::{Batch, Step};
use super::pin::Pin;
use super::{Halt, Run, Shown, ToolsShown, UsageShown};
use crate::agents::{Inner, thinking_default};
use crate::config::Config;
use crate::runs::{self, RowChange};
use crate::tool_call::gate::Standing;
use crate::{advice, context};

impl Run {
    /// Opens the session and gathers what the run needs.
    ///
    /// # Errors
    /// The outcome of a run that cannot even begin; it is committed as far as the store allows.
    pub(super) async fn open(agents: Arc<Inner>, start: RunStart, cx: RunContext) -> Result<Self, RunOutcome> {
        let turn = &start.turn;
        let config = agents.parts.config.get();
        let channel = match &turn.reply {
            ReplyTo::Channel { channel, .. } => Some(channel.to_string()),
            ReplyTo::Operators => None,
        };
        let opening = Opening { channel, workspace: agents.workspace(&config, &turn.agent), fresh: Fresh::Keep };
        let opened = match agents.parts.sessions.open(&turn.key, opening).await {
            Ok(opened) => opened,
            Err(error) => {
                tracing::error!(run = %start.run(), %error, "a session could not be opened");
                return Err(cannot_begin(&agents, &start, &cx, advice::storage(&error)).await);
            }
        };
        if turn.options.resume && !has_words(&agents, &start, opened.session.id()).await {
            return Err(cannot_begin(&agents, &start, &cx, advice::STARTED_OVER.to_owned()).await);
        }
        Ok(Self::ready(agents, start, cx, opened))
    }

    /// Everything that is decided before the first commit.
    fn ready(agents: Arc<Inner>, start: RunStart, cx: RunContext, opened: Opened) -> Self {
        let Opened { session, record, .. } = opened;
        let (config, turn) = (agents.parts.config.get(), &start.turn);
        let tools_config = agents.parts.tools_config.get();
        let has_images = turn.files.iter().any(|file| file.mime.starts_with("image/"));
        let chain = agents.chain(&config, &turn.agent, chosen(&record).as_deref(), has_images);
        let default_model = agents.chain(&config, &turn.agent, None, false);
        let default_model = default_model.first().map(|model| match model {
            Ok(model) => model.reference.to_string(),
            Err(unusable) => unusable.name.clone(),
        });
        let standing = standing(&agents, &config, &start, chain.iter().find_map(|model| model.as_ref().ok()));
        let offer = agents.tools.offer(&standing.facts(), &turn.reply, &tools_config);
        let thinking = turn.options.thinking.or_else(|| record.get::<Level>("thinkingLevel").and_then(|level| level.0));
        let verbose = record.text("verboseLevel").or_else(|| config.agents.defaults.verbose_default.clone());
        Self {
            session,
            chain,
            at: 0,
            profiles: None,
            pin: Pin::of(&record),
            is_new_session: record.get::<bool>("systemSent") != Some(true),
            compactions_before: record.get("compactionCount").unwrap_or(0),
            standing,
            offer,
            thinking,
            level_taken: None,
            system: None,
            turns_sent: agents.parts.limits.turns(&start.turn.key),
            after_abort: record.get::<bool>("abortedLastRun") == Some(true),
            shown: shown(&record, verbose.as_deref(), turn.is_trusted()),
            verbose_tools: matches!(verbose.as_deref(), Some("on" | "full")),
            default_model: default_model.unwrap_or_default(),
            reservation: None,
            facts: Vec::new(),
            context: None,
            compactions: 0,
            texts: Vec::new(),
            usage: provider::Usage::default(),
            answered: None,
            failovers: Vec::new(),
            config,
            tools_config,
            agents,
            start: Arc::new(start),
            stop: cx.stop,
            steer: cx.steer,
            sinks: cx.sinks,
        }
    }

    /// Ends the run when its time is over.
    pub(super) fn timer(&self) -> OwnedTask {
        let limit = self.start.turn.options.timeout.unwrap_or_else(|| self.config.timeout());
        let stop = self.stop.clone();
        OwnedTask::spawn(&CancellationToken::new(), |cancel| async move {
            tokio::select! {
                biased;
                () = tokio::time::sleep(limit) => stop.stop(StopCause::Timeout),
                () = cancel.cancelled() => {}
            }
        })
    }

    /// The first commit: the run's row, the person's words, the worst case of the first call.
    pub(super) async fn begin(&mut self) -> Result<(), Halt> {
        let start = Arc::clone(&self.start);
        let turn = &start.turn;
        let resume = turn.options.resume;
        let history = self.history().await?;
        let model = self.model();
        let mut batch = Batch::default();
        batch.row.push({
            let session = self.session.id().clone();
            if resume { RowChange::Reopen(session) } else { RowChange::Open(session) }
        });
        let name = model.as_ref().map(|model| model.reference.to_string());
        batch.facts.push(("run.began", json!({ "session": turn.key, "model": name, "resumed": resume })));
        let mut own = None;
        if !resume {
            if let Some(model) = &model {
                self.announce(&mut batch, &history, model);
            }
            if self.is_new_session {
                self.note(&mut batch, "session", format!("🧭 New session: {}", self.session.id()));
            }
            own = Some(batch.entries.len());
            batch.entries.push(self.user_entry(turn, self.after_abort.then_some(sessions::AFTER_ABORT)));
        }
        let bytes = context::weight_of_history(&context::latest(history, self.turns_sent))
            + turn.text.len()
            + self.fixed_weight();
        batch.steps.push(Step::Started { entry: own });
        let now_ms = self.now_ms();
        batch.record.push(Box::new(move |record| {
            record.set("systemSent", &true);
            record.set("abortedLastRun", &false);
            record.touch(now_ms);
        }));
        batch.reserve = model.as_ref().map(|model| (Arc::clone(model), self.worst(model, bytes)));
        self.context = Some(context::tokens(bytes));
        let reserved = self.commit(batch).await?.reserved;
        let (verbose_tools, reasoning) = (self.verbose_tools, self.shown.reasoning);
        self.tell(&RunEvent::Started { at: self.start.at, verbose_tools, reasoning });
        self.hold(model, reserved)?;
        if resume { self.resume_calls().await } else { Ok(()) }
    }

    /// Keeps what was reserved for the next call.
    ///
    /// # Errors
    /// A purse is empty: the call must not be made.
    pub(super) fn hold(
        &mut self,
        model: Option<Arc<Model>>,
        reserved: Option<Result<Reservation, Refusal>>,
    ) -> Result<(), Halt> {
        match (model, reserved) {
            (Some(model), Some(Ok(reservation))) => self.reservation = Some((model, reservation)),
            (_, Some(Err(refusal))) => {
                let message = refusal.to_string();
                return Err(Halt::Failed { error: message.clone(), message });
            }
            _ => {}
        }
        Ok(())
    }

    /// What a reader of the transcript needs to know before the words: the model and how much it thinks.
    fn announce(&self, batch: &mut Batch, history: &History, model: &Arc<Model>) {
        let by = || self.derived(Origin::System, "gateway");
        let (provider, model_id) = (Arc::clone(&model.reference.provider), Arc::clone(&model.reference.model));
        let is_known = history.model.as_ref().is_some_and(|(p, m)| **p == *provider && **m == *model_id);
        let level: Arc<str> = self.thinking_for(model).as_str().into();
        if !is_known {
            let (provider, model_id) = (Arc::clone(&provider), Arc::clone(&model_id));
            batch.entries.push(NewEntry::new(Body::ModelChange { provider, model_id }, by()));
        }
        if history.thinking_level.as_deref() != Some(&*level) {
            batch.entries.push(NewEntry::new(Body::ThinkingLevelChange { thinking_level: level }, by()));
        }
        if !is_known {
            let data = json!({
                "timestamp": self.now_ms(), "provider": provider, "modelApi": model.api.as_str(), "modelId": model_id,
            });
            if let Ok(data) = to_raw_value(&data) {
                let body = Body::Custom { custom_type: "model-snapshot".into(), data: data.into() };
                batch.entries.push(NewEntry::new(body, by()));
            }
        }
    }

    pub(super) async fn history(&self) -> Result<Arc<History>, Halt> {
        self.session
            .history()
            .await
            .map_err(|error| Halt::Failed { message: advice::storage(&error), error: error.to_string() })
    }

    /// The model whose turn it is; `None` when the chain is at its end.
    pub(super) fn model(&self) -> Option<Arc<Model>> {
        self.chain.get(self.at..)?.iter().find_map(|model| model.as_ref().ok()).cloned()
    }

    pub(super) fn thinking_for(&self, model: &Model) -> Thinking {
        if let Some((_, level)) = self.level_taken.as_ref().filter(|(of, _)| *of == model.reference) {
            return *level;
        }
        let wanted = self.thinking.unwrap_or_else(|| thinking_default(&self.config, model));
        if model.reasoning { model.reference.bounded(wanted) } else { Thinking::Off }
    }
}

/// Reasoning and tools are told only to somebody who may use this machine.
fn shown(record: &Record, verbose: Option<&str>, is_trusted: bool) -> Shown {
    let usage = match record.text("responseUsage").as_deref() {
        None | Some("off") => UsageShown::Off,
        Some("full") => UsageShown::Full,
        Some(_) => UsageShown::Tokens,
    };
    let reasoning = matches!(record.text("reasoningLevel").as_deref(), Some("on" | "stream"));
    let tools = match verbose.filter(|_| is_trusted) {
        Some("on") => ToolsShown::Calls,
        Some("full") => ToolsShown::Results,
        _ => ToolsShown::Off,
    };
    Shown { reasoning: reasoning && is_trusted, tools, usage }
}

/// What the run brings before the gate.
fn standing(agents: &Inner, config: &Config, start: &RunStart, model: Option<&Arc<Model>>) -> Standing {
    let turn = &start.turn;
    let is_main = turn.key.is_main("main");
    Standing {
        power: turn.provenance.origin.power(),
        provider: model.map(|model| model.reference.provider.to_string()).unwrap_or_default(),
        model: model.map(|model| model.reference.model.to_string()).unwrap_or_default(),
        agent: config.entry(&turn.agent).and_then(|entry| entry.tools.clone()),
        group: agents.parts.groups.rules(&turn.key, &turn.reply),
        in_container: config.in_container(&turn.agent, is_main),
    }
}

/// A session's level; a word of a later version is none.
#[derive(Debug)]
struct Level(Option<Thinking>);

impl<'de> Deserialize<'de> for Level {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Ok(Self(Thinking::from_word(&String::deserialize(from)?)))
    }
}

/// The session's own choice of a model.
pub(crate) fn chosen(record: &Record) -> Option<String> {
    let model = record.text("modelOverride").filter(|model| !model.is_empty())?;
    let provider = record.text("providerOverride").filter(|provider| !provider.is_empty());
    Some(provider.map_or_else(|| model.clone(), |provider| format!("{provider}/{model}")))
}

/// Whether the words of a run that goes on are in this transcript: the conversation may have started over.
async fn has_words(agents: &Arc<Inner>, start: &RunStart, session: &SessionId) -> bool {
    let run = start.run().clone();
    let kept = agents.parts.store.read(move |view| runs::session_of(view, &run)).await;
    !matches!(kept, Ok(Some(kept)) if kept != *session)
}

/// The run ends before it began: its row is closed and its chat is told, if anything can still be written.
async fn cannot_begin(agents: &Arc<Inner>, start: &RunStart, cx: &RunContext, message: String) -> RunOutcome {
    let outcome = RunOutcome::Failed { message };
    let (step, change) = (Committed::Ended { outcome: outcome.clone() }, RowChange::Close(outcome.clone()));
    let (sinks, kept, told) = (cx.sinks.clone(), start.clone(), step.clone());
    let written = agents.parts.store.write(move |tx| {
        runs::apply(tx, &kept, &change)?;
        sinks.commit(tx, &kept, &told)
    });
    match written.await {
        Ok(()) => cx.sinks.committed(start, &step),
        Err(error) => tracing::error!(run = %start.run(), %error, "the end of a run could not be written"),
    }
    outcome
}
