//! The name of a configured persona.
//!
//! Lower case `[a-z0-9][a-z0-9_-]{0,63}`, so that it is also a folder name and a part of a session key.

use std::{fmt, str::FromStr, sync::Arc};

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

use crate::ParseNameError;

/// A configured persona: workspace, model, tools.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline, transparent, extend("minLength" = 1))]
pub struct AgentId(Arc<str>);

const MAX: usize = 64;

fn allowed(c: char) -> bool {
    c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '-'
}

impl AgentId {
    /// The agent that exists when none is configured.
    #[must_use]
    pub fn main() -> Self {
        Self("main".into())
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Any text made into an agent id, as 2026.1.24 does: lower case, other characters become `-`, empty becomes `main`.
    #[must_use]
    pub fn normalised(text: &str) -> Self {
        let lower = text.trim().to_lowercase();
        let mapped: String = lower.chars().map(|c| if allowed(c) { c } else { '-' }).collect();
        let cut: String = mapped.trim_start_matches(['-', '_']).chars().take(MAX).collect();
        let cut = cut.trim_end_matches('-');
        if cut.is_empty() { Self::main() } else { Self(cut.into()) }
    }

    /// Of the agents as they are listed, by name and whether they are marked as default, the one that takes what is given
    /// to no other: the first that is marked, else the first; `main` where none is listed.
    #[must_use]
    pub fn default_of<'a>(listed: impl IntoIterator<Item = (&'a str, bool)>) -> Self {
        let mut first = None;
        for (name, is_default) in listed {
            if is_default {
                return Self::normalised(name);
            }
            first = first.or(Some(name));
        }
        first.map_or_else(Self::main, Self::normalised)
    }
}

impl FromStr for AgentId {
    type Err = ParseNameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let starts_well = text.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit());
        if starts_well && text.len() <= MAX && text.chars().all(allowed) {
            Ok(Self(text.into()))
        } else {
            Err(ParseNameError {
                what: "agent id",
                problem: "must be 1 to 64 of a-z, 0-9, _ and -, starting with a letter or digit",
            })
        }
    }
}

impl<'de> Deserialize<'de> for AgentId {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
    }
}

impl fmt::Display for AgentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for AgentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AgentId({})", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_agent_is_the_first_that_is_marked_else_the_first_else_main() {
        let default = |listed: &[(&str, bool)]| AgentId::default_of(listed.iter().copied()).to_string();
        assert_eq!(default(&[("a", false), ("b", true), ("c", true)]), "b");
        assert_eq!(default(&[("A", false), ("b", false)]), "a");
        assert_eq!(default(&[]), "main");
    }

    #[test]
    fn any_text_can_be_made_an_agent_id() {
        assert_eq!(AgentId::normalised("My Agent!").as_str(), "my-agent");
        assert_eq!(AgentId::normalised("  ").as_str(), "main");
        assert!("My Agent".parse::<AgentId>().is_err());
        assert!("work_2".parse::<AgentId>().is_ok());
    }
}
