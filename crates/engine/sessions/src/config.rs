//! What the owner may set about conversations: the `session` section, as far as it concerns this crate.

use std::collections::BTreeMap;

use config::{Reload, Section};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::reset::{Policy, Rule, Surroundings};

/// How conversations are told apart, where they are kept and when they start over.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Config {
    /// One session for each sender and place, or one for everything.
    pub scope: Scope,
    /// The name of an agent's main session.
    pub main_key: Option<String>,
    /// Where the other program keeps its index: a path, `{agentId}` stands for the agent.
    pub store: Option<String>,
    /// When a conversation starts over.
    pub reset: Option<ResetRule>,
    /// The same for kinds of conversation.
    pub reset_by_type: ResetByType,
    /// The same for channels, by their name.
    pub reset_by_channel: BTreeMap<String, ResetRule>,
    /// Older spelling of `reset.idleMinutes`.
    #[schemars(range(min = 1))]
    pub idle_minutes: Option<u32>,
    /// Conversations at most: beyond that, the one unused for longest is put aside. No bound when absent.
    #[schemars(range(min = 1))]
    pub max_sessions: Option<u32>,
    /// Days after which a transcript that was reset or deleted is removed for good. Kept when absent.
    pub keep_archived_days: Option<u32>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    #[default]
    PerSender,
    Global,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ResetMode {
    #[default]
    Daily,
    Idle,
}

/// When a conversation starts over. With both a mode of `daily` and idle minutes, whichever comes first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct ResetRule {
    pub mode: Option<ResetMode>,
    /// Hour of the local day, 4 when absent.
    #[schemars(range(max = 23))]
    pub at_hour: Option<u8>,
    #[schemars(range(min = 1))]
    pub idle_minutes: Option<u32>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct ResetByType {
    pub dm: Option<ResetRule>,
    pub group: Option<ResetRule>,
    pub thread: Option<ResetRule>,
}

impl Section for Config {
    const PATH: &'static str = "session";
    const RELOAD: Reload = Reload::Now;
}

impl Config {
    /// The name of an agent's main session.
    #[must_use]
    pub fn main_key(&self) -> &str {
        self.main_key.as_deref().map(str::trim).filter(|key| !key.is_empty()).unwrap_or("main")
    }

    /// When a conversation in these surroundings starts over.
    pub(crate) fn reset_policy(&self, around: &Surroundings) -> Policy {
        let by_type = match around.kind {
            Rule::Dm => self.reset_by_type.dm,
            Rule::Group => self.reset_by_type.group,
            Rule::Thread => self.reset_by_type.thread,
        };
        let by_channel = around.channel.as_deref().and_then(|channel| self.reset_by_channel.get(channel).copied());
        let base = self.reset.unwrap_or_default();
        let special = by_channel.or(by_type).unwrap_or_default();
        let idle_minutes = special.idle_minutes.or(base.idle_minutes).or(self.idle_minutes);
        // Minutes alone, in the older spelling, meant that there is no daily reset.
        let only_idle = self.idle_minutes.is_some() && self.reset.is_none() && special == ResetRule::default();
        match special.mode.or(base.mode) {
            Some(ResetMode::Idle) => Policy { at_hour: None, idle_minutes: Some(idle_minutes.unwrap_or(60)) },
            None if only_idle => Policy { at_hour: None, idle_minutes },
            Some(ResetMode::Daily) | None => {
                Policy { at_hour: Some(special.at_hour.or(base.at_hour).unwrap_or(4).min(23)), idle_minutes }
            }
        }
    }
}
