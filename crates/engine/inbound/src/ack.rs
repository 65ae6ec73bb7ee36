//! The mark on a message that says: I am at it. Pure.

use ids::PeerKind;

use crate::config::{AckScope, MessagesConfig};

/// When neither the config nor the agent's identity has an emoji.
const USUAL: &str = "👀";

/// The emoji to mark an admitted message with. `needs_mention`: the group hears only those who mention the agent.
pub(crate) fn ack(
    messages: &MessagesConfig,
    identity: Option<&str>,
    kind: PeerKind,
    needs_mention: bool,
) -> Option<String> {
    let is_group = kind != PeerKind::Dm;
    let wanted = match messages.ack_reaction_scope {
        AckScope::GroupMentions => is_group && needs_mention,
        AckScope::GroupAll => is_group,
        AckScope::Direct => !is_group,
        AckScope::All => true,
    };
    let emoji = messages.ack_reaction.as_deref().or(identity).unwrap_or(USUAL).trim();
    (wanted && !emoji.is_empty()).then(|| emoji.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(config: &str, kind: PeerKind, needs_mention: bool) -> Option<String> {
        ack(&serde_json::from_str(config).unwrap(), Some("🦀"), kind, needs_mention)
    }

    #[test]
    fn only_messages_in_the_scope_are_marked() {
        let scope = |scope: &str| {
            let config = format!(r#"{{"ackReaction":"👍","ackReactionScope":"{scope}"}}"#);
            let marked = |kind, needs| of(&config, kind, needs).is_some();
            (marked(PeerKind::Dm, false), marked(PeerKind::Group, false), marked(PeerKind::Group, true))
        };
        assert_eq!(scope("group-mentions"), (false, false, true));
        assert_eq!(scope("group-all"), (false, true, true));
        assert_eq!(scope("direct"), (true, false, false));
        assert_eq!(scope("all"), (true, true, true));
    }

    #[test]
    fn the_configured_emoji_stands_above_the_identitys_and_an_empty_one_marks_nothing() {
        assert_eq!(of("{}", PeerKind::Group, true).as_deref(), Some("🦀"));
        assert_eq!(of(r#"{"ackReaction":"🔥"}"#, PeerKind::Group, true).as_deref(), Some("🔥"));
        assert_eq!(of(r#"{"ackReaction":""}"#, PeerKind::Group, true), None);
        let messages = MessagesConfig::default();
        assert_eq!(ack(&messages, None, PeerKind::Group, true).as_deref(), Some(USUAL));
    }
}
