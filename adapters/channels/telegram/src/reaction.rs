//! A reaction that somebody gave or took back, as words.

use channel::{Addressed, Change, Inbound};

use crate::arrive::{in_the_name_of, name, peer, person};
use crate::update::{MessageReaction, Reaction};

/// What the update says; `None` where nothing changed or nobody is named.
pub(crate) fn reacted(number: i64, reaction: &MessageReaction) -> Option<Inbound> {
    let sender = match (&reaction.user, &reaction.actor_chat) {
        (Some(user), _) => person(user),
        (None, chat) => in_the_name_of(chat.as_ref()?),
    };
    let given = only_in(&reaction.new_reaction, &reaction.old_reaction);
    let taken = only_in(&reaction.old_reaction, &reaction.new_reaction);
    let text = match (given.is_empty(), taken.is_empty()) {
        (false, _) => format!("reacted with {given}"),
        (true, false) => format!("took back the reaction {taken}"),
        (true, true) => return None,
    };
    Some(Inbound {
        event: number.to_string(),
        message: name(reaction.message_id)?,
        peer: peer(&reaction.chat)?,
        // Telegram does not say in which topic the message stands.
        thread: None,
        sender: sender?,
        text,
        attachments: Vec::new(),
        spans: Vec::new(),
        addressed: Addressed::Nobody,
        reply_to: None,
        merge: None,
        change: Change::Reacted,
        at: reaction.date.saturating_mul(1000),
    })
}

fn only_in(these: &[Reaction], others: &[Reaction]) -> String {
    let new = these.iter().filter(|reaction| !others.contains(reaction));
    let words: Vec<&str> = new.map(|reaction| reaction.emoji.as_deref().unwrap_or("a picture of its own")).collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn text(old: &[&str], new: &[&str]) -> Option<String> {
        let all = |emoji: &[&str]| emoji.iter().map(|e| json!({ "type": "emoji", "emoji": e })).collect::<Vec<_>>();
        let update = json!({
            "chat": { "id": -7, "type": "supergroup" }, "message_id": 5, "date": 100,
            "user": { "id": 42, "first_name": "Ann" }, "old_reaction": all(old), "new_reaction": all(new),
        });
        reacted(1, &serde_json::from_value(update).unwrap()).map(|inbound| inbound.text)
    }

    #[test]
    fn a_reaction_is_told_by_what_changed() {
        assert_eq!(text(&[], &["👍"]).as_deref(), Some("reacted with 👍"));
        assert_eq!(text(&["👍"], &["👍", "🔥"]).as_deref(), Some("reacted with 🔥"));
        assert_eq!(text(&["👍"], &[]).as_deref(), Some("took back the reaction 👍"));
        assert_eq!(text(&["👍"], &["👍"]), None);
    }
}
