//! Where a piece of text came from, who may see it, and what power that gives.
//!
//! Written into every transcript entry and carried with every turn. Reading never fails on a word of a later version:
//! an unknown origin has no power, an unknown secrecy is the strictest.

use std::sync::Arc;

use ids::EventId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Who or what wrote a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// The owner, or an operator who may write.
    Owner,
    /// A paired or allow-listed sender; in a group too, when the group's allow list names them.
    Paired,
    /// Anybody else who can write to us.
    GroupMember,
    Web,
    File,
    Tool,
    Memory,
    /// A job the owner set up.
    Schedule,
    /// The model itself.
    Model,
    /// This program: notices, summaries of what it did.
    System,
    /// A word of a later version.
    #[serde(other)]
    Unknown,
}

/// Whose prompts a text may enter; later is stricter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Secrecy {
    Public,
    /// Those in the conversation it was said in.
    Chat,
    /// The owner alone. A word of a later version reads as this.
    #[serde(other)]
    Owner,
}

/// What a run may do, which is what the person who caused it may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Power {
    /// What the `tools` config allows.
    Trusted,
    /// No tool that needs anything.
    Bystander,
}

impl Origin {
    /// The power of a run this origin causes.
    #[must_use]
    pub const fn power(self) -> Power {
        match self {
            Self::Owner | Self::Paired | Self::Schedule => Power::Trusted,
            Self::GroupMember
            | Self::Web
            | Self::File
            | Self::Tool
            | Self::Memory
            | Self::Model
            | Self::System
            | Self::Unknown => Power::Bystander,
        }
    }
}

impl Secrecy {
    /// Whether a text of this secrecy, from the same conversation, may enter the prompt of a run `cause` started.
    #[must_use]
    pub const fn may_enter_run_of(self, cause: Origin) -> bool {
        match self {
            Self::Public | Self::Chat => true,
            Self::Owner => matches!(cause, Origin::Owner | Origin::Schedule),
        }
    }
}

/// What stands beside a text on disk, under the entry's `x`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Provenance {
    pub origin: Origin,
    /// The sender (`telegram:42`), tool or page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Arc<str>>,
    pub secrecy: Secrecy,
    /// The inbound event at the start of the chain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<EventId>,
}

impl Provenance {
    #[must_use]
    pub const fn new(origin: Origin, secrecy: Secrecy) -> Self {
        Self { origin, by: None, secrecy, cause: None }
    }

    #[must_use]
    pub fn by(mut self, who: impl Into<Arc<str>>) -> Self {
        self.by = Some(who.into());
        self
    }

    #[must_use]
    pub fn caused_by(mut self, event: EventId) -> Self {
        self.cause = Some(event);
        self
    }
}

impl Default for Provenance {
    /// What an entry without a word about it is.
    fn default() -> Self {
        Self::new(Origin::Owner, Secrecy::Chat)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn provenance_is_written_in_the_shape_transcripts_keep() {
        let event = EventId::new(1, 2);
        let written = Provenance::new(Origin::Paired, Secrecy::Chat).by("telegram:42").caused_by(event.clone());
        let text = serde_json::to_string(&written).unwrap();
        assert_eq!(text, format!(r#"{{"origin":"paired","by":"telegram:42","secrecy":"chat","cause":"{event}"}}"#));
        assert_eq!(serde_json::from_str::<Provenance>(&text).unwrap(), written);
    }

    #[test]
    fn a_word_of_a_later_version_reads_as_the_least_trusted() {
        let read: Provenance = serde_json::from_str(r#"{"origin":"hologram","secrecy":"vault","new":1}"#).unwrap();
        assert_eq!(read, Provenance::new(Origin::Unknown, Secrecy::Owner));
        assert_eq!(read.origin.power(), Power::Bystander);
    }

    #[test]
    fn what_only_the_owner_may_see_stays_out_of_other_peoples_runs() {
        assert!(Secrecy::Owner.may_enter_run_of(Origin::Owner));
        assert!(!Secrecy::Owner.may_enter_run_of(Origin::Paired));
        assert!(Secrecy::Chat.may_enter_run_of(Origin::GroupMember));
    }
}
