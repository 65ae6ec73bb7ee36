//! What sessions ask of agents and lanes, which they do not know.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use agent::Agents;
use config::Live;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use ids::{AgentId, SessionKey};
use lanes::{Lanes, StopCause};
use protocol::sessions::list::Defaults;
use provider::ModelRef;
use sessions::ModelChoice;

/// How long a run may take to end when its session is taken away.
const PATIENCE: Duration = Duration::from_secs(15);

/// Agents and lanes stand on sessions, so they are told of later.
#[derive(Debug)]
pub(crate) struct Neighbourhood {
    config: Live<agent::Config>,
    later: OnceLock<(Agents, Arc<Lanes>)>,
}

impl Neighbourhood {
    pub(crate) fn new(config: Live<agent::Config>) -> Self {
        Self { config, later: OnceLock::new() }
    }

    /// From now on there are agents and lanes.
    pub(crate) fn met(&self, agents: &Agents, lanes: &Arc<Lanes>) {
        // Told twice is told once.
        let _first = self.later.set((agents.clone(), Arc::clone(lanes)));
    }

    fn agents(&self) -> Option<&Agents> {
        self.later.get().map(|(agents, _)| agents)
    }

    fn agent_of(&self, key: &SessionKey) -> AgentId {
        key.agent().unwrap_or_else(|| self.config.get().default_agent())
    }
}

impl sessions::Neighbours for Neighbourhood {
    fn default_agent(&self) -> AgentId {
        self.config.get().default_agent()
    }

    fn defaults(&self) -> Defaults {
        let model = self.agents().and_then(|agents| agents.model_of(&self.default_agent()));
        Defaults {
            model_provider: model.as_ref().map(|model| model.reference.provider.to_string()),
            model: model.as_ref().map(|model| model.reference.model.to_string()),
            context_tokens: model.as_ref().map(|model| u64::from(model.context_window)),
        }
    }

    fn thinking_default(&self, key: &SessionKey) -> Option<String> {
        let agents = self.agents()?;
        let model = agents.model_of(&self.agent_of(key))?;
        Some(agents.thinking_default(&model).as_str().to_owned())
    }

    fn choose_model(&self, key: &SessionKey, word: &str) -> Result<ModelChoice, String> {
        let agents = self.agents().ok_or_else(|| "the gateway is still starting".to_owned())?;
        let reference = match agents.find_model(word) {
            Ok(model) => model.reference.clone(),
            Err(refusal) => match word.parse::<ModelRef>() {
                // Without a list of models nothing is kept from a client: the next run says what it cannot use.
                Ok(reference) if self.config.get().agents.defaults.models.is_empty() => reference,
                Ok(reference) => return Err(format!("model not allowed: {reference}")),
                Err(_) => return Err(refusal),
            },
        };
        let usual = agents.model_of(&self.agent_of(key));
        Ok(ModelChoice {
            provider: reference.provider.to_string(),
            model: reference.model.to_string(),
            is_default: usual.is_some_and(|usual| usual.reference == reference),
        })
    }

    fn end_runs(&self, key: &SessionKey) -> BoxFuture<'static, bool> {
        let Some((_, lanes)) = self.later.get() else { return async { true }.boxed() };
        let (lanes, key) = (Arc::clone(lanes), key.clone());
        async move {
            lanes.stop_session(key.clone(), StopCause::Rpc).await;
            lanes.until_idle(key, PATIENCE).await
        }
        .boxed()
    }
}
