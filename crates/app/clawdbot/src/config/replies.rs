//! `messages` and `channels.*`, as far as replies and lanes depend on them: read from the whole tree, because the keys
//! lie in several sections.

use std::collections::BTreeMap;

use config::{Reload, Section};
use schemars::JsonSchema;
use serde::Deserialize;

/// What holds for answers, and how many runs there may be at once.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct RepliesSection {
    messages: Messages,
    channels: BTreeMap<String, ChannelReplies>,
    agents: Agents,
}

#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
#[schemars(rename = "ReplyMessages")]
struct Messages {
    /// Put before each answer, once.
    response_prefix: Option<String>,
}

#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
struct ChannelReplies {
    /// Most characters of one message.
    text_chunk_limit: Option<usize>,
    actions: outbound::ActionGates,
    capabilities: Option<outbound::Capabilities>,
    /// How the agent reacts: `off` and `ack` leave it no reactions of its own.
    reaction_level: Option<ReactionLevel>,
    accounts: BTreeMap<String, ChannelReplies>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum ReactionLevel {
    Off,
    Ack,
    Minimal,
    Extensive,
}

impl ChannelReplies {
    /// What the agent may do here; what an account does not say, its network says.
    fn rules(&self, network: Option<&Self>) -> outbound::Rules {
        let level = self.reaction_level.or_else(|| network?.reaction_level);
        let capabilities = self.capabilities.as_ref().or_else(|| network?.capabilities.as_ref());
        let mut actions = network.map_or(self.actions, |network| self.actions.over(network.actions));
        if matches!(level, Some(ReactionLevel::Off | ReactionLevel::Ack)) {
            actions.reactions = Some(false);
        }
        outbound::Rules { actions, buttons: capabilities.map(outbound::Capabilities::buttons).unwrap_or_default() }
    }
}

#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
#[schemars(rename = "ReplyAgents")]
struct Agents {
    defaults: AgentDefaults,
}

#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
#[schemars(rename = "ReplyAgentDefaults")]
struct AgentDefaults {
    /// Runs at once (4).
    #[schemars(range(min = 1))]
    max_concurrent: Option<usize>,
    subagents: Subagents,
}

#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
struct Subagents {
    /// Runs of helpers at once (8).
    #[schemars(range(min = 1))]
    max_concurrent: Option<usize>,
}

impl Section for RepliesSection {
    const PATH: &'static str = "";
    const RELOAD: Reload = Reload::Now;
}

impl RepliesSection {
    /// What replies are made with.
    pub(crate) fn outbound(&self) -> outbound::Config {
        let limits = self.channels.iter().filter_map(|(kind, channel)| Some((kind.clone(), channel.text_chunk_limit?)));
        let mut rules = BTreeMap::new();
        for (kind, channel) in &self.channels {
            rules.insert((kind.clone(), String::new()), channel.rules(None));
            let accounts = channel.accounts.iter();
            rules.extend(accounts.map(|(id, account)| ((kind.clone(), id.clone()), account.rules(Some(channel)))));
        }
        outbound::Config {
            response_prefix: self.messages.response_prefix.clone(),
            chunk_limit: limits.collect(),
            rules,
            ..outbound::Config::default()
        }
    }

    /// How many runs at once, and what a busy session does with another message.
    pub(crate) fn lanes(&self, inbound: &inbound::Config) -> lanes::Config {
        let usual = lanes::Config::default();
        let defaults = &self.agents.defaults;
        lanes::Config {
            main: defaults.max_concurrent.unwrap_or(usual.main).max(1),
            subagent: defaults.subagents.max_concurrent.unwrap_or(usual.subagent).max(1),
            queue: inbound.queue(""),
            ..usual
        }
    }
}
