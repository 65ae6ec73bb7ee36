//! What chat commands show and do: the answer to `/status`, the model, a fresh start.

use std::sync::Arc;

use agent::Agents;
use budget::{Purse, Purses};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use ids::SessionKey;
use lanes::Lanes;
use sessions::{Fresh, Opening, Record, Sessions};
use stdx::Clock;
use store::StoreError;

/// The engines behind the commands.
#[derive(Debug)]
pub(crate) struct Commands {
    sessions: Arc<Sessions>,
    agents: Agents,
    lanes: Arc<Lanes>,
    purses: Purses,
    clock: Arc<dyn Clock>,
}

impl Commands {
    pub(crate) fn new(
        sessions: &Arc<Sessions>,
        agents: &Agents,
        lanes: &Arc<Lanes>,
        purses: Purses,
        clock: &Arc<dyn Clock>,
    ) -> Self {
        let (sessions, lanes, clock) = (Arc::clone(sessions), Arc::clone(lanes), Arc::clone(clock));
        Self { sessions, agents: agents.clone(), lanes, purses, clock }
    }

    async fn costs(&self, key: &SessionKey) -> Result<String, StoreError> {
        let now_ms = self.clock.now_ms();
        let chat = Purse::Chat(key.to_string());
        let session = self.purses.spent_in_days(&chat, None, now_ms).await?;
        let today = self.purses.spent_in_days(&Purse::All, Some(1), now_ms).await?;
        let month = self.purses.spent_in_days(&Purse::All, Some(30), now_ms).await?;
        Ok(format!("Session: {session}\nToday: {today}\nLast 30 days: {month}"))
    }

    fn model_of(&self, key: &SessionKey, record: Option<&Record>) -> String {
        let chosen = record.and_then(|record| Some((record.text("providerOverride")?, record.text("modelOverride")?)));
        if let Some((provider, model)) = chosen {
            return format!("{provider}/{model}");
        }
        let model = self.agents.model_of(&self.sessions.agent_of(key));
        model.map_or_else(|| agent::no_model_advice().to_owned(), |model| model.reference.to_string())
    }

    async fn lines(&self, key: SessionKey) -> String {
        let record = self.sessions.find(&key).await.ok().flatten();
        let number = |field: &str| record.as_ref().and_then(|record| record.get::<u64>(field));
        let text = |field: &str| record.as_ref().and_then(|record| record.text(field));
        let mut lines = vec![format!("Clawdbot {}", env!("CARGO_PKG_VERSION"))];
        lines.push(format!("Model: {}", self.model_of(&key, record.as_ref())));
        if let (Some(used), Some(most)) = (number("totalTokens"), number("contextTokens").filter(|most| *most > 0)) {
            lines.push(format!("Context: {used} of {most} tokens ({} %)", used.saturating_mul(100) / most));
        }
        if let Some(count) = number("compactionCount").filter(|count| *count > 0) {
            lines.push(format!("Summarised: {count} times"));
        }
        lines.push(format!("Session: {key}"));
        let thinking = text("thinkingLevel").unwrap_or_else(|| "default".to_owned());
        let verbose = text("verboseLevel").unwrap_or_else(|| "off".to_owned());
        lines.push(format!("Thinking: {thinking}, tool calls shown: {verbose}"));
        let (waiting, is_running) = self.lanes.depth(key).await;
        let state = if is_running { "working" } else { "idle" };
        lines.push(format!("Now: {state}, {waiting} waiting"));
        lines.join("\n")
    }

    async fn choose(&self, key: SessionKey, word: String) -> Result<String, String> {
        let (name, profile) = with_profile(&word);
        let model = self.agents.find_model(name)?;
        let agent = self.sessions.agent_of(&key);
        let profile = match profile {
            Some(word) => Some(self.agents.find_profile(&agent, &model, word).await?),
            None => None,
        };
        let usual = self.agents.model_of(&agent);
        let is_usual = usual.is_some_and(|usual| usual.reference == model.reference);
        let (reference, pinned) = (model.reference.clone(), profile.clone());
        let changed = self.sessions.change(&key, move |_, record| {
            if is_usual {
                record.remove("providerOverride");
                record.remove("modelOverride");
            } else {
                record.set("providerOverride", &*reference.provider);
                record.set("modelOverride", &*reference.model);
            }
            record.put("authProfileOverride", pinned.as_deref());
            record.put("authProfileOverrideSource", pinned.as_ref().map(|_| "user"));
            record.remove("authProfileOverrideCompactionCount");
            Ok(())
        });
        changed.await.map_err(|error| error.to_string())?;
        let with = profile.map(|profile| format!(" with the profile {profile}")).unwrap_or_default();
        Ok(format!("{}{with}", model.reference))
    }
}

/// `model@profile`: names of models may hold the sign too, but with a slash behind it.
fn with_profile(word: &str) -> (&str, Option<&str>) {
    match word.rsplit_once('@') {
        Some((model, profile)) if !model.is_empty() && !profile.is_empty() && !profile.contains('/') => {
            (model, Some(profile))
        }
        _ => (word, None),
    }
}

impl inbound::Conversation for Commands {
    fn card(&self, key: SessionKey) -> BoxFuture<'_, String> {
        self.lines(key).boxed()
    }

    fn cost(&self, key: SessionKey) -> BoxFuture<'_, String> {
        async move { self.costs(&key).await.unwrap_or_else(|error| format!("⚠️ The ledger cannot be read: {error}")) }
            .boxed()
    }

    fn model(&self, key: SessionKey) -> BoxFuture<'_, String> {
        async move {
            let record = self.sessions.find(&key).await.ok().flatten();
            self.model_of(&key, record.as_ref())
        }
        .boxed()
    }

    fn choose_model(&self, key: SessionKey, word: String) -> BoxFuture<'_, Result<String, String>> {
        self.choose(key, word).boxed()
    }

    fn compact(&self, key: SessionKey, instructions: Option<String>) -> BoxFuture<'_, Result<String, String>> {
        async move { self.agents.compact(&key, instructions.as_deref()).await }.boxed()
    }

    fn start_over(&self, key: SessionKey) -> BoxFuture<'_, Result<(), String>> {
        async move {
            let workspace = self.agents.workspace(&self.sessions.agent_of(&key));
            let opening = Opening { channel: None, workspace, fresh: Fresh::Always };
            self.sessions.open(&key, opening).await.map(drop).map_err(|error| error.to_string())
        }
        .boxed()
    }
}
