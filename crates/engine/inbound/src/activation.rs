//! When the agent answers in a group.

use crate::GroupAccess;

/// A group's way, set with `/activation`; without it `requireMention` decides between the first two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activation {
    /// When it is mentioned or answered.
    Mention,
    /// To everything.
    Always,
    /// When one of its messages is answered, or in a thread that it takes part in.
    Reply,
}

impl Activation {
    /// What holds in a group with these rules, where `chosen` is what was set there.
    pub(crate) fn of(chosen: Option<Self>, rules: Option<&GroupAccess>) -> Self {
        let needs_mention = rules.is_none_or(|rules| rules.require_mention);
        chosen.unwrap_or(if needs_mention { Self::Mention } else { Self::Always })
    }

    /// All words, for people.
    pub(crate) const WORDS: &str = "mention, always, reply";

    pub(crate) fn from_word(word: &str) -> Option<Self> {
        match word.trim().to_lowercase().as_str() {
            "mention" => Some(Self::Mention),
            "always" => Some(Self::Always),
            "reply" => Some(Self::Reply),
            _ => None,
        }
    }

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Mention => "mention",
            Self::Always => "always",
            Self::Reply => "reply",
        }
    }

    /// For the model.
    pub(crate) fn sentence(self) -> &'static str {
        match self {
            Self::Mention => "Activation: mention. You are asked when somebody mentions you or answers you.",
            Self::Always => {
                "Activation: always. You are asked about every message, and most of them need nothing from you."
            }
            Self::Reply => {
                "Activation: reply. You are asked when somebody answers one of your messages or writes in a thread \
                 you take part in."
            }
        }
    }
}
