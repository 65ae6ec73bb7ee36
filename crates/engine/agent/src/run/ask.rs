//! One call to a model, and what happens when it fails: again, another profile, another model, a shorter prompt.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use budget::Money;
use credentials::{CredentialError, Failure};
use futures_util::{FutureExt as _, StreamExt as _};
use lanes::{Failover, RunEvent};
use prompt::{Input, Mode};
use provider::{CacheHint, Model, ModelRequest, Profile, Provider, ProviderError, StopReason, Thinking, ToolSchema};
use serde_json::json;

use super::batch::Batch;
use super::{Halt, Run};
use crate::failover::{Remedy, Situation, remedy};
use crate::stream::Answer;
use crate::{advice, context};

/// How a call went.
enum Called {
    Answered(Answer),
    Stopped(Answer),
    Failed(ProviderError, Answer),
}

impl Run {
    /// Asks until somebody answers.
    ///
    /// # Errors
    /// The run was stopped, or nobody can answer.
    pub(super) async fn ask(&mut self) -> Result<(Arc<Model>, Answer), Halt> {
        let mut failures = 0;
        let mut last: Option<(Arc<Model>, ProviderError)> = None;
        let mut models_tried = 1;
        let mut levels = Vec::new();
        loop {
            let Some((model, provider, profile)) = self.callee(last.as_ref(), models_tried).await? else { continue };
            let request = self.request(&model).await?;
            levels.push(request.thinking);
            self.reserve_for(&model, &request).await?;
            match self.call(provider.as_ref(), request, &profile).await {
                Called::Answered(answer) => {
                    self.went_well(&model, &profile).await;
                    self.answered = Some(Arc::clone(&model));
                    return Ok((model, answer));
                }
                Called::Stopped(answer) => return Err(Halt::Stopped(Some(Box::new((model, answer))))),
                Called::Failed(error, answer) => {
                    failures += 1;
                    tracing::warn!(run = %self.start.run(), model = %model.reference, profile = %profile.id, %error, "a model call failed");
                    self.facts.push((
                        "model.failed",
                        json!({ "model": model.reference.to_string(), "profile": profile.id, "reason": error.failover_reason() }),
                    ));
                    self.pay_for_nothing(&model, &answer).await?;
                    if let Some(failure) = Failure::of(&error) {
                        self.agents.noted.forget(&profile.id);
                        let keyring = &self.agents.parts.keyring;
                        keyring
                            .note(&model.reference.provider, &self.start.turn.agent, &profile.id, Some(failure))
                            .await;
                    }
                    let other_profiles = self.profiles.as_ref().is_some_and(|profiles| profiles.len() > 1);
                    let other_models = self.model_after(self.at).is_some();
                    match remedy(&error, Situation { failures, other_profiles, other_models, levels: &levels }) {
                        Remedy::Retry(wait) => self.wait(wait).await?,
                        Remedy::NextProfile => {
                            failures = 0;
                            self.next_profile(&model, &error);
                        }
                        Remedy::Think(level) => self.think_instead(&model, level),
                        Remedy::NextModel => {
                            failures = 0;
                            levels.clear();
                            models_tried += usize::from(other_models);
                            self.next_model(&model, &error);
                            last = Some((model, error));
                        }
                        Remedy::Compact if self.compactions < 2 && self.shrink(true).await? => {}
                        Remedy::Compact | Remedy::GiveUp => return Err(failed(&model, &error, models_tried)),
                    }
                }
            }
        }
    }

    async fn went_well(&self, model: &Model, profile: &Profile) {
        if self.agents.noted.is_news(&profile.id, self.agents.parts.clock.now()) {
            let keyring = &self.agents.parts.keyring;
            keyring.note(&model.reference.provider, &self.start.turn.agent, &profile.id, None).await;
        }
    }

    /// Whom to call now. `None` when the one whose turn it is cannot be called and the next one has its turn.
    async fn callee(
        &mut self,
        last: Option<&(Arc<Model>, ProviderError)>,
        models_tried: usize,
    ) -> Result<Option<(Arc<Model>, Arc<dyn Provider>, Profile)>, Halt> {
        let Some(entry) = self.chain.get(self.at).cloned() else {
            return Err(match last {
                Some((model, error)) => failed(model, error, models_tried),
                None => self.nothing_to_ask(),
            });
        };
        let model = match entry {
            Ok(model) => model,
            Err(unusable) => {
                if self.model_after(self.at).is_none() && last.is_none() {
                    let message = advice::unusable_model(&unusable.name, &unusable.reason);
                    return Err(Halt::Failed { error: message.clone(), message });
                }
                self.at += 1;
                return Ok(None);
            }
        };
        let providers = &self.agents.parts.providers;
        let Some(provider) = providers.iter().find(|p| p.descriptor().apis.contains(&model.api)).cloned() else {
            self.at += 1;
            return Ok(None);
        };
        if self.profiles.is_none() {
            match self.profiles_for(&model).await {
                Ok(profiles) => self.profiles = Some(profiles),
                Err(halt) if self.model_after(self.at).is_none() => return Err(halt),
                Err(_) => {
                    let error = ProviderError::Auth(format!("no credentials for {}", model.reference.provider));
                    self.next_model(&model, &error);
                    return Ok(None);
                }
            }
        }
        let profile = self.profiles.as_ref().and_then(|profiles| profiles.front()).cloned();
        let Some(profile) = profile else {
            self.at += 1;
            self.profiles = None;
            return Ok(None);
        };
        Ok(Some((model, provider, profile)))
    }

    /// The profiles to try. While another model is left, those that rest are left alone.
    pub(super) async fn profiles_for(&self, model: &Model) -> Result<VecDeque<Profile>, Halt> {
        let vendor = &*model.reference.provider;
        let found = self.agents.parts.keyring.candidates(vendor, &self.start.turn.agent).await;
        let candidates = match found {
            Ok(candidates) => candidates,
            Err(CredentialError::None(_)) if !self.config.names_a_model() => return Err(no_model()),
            Err(error) => {
                return Err(Halt::Failed { message: advice::no_credentials(vendor), error: error.to_string() });
            }
        };
        let candidates = self.in_sessions_order(candidates);
        let has_others = self.model_after(self.at).is_some();
        let now_ms = self.now_ms();
        let rests = |until: Option<i64>| until.is_some_and(|until| until > now_ms);
        let (resting, awake): (Vec<_>, Vec<_>) = candidates.into_iter().partition(|c| rests(c.rests_until_ms));
        let mut profiles: VecDeque<Profile> = awake.into_iter().map(|candidate| candidate.profile).collect();
        if !has_others || profiles.is_empty() {
            profiles.extend(resting.into_iter().map(|candidate| candidate.profile));
        }
        Ok(profiles)
    }

    fn nothing_to_ask(&self) -> Halt {
        if !self.config.names_a_model() {
            return no_model();
        }
        let message = "None of the configured models can be used here: run `clawdbot onboard` to choose another.";
        Halt::Failed { error: message.to_owned(), message: message.to_owned() }
    }

    pub(super) fn model_after(&self, at: usize) -> Option<Arc<Model>> {
        self.chain.get(at + 1..)?.iter().find_map(|model| model.as_ref().ok()).cloned()
    }

    fn next_profile(&mut self, model: &Model, error: &ProviderError) {
        let Some(profiles) = &mut self.profiles else { return };
        let from = profiles.pop_front().map(|profile| profile.id.to_string()).unwrap_or_default();
        let to = profiles.front().map(|profile| profile.id.to_string()).unwrap_or_default();
        tracing::info!(model = %model.reference, from, to, reason = error.failover_reason(), "another profile takes over");
        self.changed(from, to, error);
    }

    fn next_model(&mut self, model: &Model, error: &ProviderError) {
        let next = self.model_after(self.at);
        self.at += 1;
        self.profiles = None;
        if let Some(next) = next {
            // Rules for single vendors hold for whoever answers.
            self.standing.provider = next.reference.provider.to_string();
            self.standing.model = next.reference.model.to_string();
            self.offer = self.agents.tools.offer(&self.standing.facts(), &self.start.turn.reply, &self.tools_config);
            let (from, to) = (&model.reference, &next.reference);
            tracing::info!(%from, %to, reason = error.failover_reason(), "another model takes over");
            self.changed(model.reference.to_string(), next.reference.to_string(), error);
        }
    }

    /// The model thinks so much from here on: its vendor takes nothing else.
    fn think_instead(&mut self, model: &Model, level: Thinking) {
        tracing::info!(run = %self.start.run(), model = %model.reference, level = level.as_str(), "asking with another thinking level");
        self.level_taken = Some((model.reference.clone(), level));
        // The prompt tells the model how much it thinks.
        self.system = None;
    }

    fn changed(&mut self, from: String, to: String, error: &ProviderError) {
        let reason = error.failover_reason().to_owned();
        self.facts.push(("model.failover", json!({ "from": from, "to": to, "reason": reason })));
        let failover = Failover { from, to, reason };
        self.failovers.push(failover.clone());
        self.tell(&RunEvent::Failover(failover));
    }

    /// Waits, and up to a quarter longer, unless the run is stopped meanwhile.
    async fn wait(&self, wait: Duration) -> Result<(), Halt> {
        let longest = u64::try_from(wait.as_millis() / 4).unwrap_or(0);
        let wait = wait + Duration::from_millis(self.agents.parts.entropy.below(longest + 1));
        tokio::select! {
            biased;
            () = self.stop.token().cancelled() => Err(Halt::Stopped(None)),
            () = tokio::time::sleep(wait) => Ok(()),
        }
    }

    /// The whole request.
    async fn request(&mut self, model: &Arc<Model>) -> Result<ModelRequest, Halt> {
        let history = context::latest(self.history().await?, self.turns_sent);
        let pruning = &self.config.agents.defaults.context_pruning;
        let messages = context::messages(&history, model, self.start.turn.provenance.origin, pruning);
        drop(history);
        let params = self.config.params(&model.reference);
        Ok(ModelRequest {
            model: Arc::clone(model),
            system: self.system(model),
            messages,
            tools: Arc::clone(&self.offer.schemas),
            thinking: self.thinking_for(model),
            max_tokens: params.max_tokens,
            temperature: params.temperature,
            cache_key: self.session.id().as_str().into(),
            cache: if params.cache_control_ttl.as_deref() == Some("1h") {
                CacheHint::OneHour
            } else {
                CacheHint::FiveMinutes
            },
        })
    }

    fn system(&mut self, model: &Model) -> Arc<str> {
        if let Some((_, built)) = self.system.as_ref().filter(|(of, _)| *of == model.reference) {
            return Arc::clone(built);
        }
        let built = self.build_system(model);
        self.system = Some((model.reference.clone(), Arc::clone(&built)));
        built
    }

    fn build_system(&self, model: &Model) -> Arc<str> {
        let turn = &self.start.turn;
        let workspace = self.agents.workspace(&self.config, &turn.agent);
        let skills = self.agents.parts.skills.skills(&turn.agent);
        let defaults = &self.config.agents.defaults;
        let alias = |(name, model): (&String, &crate::config::ChosenModel)| Some((model.alias.clone()?, name.clone()));
        let aliases: Vec<(String, String)> = defaults.models.iter().filter_map(alias).collect();
        let channel = match &turn.reply {
            lanes::ReplyTo::Channel { channel, .. } => channel.as_str(),
            lanes::ReplyTo::Operators => "webchat",
        };
        let is_subagent = turn.key.as_str().contains(":subagent:");
        let input = Input {
            mode: if is_subagent { Mode::Minimal } else { Mode::Full },
            agent: turn.agent.as_str(),
            tools: &self.offer.summaries,
            skills: skills.as_deref(),
            aliases: &aliases,
            workspace: &workspace.to_string(),
            time_zone: defaults.user_timezone.as_deref(),
            extra: turn.options.extra_system_prompt.as_deref(),
            host: &self.agents.parts.host.name,
            system: &self.agents.parts.host.system,
            model: &model.reference.to_string(),
            default_model: &self.default_model,
            channel,
            thinking: self.thinking_for(model).as_str(),
        };
        let most = self.config.bootstrap_max_chars();
        self.agents.prompts.build(&input, &workspace, most, !defaults.skip_bootstrap)
    }

    /// Bytes of what is sent with every call: the prompt and the tools.
    pub(super) fn fixed_weight(&mut self) -> usize {
        let tool = |tool: &ToolSchema| tool.name.len() + tool.about.len() + tool.parameters.get().len();
        let prompt = self.model().map_or(0, |model| self.system(&model).len());
        prompt + self.offer.schemas.iter().map(tool).sum::<usize>()
    }

    /// The most a call with so many bytes of prompt can cost.
    pub(super) fn worst(&self, model: &Model, bytes: usize) -> Money {
        let most = self.config.params(&model.reference).max_tokens.unwrap_or(model.max_tokens.min(32_000));
        let thinking = if self.thinking_for(model) == Thinking::Off { 0 } else { 16_384 };
        let answer = u64::from(most.saturating_add(thinking).min(model.max_tokens.max(most)));
        let prompt = context::most_tokens(bytes).min(u64::from(model.context_window));
        self.agents.tariff.worst_case(model, prompt, answer)
    }

    /// The worst case stands in the ledger before the call is made. The one made with the last commit is used where it
    /// is for this model.
    async fn reserve_for(&mut self, model: &Arc<Model>, request: &ModelRequest) -> Result<(), Halt> {
        if self.reservation.as_ref().is_some_and(|(for_model, _)| for_model.reference == model.reference) {
            return Ok(());
        }
        let tools = |tool: &ToolSchema| tool.about.len() + tool.parameters.get().len();
        let bytes =
            context::weight(&request.messages) + request.system.len() + request.tools.iter().map(tools).sum::<usize>();
        let mut batch = Batch { reserve: Some((Arc::clone(model), self.worst(model, bytes))), ..Batch::default() };
        if let Some((_, unused)) = self.reservation.take() {
            batch.settle.push((unused, Money::ZERO, provider::Usage::default()));
        }
        let reserved = self.commit(batch).await?.reserved;
        self.hold(Some(Arc::clone(model)), reserved)
    }

    /// A call that broke in the middle was a call: it is billed, and the next one reserves anew.
    async fn pay_for_nothing(&mut self, model: &Arc<Model>, answer: &Answer) -> Result<(), Halt> {
        let (bill, usage) = self.bill(model, answer);
        if bill == Money::ZERO {
            return Ok(());
        }
        let Some((_, reservation)) = self.reservation.take() else { return Ok(()) };
        let batch = Batch { settle: vec![(reservation, bill, usage)], ..Batch::default() };
        self.commit(batch).await?;
        Ok(())
    }

    /// Streams one answer.
    async fn call(&self, provider: &dyn Provider, request: ModelRequest, profile: &Profile) -> Called {
        let mut answer = Answer::default();
        let stopped = self.stop.token();
        let opened = tokio::select! {
            biased;
            () = stopped.cancelled() => return Called::Stopped(answer),
            opened = provider.stream(&self.agents.parts.http, request, profile) => opened,
        };
        let mut stream = match opened {
            Ok(stream) => stream,
            Err(error) => return Called::Failed(error, answer),
        };
        while answer.stop.is_none() {
            let mut ready = stream.next().now_or_never();
            if ready.is_none() {
                // What has come over the wire is handed on piece by piece, by a task that needs its turn for each.
                stdx::give_way().await;
                ready = stream.next().now_or_never();
            }
            let next = match ready {
                Some(next) if !stopped.is_cancelled() => next,
                _ => {
                    // The model pauses: what it has said so far is shown.
                    if let Some(event) = answer.show() {
                        self.tell(&event);
                    }
                    tokio::select! {
                        biased;
                        () = stopped.cancelled() => return Called::Stopped(answer),
                        next = stream.next() => next,
                    }
                }
            };
            match next {
                Some(Ok(event)) => {
                    if let Some(event) = answer.take(event) {
                        self.tell(&event);
                    }
                }
                Some(Err(error)) => return Called::Failed(error, answer),
                None => {
                    let detail = "the answer ended before it was whole".to_owned();
                    return Called::Failed(ProviderError::Transport { detail, began: answer.weight() > 0 }, answer);
                }
            }
        }
        if answer.stop == Some(StopReason::Refusal) && answer.is_empty() {
            return Called::Failed(ProviderError::Refused("the model declined to answer".to_owned()), answer);
        }
        if answer.is_empty() {
            return Called::Failed(ProviderError::Unusable("it is empty".to_owned()), answer);
        }
        Called::Answered(answer)
    }
}

fn failed(model: &Model, error: &ProviderError, tried: usize) -> Halt {
    Halt::Failed { message: advice::failed(&model.reference.to_string(), error, tried), error: error.recorded() }
}

/// The conversation keeps the advice too: who looks into it later still has to do something.
fn no_model() -> Halt {
    let advice = advice::no_model_advice().to_owned();
    Halt::Failed { error: advice.clone(), message: advice }
}
