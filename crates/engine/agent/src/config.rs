//! What the owner may set about agents and models.
//!
//! Read leniently: a format or word this release does not know leaves the rest of the file in force and is named where
//! it is used.

mod pruning; // old results of tools in a prompt

use std::collections::BTreeMap;
use std::time::Duration;

use config::{ConfigPath, Issues, Reload, Section};
use ids::AgentId;
use prompt::Identity;
use provider::{ModelRef, Thinking};
use schemars::JsonSchema;
use serde::Deserialize;

pub use pruning::{HardClear, Pruning, PruningMode, SoftTrim};

/// Three places of the file: `agents`, `models`, and the face in `ui.assistant`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
#[schemars(rename = "AgentConfig")]
pub struct Config {
    pub agents: AgentsSection,
    pub models: ModelsSection,
    pub ui: UiSection,
}

/// The agents and what holds for all of them.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct AgentsSection {
    pub defaults: Defaults,
    /// The agents by name; without any there is one called `main`.
    pub list: Vec<AgentEntry>,
}

/// What holds for every agent that says nothing else.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Defaults {
    pub model: Option<Choice>,
    /// The model for turns with pictures, where the agent's own cannot see.
    pub image_model: Option<Choice>,
    /// The models that may be chosen, with their short names and parameters; empty means any.
    pub models: BTreeMap<String, ChosenModel>,
    /// The folder the agents work in.
    pub workspace: Option<String>,
    /// Do not write the starting files into a new workspace (false).
    pub skip_bootstrap: bool,
    /// Most characters of one workspace file in the prompt (20,000).
    pub bootstrap_max_chars: Option<usize>,
    /// The time zone told to the model, as an IANA name.
    pub user_timezone: Option<String>,
    /// How much a reasoning model thinks when nobody says otherwise (low).
    #[schemars(with = "Option<String>")]
    pub thinking_default: Option<Thinking>,
    /// Whether people see tool calls: `off`, `on` or `full`.
    pub verbose_default: Option<String>,
    /// Seconds a run may take (600).
    pub timeout_seconds: Option<u64>,
    /// The context window in tokens, where it should be smaller than the model's.
    pub context_tokens: Option<u32>,
    pub compaction: CompactionSettings,
    pub context_pruning: Pruning,
    pub sandbox: sandbox::Containers,
}

/// When older messages are replaced by a summary.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct CompactionSettings {
    /// Tokens kept free for the answer (20,000).
    pub reserve_tokens_floor: Option<u32>,
}

/// What may be said of a model that can be chosen.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct ChosenModel {
    /// A short name for it.
    pub alias: Option<String>,
    pub params: Params,
}

/// Parameters of the calls to a model.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Params {
    pub temperature: Option<f64>,
    /// Most tokens of an answer.
    pub max_tokens: Option<u32>,
    /// How long the vendor keeps the prompt: `5m` or `1h`.
    pub cache_control_ttl: Option<String>,
}

/// A model, or a model with others behind it.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Choice {
    One(String),
    Chain {
        #[serde(default)]
        primary: Option<String>,
        /// Tried in order when the one before cannot answer.
        #[serde(default)]
        fallbacks: Vec<String>,
    },
}

/// One agent.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct AgentEntry {
    /// Its name; other characters than a-z, 0-9, _ and - become -.
    pub id: String,
    /// Takes what no binding gives to another (the first agent, if none says so).
    pub default: bool,
    pub name: Option<String>,
    pub workspace: Option<String>,
    pub model: Option<Choice>,
    pub identity: Option<Identity>,
    pub tools: Option<sandbox::AgentTools>,
    pub sandbox: sandbox::Containers,
}

/// Vendors and servers beyond those known.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
#[schemars(rename = "ModelsSection")]
pub struct ModelsSection {
    pub providers: BTreeMap<String, ProviderEntry>,
}

/// One vendor or server.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct ProviderEntry {
    /// Where it is reached.
    pub base_url: Option<String>,
    /// The wire format it speaks.
    pub api: Option<String>,
    /// Headers sent with each call.
    pub headers: BTreeMap<String, String>,
    pub models: Vec<ModelEntry>,
}

/// One model of a vendor.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct ModelEntry {
    pub id: String,
    /// For people.
    pub name: Option<String>,
    pub api: Option<String>,
    pub reasoning: Option<bool>,
    /// What it reads: `text`, `image`.
    pub input: Option<Vec<String>>,
    /// US dollars for a million tokens.
    #[schemars(with = "Option<BTreeMap<String, f64>>")]
    pub cost: Option<provider::Price>,
    pub context_window: Option<f64>,
    pub max_tokens: Option<f64>,
    pub headers: BTreeMap<String, String>,
    #[schemars(with = "BTreeMap<String, serde_json::Value>")]
    pub compat: provider::Compat,
}

/// How the assistant is shown in clients.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
#[schemars(rename = "AssistantFaceSection")]
pub struct UiSection {
    pub assistant: Face,
}

/// A name and a face for every agent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
#[schemars(rename = "AssistantFace")]
pub struct Face {
    pub name: Option<String>,
    pub avatar: Option<String>,
}

const TIMEOUT: u64 = 600;
const BOOTSTRAP_MAX_CHARS: usize = 20_000;

impl Section for Config {
    const PATH: &'static str = "";
    const RELOAD: Reload = Reload::Now;

    fn check(&self, issues: &mut Issues) {
        let root: ConfigPath = ["agents", "defaults"].into_iter().collect();
        if self.agents.defaults.timeout_seconds == Some(0) {
            issues.add(&root.child("timeoutSeconds"), "must be more than 0");
        }
        if self.agents.defaults.bootstrap_max_chars == Some(0) {
            issues.add(&root.child("bootstrapMaxChars"), "must be more than 0");
        }
        let texts = self.agents.defaults.model.iter().flat_map(|choice| choice.primary().into_iter());
        for text in texts {
            let known_alias = self.alias(text).is_some();
            if !known_alias && text.contains('/') && text.parse::<ModelRef>().is_err() {
                issues.add(&root.child("model").child("primary"), "must be written as provider/model");
            }
        }
    }
}

impl Choice {
    #[must_use]
    pub fn primary(&self) -> Option<&str> {
        match self {
            Self::One(model) => Some(model),
            Self::Chain { primary, .. } => primary.as_deref(),
        }
    }

    #[must_use]
    pub fn fallbacks(&self) -> &[String] {
        match self {
            Self::One(_) => &[],
            Self::Chain { fallbacks, .. } => fallbacks,
        }
    }
}

impl Config {
    /// What is written about an agent.
    #[must_use]
    pub fn entry(&self, agent: &AgentId) -> Option<&AgentEntry> {
        self.agents.list.iter().find(|entry| AgentId::normalised(&entry.id) == *agent)
    }

    /// How an agent's commands run, where `general` says how all of them do.
    #[must_use]
    pub fn exec(&self, agent: &AgentId, general: &sandbox::Exec) -> sandbox::Exec {
        let own = self.entry(agent).and_then(|entry| entry.tools.as_ref());
        own.map_or_else(|| general.clone(), |own| own.exec.over(general))
    }

    /// The agent that takes what no binding gives to another.
    #[must_use]
    pub fn default_agent(&self) -> AgentId {
        AgentId::default_of(self.agents.list.iter().map(|entry| (entry.id.as_str(), entry.default)))
    }

    /// All agents, in the order they are written.
    #[must_use]
    pub fn agents(&self) -> Vec<AgentId> {
        let mut all: Vec<AgentId> = Vec::new();
        for entry in &self.agents.list {
            let id = AgentId::normalised(&entry.id);
            if !all.contains(&id) {
                all.push(id);
            }
        }
        if all.is_empty() {
            all.push(AgentId::main());
        }
        all
    }

    /// How long a run may take.
    #[must_use]
    pub fn timeout(&self) -> Duration {
        Duration::from_secs(self.agents.defaults.timeout_seconds.filter(|seconds| *seconds > 0).unwrap_or(TIMEOUT))
    }

    pub(crate) fn bootstrap_max_chars(&self) -> usize {
        self.agents.defaults.bootstrap_max_chars.filter(|chars| *chars > 0).unwrap_or(BOOTSTRAP_MAX_CHARS)
    }

    /// The workspace as it is written for an agent, if it is.
    #[must_use]
    pub fn workspace(&self, agent: &AgentId) -> Option<&str> {
        let own = self.entry(agent).and_then(|entry| entry.workspace.as_deref());
        own.or_else(|| (*agent == self.default_agent()).then_some(self.agents.defaults.workspace.as_deref()).flatten())
    }

    /// The full name behind a short one.
    pub(crate) fn alias(&self, word: &str) -> Option<&str> {
        let models = self.agents.defaults.models.iter();
        let named = |model: &ChosenModel| model.alias.as_deref().is_some_and(|alias| alias.eq_ignore_ascii_case(word));
        models.into_iter().find(|(_, model)| named(model)).map(|(name, _)| name.as_str())
    }

    pub(crate) fn params(&self, model: &ModelRef) -> Params {
        let name = model.to_string();
        let found = self.agents.defaults.models.iter().find(|(key, _)| key.eq_ignore_ascii_case(&name));
        found.map(|(_, model)| model.params.clone()).unwrap_or_default()
    }

    /// Whether the owner said anything about which model to use.
    pub(crate) fn names_a_model(&self) -> bool {
        let chosen = self.agents.defaults.model.is_some() || self.agents.list.iter().any(|entry| entry.model.is_some());
        chosen || !self.models.providers.is_empty()
    }

    /// Whether the owner wants this session in a container.
    pub(crate) fn in_container(&self, agent: &AgentId, is_main: bool) -> bool {
        let own = self.entry(agent).map(|entry| &entry.sandbox).filter(|sandbox| sandbox.mode.is_some());
        own.unwrap_or(&self.agents.defaults.sandbox).are_for(is_main)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Config {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn a_model_is_written_as_a_text_or_as_a_chain() {
        let config = read(
            r#"{"agents":{"defaults":{"model":{"primary":"a/b","fallbacks":["c/d"]}},"list":[{"id":"Ops","model":"e/f"}]}}"#,
        );
        assert_eq!(config.agents.defaults.model.as_ref().and_then(Choice::primary), Some("a/b"));
        let ops = config.entry(&"ops".parse().unwrap()).unwrap();
        assert_eq!(ops.model.as_ref().and_then(Choice::primary), Some("e/f"));
        assert_eq!((config.default_agent().as_str(), config.timeout().as_secs()), ("ops", 600));
    }

    #[test]
    fn without_a_list_there_is_one_agent_called_main() {
        assert_eq!(read("{}").agents(), [AgentId::main()]);
        assert!(!read("{}").names_a_model());
    }
}
