//! What the owner may set about who is heard, where messages go, and how they are joined.

use std::{collections::BTreeMap, time::Duration};

use config::{Reload, Section};
use lanes::{DropPolicy, QueueMode, QueueSettings};
use schemars::JsonSchema;
use serde::Deserialize;

/// The parts of the file that inbound messages depend on.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Config {
    pub bindings: Vec<Binding>,
    pub session: SessionConfig,
    pub messages: MessagesConfig,
    /// Access rules have the same keys for every network.
    pub channels: BTreeMap<String, ChannelAccess>,
    pub agents: AgentsConfig,
}

impl Section for Config {
    const PATH: &'static str = "";
    const RELOAD: Reload = Reload::Now;
}

/// Routes what matches to an agent.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Binding {
    pub agent_id: String,
    #[serde(rename = "match")]
    pub matches: Match,
}

/// All that is given must match.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Match {
    pub channel: String,
    /// Absent: the account `default`; `*`: any.
    pub account_id: Option<String>,
    pub peer: Option<PeerMatch>,
}

#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
pub struct PeerMatch {
    /// `dm`, `group` or `channel`.
    pub kind: ids::PeerKind,
    pub id: String,
}

#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct SessionConfig {
    pub scope: Scope,
    pub dm_scope: DmScope,
    pub main_key: Option<String>,
    /// One person's ids on several networks, under one name.
    pub identity_links: BTreeMap<String, Vec<String>>,
    /// Words that start a session over.
    pub reset_triggers: Option<Vec<String>>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    #[default]
    PerSender,
    Global,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DmScope {
    #[default]
    Main,
    PerPeer,
    PerChannelPeer,
}

#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct MessagesConfig {
    pub inbound: DebounceConfig,
    pub queue: QueueConfig,
    pub group_chat: GroupChatConfig,
}

#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct DebounceConfig {
    pub debounce_ms: Option<u64>,
    pub by_channel: BTreeMap<String, u64>,
}

#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct QueueConfig {
    pub mode: Option<String>,
    pub by_channel: BTreeMap<String, String>,
    pub debounce_ms: Option<u64>,
    pub cap: Option<usize>,
    pub drop: Option<DropPolicyWord>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum DropPolicyWord {
    Old,
    New,
    Summarize,
}

#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct GroupChatConfig {
    pub mention_patterns: Option<Vec<String>>,
    /// Messages kept as context per group.
    pub history_limit: Option<usize>,
}

/// Who is heard on a network, and on one of its accounts.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct ChannelAccess {
    pub dm_policy: Option<DmPolicy>,
    pub group_policy: Option<GroupPolicy>,
    pub allow_from: Vec<Entry>,
    pub group_allow_from: Option<Vec<Entry>>,
    pub groups: BTreeMap<String, Group>,
    pub history_limit: Option<usize>,
    pub accounts: BTreeMap<String, ChannelAccess>,
}

/// An id, as a number or a text.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Entry {
    Text(String),
    Number(i64),
}

impl Entry {
    fn text(&self) -> String {
        match self {
            Self::Text(text) => text.trim().to_owned(),
            Self::Number(number) => number.to_string(),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum DmPolicy {
    Pairing,
    Allowlist,
    Open,
    Disabled,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum GroupPolicy {
    Open,
    Allowlist,
    Disabled,
}

/// One group, or `*` for all.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Group {
    pub enabled: Option<bool>,
    pub require_mention: Option<bool>,
    pub allow_from: Option<Vec<Entry>>,
    pub system_prompt: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct AgentsConfig {
    pub defaults: AgentDefaults,
    pub list: Vec<AgentEntry>,
}

#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct AgentDefaults {
    /// `local`, `utc`, `user` or a zone's name.
    pub envelope_timezone: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct AgentEntry {
    pub id: String,
    pub default: bool,
    pub name: Option<String>,
    pub identity: Option<Identity>,
    pub group_chat: Option<GroupChatConfig>,
}

#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Identity {
    pub name: Option<String>,
    pub emoji: Option<String>,
}

const DEFAULT_HISTORY: usize = 50;

impl Config {
    /// The rules of one account: its own, else the network's, else everyone's.
    #[must_use]
    pub fn access(&self, channel: &str, account: &str) -> Access {
        let empty = ChannelAccess::default();
        let general = self.channels.get(channel).unwrap_or(&empty);
        let own = general.accounts.get(account).unwrap_or(&empty);
        let everyone = self.channels.get("defaults").unwrap_or(&empty);
        let list = |own: &[Entry], general: &[Entry]| -> Vec<String> {
            let chosen = if own.is_empty() { general } else { own };
            chosen.iter().map(Entry::text).collect()
        };
        let allow_from = list(&own.allow_from, &general.allow_from);
        let group_allow = own.group_allow_from.as_ref().or(general.group_allow_from.as_ref());
        let history = own.history_limit.or(general.history_limit).or(self.messages.group_chat.history_limit);
        Access {
            dm_policy: own.dm_policy.or(general.dm_policy).unwrap_or(DmPolicy::Pairing),
            group_policy: own
                .group_policy
                .or(general.group_policy)
                .or(everyone.group_policy)
                .unwrap_or(GroupPolicy::Allowlist),
            group_allow_from: group_allow
                .map_or_else(|| allow_from.clone(), |list| list.iter().map(Entry::text).collect()),
            allow_from,
            groups: if own.groups.is_empty() { general.groups.clone() } else { own.groups.clone() },
            history_limit: history.unwrap_or(DEFAULT_HISTORY),
        }
    }

    /// How long quick texts of one sender are held to be joined.
    #[must_use]
    pub fn debounce(&self, channel: &str) -> Duration {
        let inbound = &self.messages.inbound;
        let ms = inbound.by_channel.get(channel).copied().or(inbound.debounce_ms).unwrap_or(0);
        Duration::from_millis(ms.min(60_000))
    }

    /// What a busy session does with another message of that network, before the session's own wish.
    #[must_use]
    pub fn queue(&self, channel: &str) -> QueueSettings {
        let queue = &self.messages.queue;
        let word = queue.by_channel.get(channel).or(queue.mode.as_ref());
        let standard = QueueSettings::default();
        QueueSettings {
            mode: word.and_then(|word| QueueMode::from_word(word)).unwrap_or(standard.mode),
            debounce: queue.debounce_ms.map_or(standard.debounce, Duration::from_millis),
            cap: queue.cap.unwrap_or(standard.cap).max(1),
            drop: queue.drop.map_or(standard.drop, |word| match word {
                DropPolicyWord::Old => DropPolicy::Old,
                DropPolicyWord::New => DropPolicy::New,
                DropPolicyWord::Summarize => DropPolicy::Summarize,
            }),
        }
    }

    /// The agent that what no binding catches goes to.
    #[must_use]
    pub fn default_agent(&self) -> ids::AgentId {
        let chosen = self.agents.list.iter().find(|agent| agent.default).or(self.agents.list.first());
        chosen.map_or_else(ids::AgentId::main, |agent| ids::AgentId::normalised(&agent.id))
    }

    /// Whether the agent is configured; without a list there is `main` alone.
    #[must_use]
    pub fn has_agent(&self, agent: &ids::AgentId) -> bool {
        if self.agents.list.is_empty() {
            return *agent == ids::AgentId::main();
        }
        self.agents.list.iter().any(|entry| ids::AgentId::normalised(&entry.id) == *agent)
    }

    #[must_use]
    pub fn main_key(&self) -> String {
        let key = self.session.main_key.as_deref().map(str::trim).filter(|key| !key.is_empty());
        key.unwrap_or("main").to_lowercase()
    }
}

/// One account's rules, with every default in place.
#[derive(Debug, Clone, PartialEq)]
pub struct Access {
    pub dm_policy: DmPolicy,
    pub group_policy: GroupPolicy,
    pub allow_from: Vec<String>,
    pub group_allow_from: Vec<String>,
    pub groups: BTreeMap<String, Group>,
    pub history_limit: usize,
}

impl Access {
    /// The group's own entry, else that of `*`.
    #[must_use]
    pub fn group(&self, id: &str) -> Option<&Group> {
        self.groups.get(id).or_else(|| self.groups.get("*"))
    }
}

impl Group {
    pub(crate) fn senders(&self) -> Option<Vec<String>> {
        self.allow_from.as_ref().map(|list| list.iter().map(Entry::text).collect())
    }
}
