//! What the owner may set about the journal.

use config::{Reload, Section};
use schemars::JsonSchema;
use serde::Deserialize;

/// How the journal is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Config {
    /// How much of the past is kept. Whole stories are forgotten, never parts of one.
    pub keep: Keep,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Keep {
    /// Days.
    #[schemars(range(min = 1))]
    pub days: u32,
    /// Megabytes of facts; when there are more, the oldest go first.
    #[schemars(range(min = 1))]
    pub megabytes: u32,
}

impl Default for Keep {
    fn default() -> Self {
        Self { days: 30, megabytes: 200 }
    }
}

impl Section for Config {
    const PATH: &'static str = "journal";
    const RELOAD: Reload = Reload::Now;
}
