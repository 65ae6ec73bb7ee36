//! The text a model reads for a turn: who spoke, when, what else happened, and the message. Pure.

use channel::{Inbound, MediaKind};
use ids::PeerKind;
use jiff::{Timestamp, tz::TimeZone};

use crate::group_history::Heard;

const CONTEXT: &str = "[Chat messages since your last reply - for context]";
const CURRENT: &str = "[Current message - respond to this]";

/// What a turn's text is made of besides its messages.
#[derive(Debug)]
pub(crate) struct Surroundings<'a> {
    /// The network's name for people.
    pub(crate) label: &'a str,
    pub(crate) zone: &'a TimeZone,
    pub(crate) context: Vec<Heard>,
    pub(crate) system: Vec<(i64, String)>,
}

/// The text for messages that are one turn; `notes` are lines about their files.
pub(crate) fn turn_text(messages: &[&Inbound], notes: &[String], around: &Surroundings<'_>) -> String {
    let mut out = system_lines(&around.system, around.zone);
    if !around.context.is_empty() {
        out.push_str(CONTEXT);
        for heard in &around.context {
            out.push('\n');
            out.push_str(&heard.text);
        }
        out.push_str("\n\n");
        out.push_str(CURRENT);
        out.push('\n');
    }
    if let Some(last) = messages.last() {
        let body =
            messages.iter().map(|message| message.text.trim()).filter(|text| !text.is_empty()).collect::<Vec<_>>();
        out.push_str(&enveloped(last, &body.join("\n"), around));
        for note in notes {
            out.push('\n');
            out.push_str(note);
        }
        out.push_str(&replied_to(last));
        out.push_str(&format!("\n[message_id: {}]", last.message));
    }
    out
}

/// One line for a group's context.
pub(crate) fn context_line(message: &Inbound, label: &str, zone: &TimeZone) -> String {
    let around = Surroundings { label, zone, context: Vec::new(), system: Vec::new() };
    let mut text = enveloped(message, message.text.trim(), &around);
    for file in &message.attachments {
        text.push_str(&format!(" <media:{}>", kind(file.kind)));
    }
    text
}

/// Lines about what happened meanwhile, and an empty line.
pub(crate) fn system_lines(events: &[(i64, String)], zone: &TimeZone) -> String {
    let mut out = String::new();
    for (at, text) in events {
        if text.to_lowercase().contains("heartbeat") || text.contains("reason periodic") {
            continue;
        }
        out.push_str(&format!("System: [{}] {text}\n", stamp(*at, zone, "%Y-%m-%d %H:%M:%S %Z")));
    }
    if !out.is_empty() {
        out.push('\n');
    }
    out
}

fn enveloped(message: &Inbound, body: &str, around: &Surroundings<'_>) -> String {
    let sender = sender(message);
    let at = i64::try_from(message.at).unwrap_or(0);
    let when = stamp(at, around.zone, "%Y-%m-%d %H:%M %Z");
    match message.peer.kind {
        PeerKind::Dm => {
            let id = message.sender.id.as_str();
            let from = if sender == id { sender } else { format!("{sender} id:{id}") };
            format!("[{} {from} {when}] {body}", around.label)
        }
        PeerKind::Group | PeerKind::Channel => {
            let room = message.peer.title.as_deref().unwrap_or("group");
            format!("[{} {room} id:{} {when}] {sender}: {body}", around.label, message.peer.id)
        }
    }
}

fn sender(message: &Inbound) -> String {
    let sender = &message.sender;
    let name = sender.name.clone().filter(|name| !name.trim().is_empty());
    let username = sender.username.as_ref().map(|name| format!("@{name}"));
    // A bracket in a name must not look like the end of the envelope.
    name.or(username).unwrap_or_else(|| sender.id.to_string()).replace(['[', ']', '\n'], " ").trim().to_owned()
}

fn replied_to(message: &Inbound) -> String {
    let Some(reply) = &message.reply_to else { return String::new() };
    let who = reply.sender.as_deref().unwrap_or("unknown");
    let text = reply.text.as_deref().unwrap_or("");
    format!("\n\n[Replying to {who} id:{}]\n{text}\n[/Replying]", reply.message)
}

/// The same for a reaction of somebody whose word is no more than context.
pub(crate) fn reaction_context(inbound: &Inbound, label: &str, zone: &TimeZone) -> String {
    let around = Surroundings { label, zone, context: Vec::new(), system: Vec::new() };
    enveloped(inbound, &reacted(inbound), &around)
}

/// How, and to which message.
fn reacted(inbound: &Inbound) -> String {
    format!("{} (message {})", inbound.text, inbound.message)
}

/// What is told of a reaction: who, how, to which message.
pub(crate) fn reaction_line(inbound: &Inbound, label: &str) -> String {
    let sender = &inbound.sender;
    let who = sender.name.as_deref().or(sender.username.as_deref()).unwrap_or(sender.id.as_str());
    let who = who.replace(char::is_control, " ");
    format!("{label}: {who} {}", reacted(inbound))
}

/// A line about a file the model is handed or told of.
pub(crate) fn file_note(file: &lanes::TurnFile) -> String {
    format!("[media attached: {} ({})]", file.path, file.mime)
}

pub(crate) fn kind(kind: MediaKind) -> &'static str {
    match kind {
        MediaKind::Image => "image",
        MediaKind::Audio => "audio",
        MediaKind::Video => "video",
        MediaKind::Document => "document",
    }
}

fn stamp(at_ms: i64, zone: &TimeZone, format: &str) -> String {
    let at = Timestamp::from_millisecond(at_ms).unwrap_or(Timestamp::UNIX_EPOCH);
    at.to_zoned(zone.clone()).strftime(format).to_string()
}

#[cfg(test)]
mod tests {
    use channel::{Addressed, Change, Peer, ReplyContext, Sender};

    use super::*;

    fn message(kind: PeerKind, text: &str) -> Inbound {
        Inbound {
            event: "1".into(),
            message: "17".parse().unwrap(),
            peer: Peer {
                id: "-100".parse().unwrap(),
                kind,
                title: Some("Team".into()),
                is_forum: false,
                main_line: None,
                space: None,
            },
            thread: None,
            sender: Sender { id: "42".parse().unwrap(), name: Some("Ann [x]".into()), username: None, is_bot: false },
            text: text.into(),
            attachments: Vec::new(),
            spans: Vec::new(),
            addressed: Addressed::Nobody,
            reply_to: None,
            merge: None,
            change: Change::New,
            at: 1_795_167_051_000,
        }
    }

    fn around(context: Vec<Heard>, system: Vec<(i64, String)>) -> Surroundings<'static> {
        const UTC: &TimeZone = &TimeZone::UTC;
        Surroundings { label: "Net", zone: UTC, context, system }
    }

    #[test]
    fn a_direct_message_says_who_and_when() {
        let hello = message(PeerKind::Dm, "hello");
        assert_eq!(
            turn_text(&[&hello], &[], &around(Vec::new(), Vec::new())),
            "[Net Ann  x id:42 2026-11-20 09:30 UTC] hello\n[message_id: 17]"
        );
    }

    #[test]
    fn a_group_turn_brings_what_was_said_before_and_what_it_answers() {
        let mut now = message(PeerKind::Group, "and you?");
        now.reply_to = Some(ReplyContext {
            message: "16".parse().unwrap(),
            sender: Some("Bob".into()),
            text: Some("I am in".into()),
        });
        let context = vec![Heard { text: "[Net Team id:-100 09:29] Bob: I am in".into() }];
        let text = turn_text(&[&now], &[], &around(context, vec![(1_795_167_000_000, "Node: x".into())]));
        assert_eq!(
            text,
            "System: [2026-11-20 09:30:00 UTC] Node: x\n\n[Chat messages since your last reply - for context]\n\
             [Net Team id:-100 09:29] Bob: I am in\n\n[Current message - respond to this]\n\
             [Net Team id:-100 2026-11-20 09:30 UTC] Ann  x: and you?\n\n[Replying to Bob id:16]\nI am in\n[/Replying]\n[message_id: 17]"
        );
    }

    #[test]
    fn joined_messages_are_lines_of_one_text() {
        let (a, b) = (message(PeerKind::Dm, "one"), message(PeerKind::Dm, "two"));
        let text = turn_text(&[&a, &b], &[], &around(Vec::new(), Vec::new()));
        assert!(text.contains("] one\ntwo\n[message_id: 17]"), "{text}");
    }

    #[test]
    fn noise_of_heartbeats_is_not_told() {
        assert_eq!(system_lines(&[(0, "Heartbeat wake".into())], &TimeZone::UTC), "");
    }
}
