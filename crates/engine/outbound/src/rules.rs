//! What the owner lets the agent do on a network besides answering.

use schemars::JsonSchema;
use serde::Deserialize;

/// One account's rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rules {
    pub actions: ActionGates,
    pub buttons: ButtonScope,
}

/// Which actions of the `message` tool are open; what is not said is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct ActionGates {
    /// To react to messages.
    pub reactions: Option<bool>,
    /// To send messages and to edit them.
    pub send_message: Option<bool>,
    /// To delete messages of its own.
    pub delete_message: Option<bool>,
}

impl ActionGates {
    /// These, and the others where these say nothing.
    #[must_use]
    pub fn over(self, others: Self) -> Self {
        Self {
            reactions: self.reactions.or(others.reactions),
            send_message: self.send_message.or(others.send_message),
            delete_message: self.delete_message.or(others.delete_message),
        }
    }
}

/// Where buttons are shown, and whose presses count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ButtonScope {
    Off,
    /// In private chats.
    Dm,
    /// In groups.
    Group,
    All,
    /// Everywhere, and only people on the allow lists press.
    #[default]
    Allowlist,
}

impl ButtonScope {
    /// Whether buttons live in such a chat.
    #[must_use]
    pub fn covers(self, is_group: bool) -> bool {
        match self {
            Self::Off => false,
            Self::Dm => !is_group,
            Self::Group => is_group,
            Self::All | Self::Allowlist => true,
        }
    }
}

/// `capabilities`: a list of words, or keys.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Capabilities {
    /// What the account can do; `inlineButtons` among it means everywhere.
    List(Vec<String>),
    Keys(CapabilityKeys),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct CapabilityKeys {
    pub inline_buttons: Option<ButtonScope>,
}

impl Capabilities {
    #[must_use]
    pub fn buttons(&self) -> ButtonScope {
        match self {
            Self::List(words) if words.iter().any(|word| word.trim().eq_ignore_ascii_case("inlineButtons")) => {
                ButtonScope::All
            }
            Self::List(_) => ButtonScope::Off,
            Self::Keys(keys) => keys.inline_buttons.unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope(written: &str) -> ButtonScope {
        serde_json::from_str::<Capabilities>(written).unwrap().buttons()
    }

    #[test]
    fn buttons_live_where_the_capabilities_say_in_either_spelling() {
        assert_eq!(scope("{}"), ButtonScope::Allowlist);
        assert_eq!(scope(r#"{"inlineButtons":"dm"}"#), ButtonScope::Dm);
        assert_eq!(scope(r#"["inlineButtons"]"#), ButtonScope::All);
        assert_eq!(scope(r#"["typing"]"#), ButtonScope::Off);
        let covers = |scope: ButtonScope| (scope.covers(false), scope.covers(true));
        assert_eq!((covers(ButtonScope::Dm), covers(ButtonScope::Group)), ((true, false), (false, true)));
        assert_eq!((covers(ButtonScope::Off), covers(ButtonScope::Allowlist)), ((false, false), (true, true)));
    }

    #[test]
    fn an_account_says_what_its_network_does_not_say_otherwise() {
        let own = ActionGates { reactions: Some(true), ..ActionGates::default() };
        let network = ActionGates { reactions: Some(false), delete_message: Some(false), send_message: None };
        let expected = ActionGates { reactions: Some(true), delete_message: Some(false), send_message: None };
        assert_eq!(own.over(network), expected);
    }
}
