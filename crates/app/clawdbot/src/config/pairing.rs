//! `pairing`: how strangers are let in. A section of this program alone.

use config::{Reload, Section};
use schemars::JsonSchema;
use serde::Deserialize;

/// How strangers are let in.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct PairingSection {
    /// Letters of a pairing code (6).
    #[schemars(range(min = 4, max = 16))]
    pub(crate) code_length: usize,
}

impl Default for PairingSection {
    fn default() -> Self {
        Self { code_length: 6 }
    }
}

impl Section for PairingSection {
    const PATH: &'static str = "pairing";
    const RELOAD: Reload = Reload::Now;
}

impl PairingSection {
    /// How codes are made.
    pub(crate) const fn settings(&self) -> pairing::Settings {
        pairing::Settings { code_length: self.code_length }
    }
}
