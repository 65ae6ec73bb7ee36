//! What the owner may set about replies.

use serde::{Deserialize, Serialize};

/// Replies' settings, from `messages` and `channels.<kind>.textChunkLimit`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// Put before the first piece of an answer, once (`messages.responsePrefix`).
    pub response_prefix: Option<String>,
    /// Characters of one text piece by channel kind; the network's own limit still holds.
    pub chunk_limit: std::collections::BTreeMap<String, usize>,
    pub after_unknown: AfterUnknown,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            response_prefix: None,
            chunk_limit: std::collections::BTreeMap::new(),
            after_unknown: AfterUnknown::Repeat,
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
