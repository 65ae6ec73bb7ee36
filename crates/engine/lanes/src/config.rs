//! How many runs at once, and what a busy session does with another message.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Lanes' settings, from `agents.defaults.maxConcurrent` and `messages.queue`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    pub main: usize,
    pub subagent: usize,
    pub cron: usize,
    pub queue: QueueSettings,
}

impl Default for Config {
    fn default() -> Self {
        Self { main: 4, subagent: 8, cron: 1, queue: QueueSettings::default() }
    }
}

/// What one session does with messages that arrive during a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QueueSettings {
    pub mode: QueueMode,
    /// Quiet time after the last message before the held ones run.
    pub debounce: Duration,
    /// Most messages held.
    pub cap: usize,
    pub drop: DropPolicy,
    /// Before whom its turns go when places are few; higher first.
    pub priority: i32,
}

impl Default for QueueSettings {
    fn default() -> Self {
        Self {
            mode: QueueMode::Collect,
            debounce: Duration::from_secs(1),
            cap: 20,
            drop: DropPolicy::Summarize,
            priority: 0,
        }
    }
}

/// The queue modes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum QueueMode {
    /// Hold, then one turn for all.
    #[default]
    Collect,
    /// Hold, then one turn each.
    Followup,
    /// Into the running turn.
    Steer,
    /// Into the running turn, and again afterwards.
    SteerBacklog,
    /// Stop the run; the newest message starts the next.
    Interrupt,
}

impl QueueMode {
    /// A mode or one of the words people use for it.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Some(match word.trim().to_lowercase().as_str() {
            "collect" | "coalesce" => Self::Collect,
            "followup" | "follow-up" | "followups" | "follow-ups" => Self::Followup,
            "steer" | "queue" | "queued" | "steering" => Self::Steer,
            "steer-backlog" | "steer+backlog" => Self::SteerBacklog,
            "interrupt" | "interrupts" | "abort" => Self::Interrupt,
            _ => return None,
        })
    }
}

/// Which message goes when the cap is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DropPolicy {
    Old,
    New,
    /// The oldest goes, and a line about it stays.
    Summarize,
}
