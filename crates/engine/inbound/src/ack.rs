//! The mark on a message that says: I am at it. It goes when nothing more will be said, where the owner wants that.

use ids::PeerKind;
use outbound::{Deliveries, Origin};
use store::{StoreError, Tx};

use crate::config::{AckScope, Config, MessagesConfig};
use crate::journal::Message;

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

/// Nothing more will be said of this message: its mark goes behind what is staged for the message's place, which is to
/// be woken after the commit. Who sees the mark go has the answer.
pub(crate) fn take_back(
    tx: &Tx<'_>,
    (deliveries, config): (&Deliveries, &Config),
    cause: &str,
    message: &Message,
) -> Result<(), StoreError> {
    if message.ack.is_none() || !config.messages.remove_ack_after_reply {
        return Ok(());
    }
    let marked = &message.inbound.message;
    let name = format!("{cause}:ack:{marked}");
    deliveries.stage_reaction(tx, &message.place(), Origin { cause, name: &name }, (marked, None))
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
