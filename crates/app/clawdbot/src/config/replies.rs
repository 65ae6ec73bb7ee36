//! `messages` and `channels.*`, as far as replies and lanes depend on them: read from the whole tree, because the keys
//! lie in several sections.

use std::{collections::BTreeMap, time::Duration};

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
    /// Whether answers leave block by block while they are being written; else as `agents.defaults` says.
    block_streaming: Option<bool>,
    block_streaming_coalesce: Option<Coalesce>,
    /// Whether an answer is shown as a draft while it is written, where the network can: word by word (partial), or in
    /// blocks.
    stream_mode: Option<StreamMode>,
    /// Blocks of a draft (200 and 800 characters).
    draft_chunk: Option<Chunk>,
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

    /// How a draft grows here.
    fn drafts(&self, network: Option<&Self>) -> Option<outbound::Growth> {
        let chunk = self.draft_chunk.or_else(|| network?.draft_chunk).unwrap_or_default();
        match self.stream_mode.or_else(|| network?.stream_mode).unwrap_or_default() {
            StreamMode::Off => None,
            StreamMode::Partial => Some(outbound::Growth::Words),
            StreamMode::Block => {
                let max = chunk.max_chars.unwrap_or(800).max(1);
                let min = chunk.min_chars.unwrap_or(200).clamp(1, max);
                Some(outbound::Growth::Blocks(outbound::Blocks {
                    when: outbound::Leaves::TextEnd,
                    min,
                    max,
                    prefer: chunk.break_preference,
                    idle: Duration::ZERO,
                    idle_min: min,
                }))
            }
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum StreamMode {
    Off,
    #[default]
    Partial,
    Block,
}

/// Joins small blocks while the model goes on.
#[derive(Debug, Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
struct Coalesce {
    /// Least characters that leave when the model pauses (as `blockStreamingChunk.minChars`).
    #[schemars(range(min = 1))]
    min_chars: Option<usize>,
    /// Most characters of one block (as `blockStreamingChunk.maxChars`).
    #[schemars(range(min = 1))]
    max_chars: Option<usize>,
    /// How long a pause is (1000); 0 joins nothing.
    idle_ms: Option<u64>,
}

/// How long a block is, and where it ends if it can.
#[derive(Debug, Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
struct Chunk {
    /// 800.
    #[schemars(range(min = 1))]
    min_chars: Option<usize>,
    /// 1200.
    #[schemars(range(min = 1))]
    max_chars: Option<usize>,
    break_preference: outbound::Break,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Switch {
    On,
    #[default]
    Off,
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
    /// Whether answers leave block by block, where the network's own section does not say.
    block_streaming_default: Switch,
    /// While the text is being written, or when the model has ended its message.
    block_streaming_break: outbound::Leaves,
    block_streaming_chunk: Chunk,
    block_streaming_coalesce: Coalesce,
}

impl AgentDefaults {
    /// How answers leave in blocks; what an account does not say, its network says.
    fn blocks(&self, account: &ChannelReplies, network: Option<&ChannelReplies>) -> Option<outbound::Blocks> {
        let on = account.block_streaming.or_else(|| network?.block_streaming);
        if !on.unwrap_or(self.block_streaming_default == Switch::On) {
            return None;
        }
        let coalesce = account.block_streaming_coalesce.or_else(|| network?.block_streaming_coalesce);
        let (coalesce, chunk) = (coalesce.unwrap_or(self.block_streaming_coalesce), self.block_streaming_chunk);
        let max = coalesce.max_chars.or(chunk.max_chars).unwrap_or(1200).max(1);
        let min = chunk.min_chars.unwrap_or(800).clamp(1, max);
        Some(outbound::Blocks {
            when: self.block_streaming_break,
            min,
            max,
            prefer: chunk.break_preference,
            idle: Duration::from_millis(coalesce.idle_ms.unwrap_or(1000)),
            idle_min: coalesce.min_chars.unwrap_or(min),
        })
    }
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
        let (mut rules, mut blocks, mut drafts) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        let defaults = &self.agents.defaults;
        for (kind, channel) in &self.channels {
            rules.insert((kind.clone(), String::new()), channel.rules(None));
            blocks.insert((kind.clone(), String::new()), defaults.blocks(channel, None));
            drafts.insert((kind.clone(), String::new()), channel.drafts(None));
            for (id, account) in &channel.accounts {
                rules.insert((kind.clone(), id.clone()), account.rules(Some(channel)));
                blocks.insert((kind.clone(), id.clone()), defaults.blocks(account, Some(channel)));
                drafts.insert((kind.clone(), id.clone()), account.drafts(Some(channel)));
            }
        }
        outbound::Config {
            response_prefix: self.messages.response_prefix.clone(),
            chunk_limit: limits.collect(),
            rules,
            blocks,
            drafts,
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

#[cfg(test)]
mod tests {
    use super::*;

    fn blocks(config: serde_json::Value) -> BTreeMap<(String, String), Option<outbound::Blocks>> {
        serde_json::from_value::<RepliesSection>(config).unwrap().outbound().blocks
    }

    #[test]
    fn answers_leave_in_blocks_where_the_account_or_its_network_or_the_defaults_say_so() {
        let all = blocks(serde_json::json!({
            "agents": { "defaults": { "blockStreamingDefault": "on", "blockStreamingChunk": { "minChars": 5000 } } },
            "channels": { "loud": { "accounts": { "shy": { "blockStreaming": false } } },
                          "slow": { "blockStreamingCoalesce": { "minChars": 30, "maxChars": 90, "idleMs": 7 } } },
        }));
        let of = |kind: &str, account: &str| all[&(kind.to_owned(), account.to_owned())];
        assert!(of("loud", "shy").is_none());
        let loud = of("loud", "").unwrap();
        assert_eq!((loud.min, loud.max, loud.idle, loud.idle_min), (1200, 1200, Duration::from_secs(1), 1200));
        let slow = of("slow", "").unwrap();
        assert_eq!((slow.min, slow.max, slow.idle, slow.idle_min), (90, 90, Duration::from_millis(7), 30));
        let off = blocks(serde_json::json!({ "channels": { "plain": {}, "own": { "blockStreaming": true } } }));
        let is_on = off.iter().map(|((kind, _), blocks)| (kind.as_str(), blocks.is_some()));
        assert_eq!(is_on.collect::<Vec<_>>(), [("own", true), ("plain", false)]);
    }
}
