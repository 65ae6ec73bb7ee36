//! What the owner may set about who is heard, where messages go, and how they are joined.

use std::{collections::BTreeMap, time::Duration};

use config::{Issues, Reload, Section};
use lanes::{DropPolicy, QueueMode, QueueSettings};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::ChannelAccess;

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
    pub commands: CommandsConfig,
}

/// What commands in chats may do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct CommandsConfig {
    /// The owner may change the config from a chat.
    pub config: bool,
}

impl Section for Config {
    const PATH: &'static str = "";
    const RELOAD: Reload = Reload::Now;

    fn check(&self, issues: &mut Issues) {
        self.check_doors(issues);
    }
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
    /// The guild (Discord) that the room belongs to.
    pub guild_id: Option<String>,
    /// The team (Slack, Teams) that the room belongs to.
    pub team_id: Option<String>,
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
    /// Shown on a message that is taken up; empty for none. Absent: the agent's own emoji.
    pub ack_reaction: Option<String>,
    pub ack_reaction_scope: AckScope,
    /// The reaction goes when the answer is there.
    pub remove_ack_after_reply: bool,
}

/// Which messages are marked when they are taken up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum AckScope {
    /// In groups, where a mention is needed.
    #[default]
    GroupMentions,
    GroupAll,
    Direct,
    All,
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
    /// Whose turns go first when more wait than may run at once; higher first, 0 where nothing is said.
    pub priority_by_channel: BTreeMap<String, i32>,
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

impl Config {
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
            priority: queue.priority_by_channel.get(channel).copied().unwrap_or(standard.priority),
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
        ids::AgentId::default_of(self.agents.list.iter().map(|agent| (agent.id.as_str(), agent.default)))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_has_the_priority_that_its_owner_gave_it_and_others_have_none() {
        let config: Config = serde_json::from_str(r#"{"messages":{"queue":{"priorityByChannel":{"net":5}}}}"#).unwrap();
        assert_eq!((config.queue("net").priority, config.queue("other").priority), (5, 0));
    }
}
