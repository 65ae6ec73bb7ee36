//! Asks a model for a summary, in a run that needs the room or when a person wishes it.

use std::sync::Arc;

use budget::{Expense, Money, Spender};
use futures_util::StreamExt as _;
use ids::{SessionId, SessionKey};
use provider::{Block, CacheHint, Message, Model, ModelRequest, Profile, ProviderError, Thinking, Usage};
use serde_json::json;
use sessions::{Body, NewEntry};
use stdx::CancellationToken;
use tool::{Origin, Provenance, Secrecy};

use crate::agents::Inner;
use crate::compaction::{self, INSTRUCTIONS};
use crate::stream::Answer;
use crate::{advice, context};

/// Tokens a summary may take.
const MOST: u32 = 4_000;

/// Whom to ask, and for whom.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asking<'a> {
    pub model: &'a Arc<Model>,
    pub profile: &'a Profile,
    pub session: &'a SessionId,
    pub stop: &'a CancellationToken,
}

/// How the asking ended.
#[derive(Debug)]
pub(crate) enum Ended {
    Whole,
    Stopped,
    Failed(ProviderError),
}

impl Asking<'_> {
    /// The answer as far as it came, and how it ended. `wish` is what a person wants kept.
    pub(crate) async fn ask(&self, agents: &Inner, text: &str, wish: Option<&str>) -> (Answer, Ended) {
        let mut answer = Answer::default();
        let asked = tokio::select! {
            biased;
            () = self.stop.cancelled() => return (answer, Ended::Stopped),
            asked = self.read(agents, text, wish, &mut answer) => asked,
        };
        let ended = match asked {
            Ok(()) if answer.text().trim().is_empty() => Ended::Failed(ProviderError::Unusable("it is empty".into())),
            Ok(()) => Ended::Whole,
            Err(error) => Ended::Failed(error),
        };
        (answer, ended)
    }

    async fn read(
        &self,
        agents: &Inner,
        text: &str,
        wish: Option<&str>,
        answer: &mut Answer,
    ) -> Result<(), ProviderError> {
        let model = self.model;
        let Some(provider) = agents.parts.providers.iter().find(|p| p.descriptor().apis.contains(&model.api)) else {
            return Err(ProviderError::UnknownModel(model.reference.to_string()));
        };
        let wish = wish.map(|wish| format!("\nThe person asks for this: {wish}")).unwrap_or_default();
        let request = ModelRequest {
            model: Arc::clone(model),
            system: format!("{INSTRUCTIONS}{wish}").into(),
            messages: vec![Message::User(vec![Block::Text(text.into())])],
            tools: Arc::new([]),
            thinking: Thinking::Off,
            max_tokens: Some(MOST.min(model.max_tokens)),
            temperature: None,
            cache_key: self.session.as_str().into(),
            cache: CacheHint::Off,
        };
        let mut stream = provider.stream(&agents.parts.http, request, self.profile).await?;
        while let Some(event) = stream.next().await {
            answer.take(event?);
        }
        Ok(())
    }
}

/// Summarises a session because a person wishes it. Gives a sentence for them either way.
pub(crate) async fn compact(agents: &Inner, key: &SessionKey, wish: Option<&str>) -> Result<String, String> {
    let unread = |error: sessions::SessionsError| advice::storage(&error);
    let nothing = || "There is nothing to summarise yet.".to_owned();
    let (session, record) = agents.parts.sessions.existing(key).await.map_err(unread)?.ok_or_else(nothing)?;
    let agent = agents.parts.sessions.agent_of(key);
    let config = agents.parts.config.get();
    let chosen = crate::run::chosen(&record);
    let chain = agents.chain(&config, &agent, chosen.as_deref(), false);
    let model =
        chain.iter().find_map(|model| model.as_ref().ok()).ok_or_else(|| advice::no_model_advice().to_owned())?;
    let vendor = &*model.reference.provider;
    let candidates = agents.parts.keyring.candidates(vendor, &agent).await;
    let candidates = candidates.map_err(|_| advice::no_credentials(vendor))?;
    let profile = &candidates.first().ok_or_else(|| advice::no_credentials(vendor))?.profile;
    let history = session.history().await.map_err(unread)?;
    let tokens_before = context::tokens(context::weight_of_history(&history));
    // A person who asks for it wants it small: a quarter of what there is stays.
    let keep = compaction::keep(&history.entries, model.context_window, true) / 2;
    let most = usize::try_from(model.context_window).unwrap_or(usize::MAX).saturating_mul(2);
    let plan = compaction::plan(&history.entries, keep, most).ok_or_else(nothing)?;
    drop(history);
    let spender = Spender { agent, person: None, chat: Some(key.clone()), job: None };
    let worst = agents.tariff.worst_case(model, context::most_tokens(plan.text.len()), u64::from(MOST));
    let (cause, what) = (session.id().to_string(), model.reference.to_string());
    let expense = Expense { spender, cause: cause.clone(), what, worst };
    let reservation = agents.parts.purses.reserve(expense).await.map_err(|error| error.to_string())?;
    let stop = CancellationToken::new();
    let asking = Asking { model, profile, session: session.id(), stop: &stop };
    let (answer, ended) = asking.ask(agents, &plan.text, wish).await;
    let (bill, usage) = if answer.weight() == 0 {
        (Money::ZERO, Usage::default())
    } else {
        (agents.tariff.bill(model, &answer.usage), answer.usage)
    };
    if let Ended::Failed(error) = ended {
        let settled = agents.parts.purses.settle(reservation, bill, usage).await;
        settled.map_err(|error| advice::storage(&error))?;
        return Err(advice::failed(&model.reference.to_string(), &error, 1));
    }
    let body = Body::Compaction {
        summary: answer.text().into(),
        first_kept_entry_id: plan.first_kept,
        tokens_before,
        details: None,
    };
    let entry = NewEntry::new(body, Provenance::new(Origin::System, Secrecy::Chat));
    let purses = agents.parts.purses.clone();
    let written = agents.parts.store.write(move |tx| {
        purses.settle_in(tx, &reservation, bill, &usage)?;
        session.stage(tx, entry)?;
        session.update(tx, |record| {
            let count = record.get::<u64>("compactionCount").unwrap_or(0);
            record.set("compactionCount", &(count + 1));
        })?;
        tx.fact(&cause, "session.compacted", &json!({ "tokensBefore": tokens_before })).map(drop)
    });
    written.await.map_err(|error| advice::storage(&error))?;
    Ok(format!("I summarised what was said before; it took about {tokens_before} tokens."))
}
