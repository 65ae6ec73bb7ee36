//! All agents: what runs are made from, and the door through which lanes start them.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use budget::{Purses, Tariff};
use config::Live;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use ids::{AgentId, SessionKey};
use lanes::{RunContext, RunEnd, RunStart, Runner, Sinks};
use net::Http;
use parking_lot::Mutex;
use prompt::{PromptSource, Prompts};
use provider::{Catalogue, Model, Provider, Thinking};
use sessions::Sessions;
use stdx::{AbsPath, Clock, Disk, Entropy, Pool};
use store::{Store, StoreError};
use tool::AnyTool;
use tracing::{Instrument as _, info, info_span};

use crate::config::Config;
use crate::models::{self, Unusable};
use crate::ports::{HistoryLimits, Keyring, WorldSource};
use crate::runs::{self, Unfinished};
use crate::tool_call::finish::Spill;
use crate::tool_call::gate::GroupPolicy;
use crate::tool_call::offer::Toolbox;
use crate::{advice, resume, run, summary};

/// Everything agents are made from.
pub struct Parts {
    pub sessions: Arc<Sessions>,
    pub store: Store,
    pub providers: Vec<Arc<dyn Provider>>,
    pub http: Http,
    pub keyring: Arc<dyn Keyring>,
    pub purses: Purses,
    pub tools: Vec<Arc<dyn AnyTool>>,
    pub worlds: Arc<dyn WorldSource>,
    pub groups: Arc<dyn GroupPolicy>,
    pub limits: Arc<dyn HistoryLimits>,
    pub skills: Arc<dyn PromptSource>,
    pub clock: Arc<dyn Clock>,
    /// Keeps runs that fail together from trying again together.
    pub entropy: Arc<dyn Entropy>,
    pub disk: Arc<dyn Disk>,
    pub config: Live<Config>,
    pub tools_config: Live<sandbox::Config>,
    pub folders: Folders,
    pub host: Host,
}

/// Where things lie.
#[derive(Debug, Clone)]
pub struct Folders {
    pub home: AbsPath,
    /// The default agent's workspace where none is configured; other agents' lie beside it.
    pub workspace: AbsPath,
    /// Long tool results are kept whole here.
    pub tool_output: AbsPath,
}

/// What the prompt says of the machine.
#[derive(Debug, Clone, Default)]
pub struct Host {
    pub name: String,
    /// `linux 6.18 (x64)`.
    pub system: String,
}

/// All agents. Clones share them.
#[derive(Clone)]
pub struct Agents(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    /// Without the tools, which are in their box.
    pub parts: Parts,
    pub tools: Toolbox,
    pub prompts: Prompts,
    pub tariff: Tariff,
    pub spill: Spill,
    /// Where pictures are made smaller: it takes long and much memory.
    pub pictures: Pool,
    pub noted: Noted,
    words: Mutex<HashSet<Arc<str>>>,
    /// The last model chains that were resolved, with what they were resolved from.
    chains: Mutex<Vec<(ChainKey, Chain)>>,
}

type Chain = Arc<[Result<Arc<Model>, Unusable>]>;

struct ChainKey {
    config: Arc<Config>,
    agent: AgentId,
    session: Option<String>,
    has_images: bool,
}

/// When a profile last went well: the credential store need not hear of every call.
#[derive(Debug, Default)]
pub(crate) struct Noted(Mutex<HashMap<String, Instant>>);

/// A success is told again after this.
const TOLD_AGAIN: Duration = Duration::from_secs(60);

impl Noted {
    /// Whether a success is news.
    pub(crate) fn is_news(&self, profile: &str, now: Instant) -> bool {
        let mut noted = self.0.lock();
        let fresh = noted.get(profile).is_some_and(|at| now.saturating_duration_since(*at) < TOLD_AGAIN);
        if !fresh {
            noted.insert(profile.to_owned(), now);
        }
        !fresh
    }

    /// It failed: the next success is news.
    pub(crate) fn forget(&self, profile: &str) {
        self.0.lock().remove(profile);
    }
}

/// Chains that are remembered.
const CHAINS: usize = 32;

impl Agents {
    #[must_use]
    pub fn new(mut parts: Parts) -> Self {
        let tools = Toolbox::new(std::mem::take(&mut parts.tools));
        let spill = Spill { disk: Arc::clone(&parts.disk), folder: parts.folders.tool_output.clone() };
        let inner = Inner {
            tools,
            prompts: Prompts::new(Arc::clone(&parts.disk)),
            tariff: Tariff::new([Catalogue::dearest()]),
            spill,
            pictures: Pool::new("tool pictures", 1, 8),
            noted: Noted::default(),
            words: Mutex::default(),
            chains: Mutex::default(),
            parts,
        };
        Self(Arc::new(inner))
    }

    /// The runs that the last process left unfinished, oldest first. Asked once, after the start; also takes away what
    /// is no longer needed. Without a tool in flight their turns are
    /// submitted again; with one they are closed by [`Agents::close_interrupted`].
    ///
    /// # Errors
    /// If they cannot be read.
    pub async fn unfinished(&self) -> Result<Vec<Unfinished>, StoreError> {
        self.0.spill.tidy(self.0.parts.clock.now_ms());
        self.0.parts.store.write(runs::prune).await?;
        self.0.parts.store.read(runs::unfinished).await
    }

    /// Closes a run that was cut off while a tool with effects was at work: its open calls get results, and its chat
    /// is told through the sinks.
    ///
    /// # Errors
    /// If it cannot be written; nothing of it is then committed.
    pub async fn close_interrupted(&self, run: &Unfinished, sinks: &Sinks) -> Result<(), StoreError> {
        resume::close_interrupted(&self.0, run, sinks).await
    }

    /// Summarises a session because a person wishes it; `wish` is what they want kept. Gives a sentence for them.
    ///
    /// # Errors
    /// Why not, in words for them.
    pub async fn compact(&self, key: &SessionKey, wish: Option<&str>) -> Result<String, String> {
        summary::compact(&self.0, key, wish).await
    }

    /// The folder an agent works in.
    #[must_use]
    pub fn workspace(&self, agent: &AgentId) -> AbsPath {
        self.0.workspace(&self.0.parts.config.get(), agent)
    }

    /// The model that an agent uses when a session says nothing else, if its name gives one.
    #[must_use]
    pub fn model_of(&self, agent: &AgentId) -> Option<Arc<Model>> {
        let config = self.0.parts.config.get();
        self.0.chain(&config, agent, None, false).first().and_then(|model| model.as_ref().ok().cloned())
    }

    /// What a person's word for a model means.
    ///
    /// # Errors
    /// Why it cannot be had, in words for the person.
    pub fn find_model(&self, word: &str) -> Result<Arc<Model>, String> {
        let config = self.0.parts.config.get();
        let full = config.alias(word).unwrap_or(word);
        models::resolve(&config, full).map_err(|unusable| advice::unusable_model(&unusable.name, &unusable.reason))
    }

    /// The stored profile that a person's word means, of those that can be shown to the model's vendor.
    ///
    /// # Errors
    /// Why there is none, in words for the person.
    pub async fn find_profile(&self, agent: &AgentId, model: &Model, word: &str) -> Result<String, String> {
        let vendor = &*model.reference.provider;
        let candidates = self.0.parts.keyring.candidates(vendor, agent).await.map_err(|error| error.to_string())?;
        let ids: Vec<String> = candidates.iter().map(|candidate| candidate.profile.id.to_string()).collect();
        let full = format!("{vendor}:{word}");
        let mut sorted = ids.clone();
        sorted.sort();
        let unknown = || format!("{vendor} has no profile “{word}”; there are: {}", sorted.join(", "));
        ids.into_iter().find(|id| id == word || *id == full).ok_or_else(unknown)
    }

    /// How much a model thinks when nobody says otherwise.
    #[must_use]
    pub fn thinking_default(&self, model: &Model) -> Thinking {
        thinking_default(&self.0.parts.config.get(), model)
    }
}

pub(crate) fn thinking_default(config: &Config, model: &Model) -> Thinking {
    let usual = if model.reasoning { Thinking::Low } else { Thinking::Off };
    config.agents.defaults.thinking_default.unwrap_or(usual)
}

/// Words that are kept once.
const WORDS: usize = 256;

impl Inner {
    /// The same word, kept once: entries of a long conversation repeat the names of models and tools.
    pub(crate) fn word(&self, word: &str) -> Arc<str> {
        let mut words = self.words.lock();
        if let Some(kept) = words.get(word) {
            return Arc::clone(kept);
        }
        if words.len() >= WORDS {
            words.clear();
        }
        let kept: Arc<str> = word.into();
        words.insert(Arc::clone(&kept));
        kept
    }

    pub(crate) fn workspace(&self, config: &Config, agent: &AgentId) -> AbsPath {
        let Folders { home, workspace, .. } = &self.parts.folders;
        match config.workspace(agent) {
            Some(written) => home.join(written.strip_prefix("~/").unwrap_or(written)),
            None if *agent == config.default_agent() => workspace.clone(),
            None => workspace.with_suffix(&format!("-{agent}")),
        }
    }

    /// The models to try. Remembered, because the list of known ones is searched for each name.
    pub(crate) fn chain(
        &self,
        config: &Arc<Config>,
        agent: &AgentId,
        session: Option<&str>,
        has_images: bool,
    ) -> Chain {
        let mut chains = self.chains.lock();
        let is_wanted = |key: &ChainKey| {
            Arc::ptr_eq(&key.config, config)
                && key.agent == *agent
                && key.session.as_deref() == session
                && key.has_images == has_images
        };
        if let Some((_, chain)) = chains.iter().find(|(key, _)| is_wanted(key)) {
            return Arc::clone(chain);
        }
        let chain: Chain = models::chain(config, agent, session, has_images).into();
        chains.retain(|(key, _)| Arc::ptr_eq(&key.config, config));
        if chains.len() >= CHAINS {
            chains.clear();
        }
        let session = session.map(str::to_owned);
        let key = ChainKey { config: Arc::clone(config), agent: agent.clone(), session, has_images };
        chains.push((key, Arc::clone(&chain)));
        chain
    }
}

impl Runner for Agents {
    fn run(&self, start: RunStart, cx: RunContext) -> BoxFuture<'static, RunEnd> {
        let inner = Arc::clone(&self.0);
        // Every line that is written below here names the run.
        let span = info_span!("run", run = %start.run(), session = start.turn.key.as_str());
        let carrying = async move {
            let (kept, sinks) = (start.clone(), cx.sinks.clone());
            let carried = AssertUnwindSafe(run::carry(Arc::clone(&inner), start, cx)).catch_unwind().await;
            let end = match carried {
                Ok(end) => end,
                Err(_) => run::broken(&inner, &kept, &sinks).await,
            };
            let ms = end.ended_at.saturating_sub(end.started_at);
            info!(outcome = end.outcome.as_str(), ms, "run ended");
            end
        };
        Box::pin(carrying.instrument(span))
    }
}

impl fmt::Debug for Parts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Parts").field("folders", &self.folders).field("host", &self.host).finish_non_exhaustive()
    }
}

impl fmt::Debug for Agents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Agents").field("tools", &self.0.tools).finish_non_exhaustive()
    }
}
