//! `commands`: where people find what they may call us by.

use config::{Reload, Section};
use schemars::JsonSchema;
use serde::Deserialize;

/// How commands are offered.
#[derive(Debug, Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct CommandsSection {
    /// Whether networks show our commands in their menus (auto: where it is usual).
    native: Native,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(untagged)]
enum Native {
    Always(bool),
    Word(Auto),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Auto {
    Auto,
}

impl Default for Native {
    fn default() -> Self {
        Self::Word(Auto::Auto)
    }
}

impl Section for CommandsSection {
    const PATH: &'static str = "commands";
    const RELOAD: Reload = Reload::Now;
}

impl CommandsSection {
    /// What networks show.
    pub(crate) fn menu(self) -> channel::Menu {
        channel::Menu { commands: inbound::COMMANDS, is_wanted: self.native != Native::Always(false) }
    }
}
