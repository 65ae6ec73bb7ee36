//! What the owner may set about replies.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Blocks, Growth, Rules};

/// Replies' settings, from `messages` and `channels.<kind>.textChunkLimit`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// Put before the first piece of an answer, once (`messages.responsePrefix`).
    pub response_prefix: Option<String>,
    /// Characters of one text piece by channel kind; the network's own limit still holds.
    pub chunk_limit: BTreeMap<String, usize>,
    pub after_unknown: AfterUnknown,
    /// What the agent may do on a network, by channel kind and account; without an entry, what is usual.
    pub rules: BTreeMap<(String, String), Rules>,
    /// Where answers leave while they are being written, named as in `rules`; without an entry they leave whole.
    pub blocks: BTreeMap<(String, String), Option<Blocks>>,
    /// Where and how drafts are shown, named as in `rules`.
    pub drafts: BTreeMap<(String, String), Option<Growth>>,
}

impl Config {
    /// What the agent may do through one account: its own entry, else its network's, which stands under no account.
    pub(crate) fn rules(&self, channel: &str, account: &str) -> Rules {
        of(&self.rules, channel, account).unwrap_or_default()
    }

    pub(crate) fn blocks(&self, channel: &str, account: &str) -> Option<Blocks> {
        of(&self.blocks, channel, account).flatten()
    }

    pub(crate) fn drafts(&self, channel: &str, account: &str) -> Option<Growth> {
        of(&self.drafts, channel, account).flatten()
    }
}

fn of<T: Copy>(entries: &BTreeMap<(String, String), T>, channel: &str, account: &str) -> Option<T> {
    let entry = |account: &str| entries.get(&(channel.to_owned(), account.to_owned())).copied();
    entry(account).or_else(|| entry(""))
}

impl Default for Config {
    fn default() -> Self {
        Self {
            response_prefix: None,
            chunk_limit: BTreeMap::new(),
            after_unknown: AfterUnknown::Repeat,
            rules: BTreeMap::new(),
            blocks: BTreeMap::new(),
            drafts: BTreeMap::new(),
        }
    }
}

/// What to do with a send nobody answered, where the network cannot be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AfterUnknown {
    /// A visible double is better than a silent loss.
    Repeat,
    /// The person is told that something may be missing.
    Tell,
}

/// Text pieces when neither config nor network says less.
pub(crate) const DEFAULT_CHUNK: usize = 4000;
