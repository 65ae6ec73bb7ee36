//! Does this model answer? One real call, as a run would make it.

use std::time::Duration;

use anyhow::{Context as _, Result};
use futures_util::StreamExt as _;
use net::{Http, HttpConfig};
use provider::{
    Block, CacheHint, Message, Model, ModelEvent, ModelRequest, Profile, ProfileKind, ProviderError, Thinking,
};
use stdx::Secret;

use super::{Answer, Choice, Key, Wrong};
use crate::context::Context;
use crate::local::Local;

/// A model on this machine may have to be loaded first.
const PATIENCE: Duration = Duration::from_secs(120);
const MOST_TOKENS: u32 = 512;
const ASKED: &str = "Reply with the single word OK.";
/// Characters of the answer that are shown.
const SHOWN: usize = 80;

/// Asks the model that is now in the config, and gives what it said.
pub(super) async fn answer(context: &Context, choice: &Choice) -> Result<String> {
    let local = Local::on_nothing(context).await?;
    let wrong = |answer: Answer, message: String| Wrong { answer, message };
    let model = local.house.agents.find_model(&choice.model).map_err(|message| wrong(Answer::Model, message))?;
    let profile = profile(context, choice, &local).await?;
    let adapter = crate::adapters::providers().into_iter().find(|it| it.descriptor().apis.contains(&model.api));
    let adapter = adapter.context("no adapter speaks this format")?;
    let request = ModelRequest {
        model: model.clone(),
        system: "You answer briefly.".into(),
        messages: vec![Message::User(vec![Block::Text(ASKED.into())])],
        tools: Vec::new().into(),
        thinking: Thinking::Off,
        max_tokens: Some(MOST_TOKENS),
        temperature: None,
        cache_key: "onboard".into(),
        cache: CacheHint::Off,
    };
    let http = Http::new(HttpConfig::default());
    let asked = async {
        let mut stream = adapter.stream(&http, request, &profile).await?;
        let mut said = String::new();
        while let Some(event) = stream.next().await {
            if let ModelEvent::Text(text) = event? {
                said.push_str(&text);
            }
        }
        Ok::<_, ProviderError>(said)
    };
    let outcome = tokio::time::timeout(PATIENCE, asked).await;
    local.close().await;
    match outcome {
        Ok(Ok(said)) => Ok(said.trim().chars().take(SHOWN).collect()),
        Ok(Err(error)) => Err(refused(&error, &model, choice).into()),
        Err(_) => {
            let message = format!("{} did not answer within {} seconds", choice.model, PATIENCE.as_secs());
            Err(wrong(Answer::Server, message).into())
        }
    }
}

/// What opens the model: the given key, else what a run would find.
async fn profile(context: &Context, choice: &Choice, local: &Local) -> Result<Profile> {
    let of = |secret: Secret| Profile { id: "onboard".into(), kind: ProfileKind::ApiKey(secret) };
    Ok(match &choice.key {
        Key::Given(secret) => of(secret.clone()),
        Key::Environment(name) => {
            let value = context.variable(name).unwrap_or_default();
            let kind = if name.ends_with("TOKEN") { ProfileKind::Token } else { ProfileKind::ApiKey };
            Profile { id: "env".into(), kind: kind(Secret::from(value)) }
        }
        Key::None => local
            .house
            .profile_for(&choice.model)
            .await
            .unwrap_or(Profile { id: "none".into(), kind: ProfileKind::None }),
    })
}

fn refused(error: &ProviderError, model: &Model, choice: &Choice) -> Wrong {
    let name = &choice.model;
    let key = match choice.key {
        Key::None => Answer::Server,
        Key::Environment(_) | Key::Given(_) => Answer::Key,
    };
    let (answer, message) = match error {
        ProviderError::Auth(_) => (Answer::Key, format!("the vendor of {name} refuses this key")),
        ProviderError::Billing(_) => (Answer::Key, format!("the account of this key has no credit for {name}")),
        ProviderError::UnknownModel(_) => (Answer::Model, format!("the vendor does not know the model {name}")),
        ProviderError::Transport { detail, .. } => (key, format!("{} cannot be reached: {detail}", model.base_url)),
        other => (key, format!("{name} does not answer: {other}")),
    };
    Wrong { answer, message }
}
