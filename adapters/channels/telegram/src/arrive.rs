//! An update becomes a message of ours.
//!
//! Pure: what it needs to know of the past is in [`SplitTexts`].

use channel::{
    Addressed, AttachmentRef, Change, Inbound, MediaKind, MergeKey, Peer, PeerKind, ReplyContext, Sender, Span,
    SpanKind,
};

use crate::entities::byte_range;
use crate::reaction::reacted;
use crate::split_text::{Piece, SplitTexts};
use crate::update::{CallbackQuery, Chat, Entity, ForwardOrigin, Location, Me, Message, Update, User};

/// The topic of a forum's messages that name none.
const GENERAL_TOPIC: i64 = 1;

/// The message in the update; `None` for what says nothing to a bot (somebody joined, a title changed).
pub(crate) fn arrive(update: Update, me: &Me, texts: &mut SplitTexts) -> Option<Inbound> {
    let number = update.update_id;
    if let Some(query) = update.callback_query {
        return pressed(number, query);
    }
    if let Some(reaction) = &update.message_reaction {
        return reacted(number, reaction);
    }
    let (message, change) = match (update.message, update.edited_message, update.channel_post) {
        (Some(message), ..) | (None, None, Some(message)) => (message, Change::New),
        (None, Some(message), _) => (message, Change::Edited),
        (None, None, None) => (update.edited_channel_post?, Change::Edited),
    };
    written(number, message, change, me, texts)
}

fn written(number: i64, message: Message, change: Change, me: &Me, texts: &mut SplitTexts) -> Option<Inbound> {
    let attachments = attachments(&message);
    let own = message.text.as_deref().or(message.caption.as_deref()).unwrap_or_default();
    let entities = if message.text.is_some() { &message.entities } else { &message.caption_entities };
    let mut spans = spans(own, entities);
    let addressed = addressed(own, entities, &message, me);
    let (text, before) = whole_text(&message, own);
    for span in &mut spans {
        span.start += before;
        span.end += before;
    }
    if text.is_empty() && attachments.is_empty() {
        return None;
    }
    let sender = sender(&message);
    let merge = match (&message.media_group_id, change) {
        (Some(group), _) => Some(MergeKey::Album(format!("{}:{group}", message.chat.id))),
        (None, Change::New) if attachments.is_empty() => {
            let sender = message.from.as_ref().map_or(message.chat.id, |from| from.id);
            let units = own.encode_utf16().count();
            texts.key(Piece { chat: message.chat.id, sender, message: message.message_id, units, at: message.date })
        }
        (None, _) => None,
    };
    Some(Inbound {
        event: number.to_string(),
        message: name(message.message_id)?,
        peer: peer(&message.chat)?,
        thread: thread(&message).and_then(name),
        sender: sender?,
        text,
        attachments,
        spans,
        addressed,
        reply_to: reply_context(&message),
        merge,
        change,
        at: message.edit_date.unwrap_or(message.date).saturating_mul(1000),
    })
}

/// A pressed button speaks to us. Its data is named as such, so that it never reads as a person's own command.
fn pressed(number: i64, query: CallbackQuery) -> Option<Inbound> {
    let message = query.message?;
    Some(Inbound {
        event: number.to_string(),
        message: name(message.message_id)?,
        peer: peer(&message.chat)?,
        thread: thread(&message).and_then(name),
        sender: person(&query.from)?,
        text: query.data.filter(|data| !data.is_empty()).map(|data| format!("callback_data: {data}"))?,
        attachments: Vec::new(),
        spans: Vec::new(),
        // The button stands under a message of the bot.
        addressed: Addressed::Replied,
        reply_to: None,
        merge: None,
        change: Change::Pressed,
        at: message.edit_date.unwrap_or(message.date).saturating_mul(1000),
    })
}

pub(crate) fn name<T: std::str::FromStr>(number: i64) -> Option<T> {
    number.to_string().parse().ok()
}

pub(crate) fn peer(chat: &Chat) -> Option<Peer> {
    let kind = match chat.kind.as_str() {
        "private" => PeerKind::Dm,
        "channel" => PeerKind::Channel,
        _ => PeerKind::Group,
    };
    let main_line = if chat.is_forum { name(GENERAL_TOPIC) } else { None };
    let title = chat.title.clone();
    Some(Peer { id: name(chat.id)?, kind, title, is_forum: chat.is_forum, main_line, space: None })
}

/// Replies in a plain group carry a thread number too, which is no place of its own.
fn thread(message: &Message) -> Option<i64> {
    if message.chat.is_forum {
        return Some(message.message_thread_id.unwrap_or(GENERAL_TOPIC));
    }
    message.message_thread_id.filter(|_| message.is_topic_message)
}

/// Anonymous administrators and channels write in the name of a chat.
fn sender(message: &Message) -> Option<Sender> {
    match (&message.from, &message.sender_chat) {
        (_, Some(chat)) => in_the_name_of(chat),
        (Some(from), None) => person(from),
        (None, None) => in_the_name_of(&message.chat),
    }
}

pub(crate) fn in_the_name_of(chat: &Chat) -> Option<Sender> {
    Some(Sender { id: name(chat.id)?, name: chat.title.clone(), username: chat.username.clone(), is_bot: false })
}

pub(crate) fn person(user: &User) -> Option<Sender> {
    let (id, is_bot) = (name(user.id)?, user.is_bot);
    Some(Sender { id, name: user.full_name(), username: user.username.clone(), is_bot })
}

/// The text with what is not text put into words, and how many bytes stand before the person's own.
fn whole_text(message: &Message, own: &str) -> (String, usize) {
    let before = message.forward_origin.as_ref().map(forwarded).unwrap_or_default();
    let place = match (&message.venue, &message.location) {
        (Some(venue), _) => Some(format!("📍 {} — {} ({})", venue.title, venue.address, point(venue.location))),
        (None, Some(at)) if at.live_period.is_some() => Some(format!("🛰 Live location: {}", accurate(*at))),
        (None, Some(at)) => Some(format!("📍 {}", accurate(*at))),
        (None, None) => None,
    };
    let contact = message.contact.as_ref().map(|contact| {
        let last = contact.last_name.as_deref().unwrap_or_default();
        format!("👤 {} {last}: {}", contact.first_name, contact.phone_number).replace(" :", ":")
    });
    let sticker = message.sticker.as_ref().and_then(|sticker| sticker.emoji.clone());
    let mut text = format!("{before}{own}");
    for words in [place, contact, sticker].into_iter().flatten() {
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        text.push_str(&words);
    }
    (text, before.len())
}

/// Says whose words follow, so that nothing forwarded reads as the sender's own command.
fn forwarded(origin: &ForwardOrigin) -> String {
    let chat = origin.sender_chat.as_ref().or(origin.chat.as_ref());
    let who = origin.sender_user.as_ref().and_then(User::full_name);
    let who = who.or_else(|| origin.sender_user_name.clone()).or_else(|| chat.and_then(|chat| chat.title.clone()));
    format!("[Forwarded from {}]\n", who.as_deref().unwrap_or("somebody"))
}

fn point(at: Location) -> String {
    format!("{:.6}, {:.6}", at.latitude, at.longitude)
}

fn accurate(at: Location) -> String {
    let metres = at.horizontal_accuracy.map(|metres| format!(" ±{metres:.0}m")).unwrap_or_default();
    format!("{}{metres}", point(at))
}

fn attachments(message: &Message) -> Vec<AttachmentRef> {
    let mut found = Vec::new();
    if let Some(best) = message.photo.iter().max_by_key(|size| u64::from(size.width) * u64::from(size.height)) {
        found.push(AttachmentRef {
            reference: best.file_id.clone(),
            kind: MediaKind::Image,
            mime: Some("image/jpeg".to_owned()),
            name: None,
            size: best.file_size,
        });
    }
    // An animation comes with a document of the same content, for older readers.
    let document = message.document.as_ref().filter(|_| message.animation.is_none());
    let files = [
        (&message.voice, MediaKind::Audio, Some("audio/ogg")),
        (&message.audio, MediaKind::Audio, None),
        (&message.video, MediaKind::Video, None),
        (&message.video_note, MediaKind::Video, Some("video/mp4")),
        (&message.animation, MediaKind::Video, Some("video/mp4")),
    ];
    let files = files.into_iter().filter_map(|(file, kind, mime)| Some((file.as_ref()?, kind, mime)));
    for (file, kind, mime) in files.chain(document.map(|file| (file, MediaKind::Document, None))) {
        let mime = file.mime_type.clone().or_else(|| mime.map(str::to_owned));
        let is_image = mime.as_deref().is_some_and(|mime| mime.starts_with("image/"));
        found.push(AttachmentRef {
            reference: file.file_id.clone(),
            kind: if is_image { MediaKind::Image } else { kind },
            mime,
            name: file.file_name.clone(),
            size: file.file_size,
        });
    }
    // Moving stickers are no pictures that a model could read.
    if let Some(sticker) = message.sticker.as_ref().filter(|sticker| !sticker.is_animated && !sticker.is_video) {
        found.push(AttachmentRef {
            reference: sticker.file_id.clone(),
            kind: MediaKind::Image,
            mime: Some("image/webp".to_owned()),
            name: None,
            size: sticker.file_size,
        });
    }
    found
}

fn spans(text: &str, entities: &[Entity]) -> Vec<Span> {
    let span = |entity: &Entity| {
        let kind = match entity.kind.as_str() {
            "mention" | "text_mention" => SpanKind::Mention,
            "bot_command" => SpanKind::Command,
            "code" | "pre" => SpanKind::Code,
            "text_link" => SpanKind::Link(entity.url.clone()?),
            "url" => SpanKind::Link(text.get(byte_range(text, entity.offset, entity.length))?.to_owned()),
            _ => return None,
        };
        let range = byte_range(text, entity.offset, entity.length);
        Some(Span { start: range.start, end: range.end, kind })
    };
    entities.iter().filter_map(span).collect()
}

fn addressed(text: &str, entities: &[Entity], message: &Message, me: &Me) -> Addressed {
    let is_me = |name: &str| me.username.as_deref().is_some_and(|own| own.eq_ignore_ascii_case(name));
    let mut others = false;
    for entity in entities {
        let part = text.get(byte_range(text, entity.offset, entity.length)).unwrap_or_default();
        let mine = match entity.kind.as_str() {
            "mention" => is_me(part.trim_start_matches('@')),
            "text_mention" => entity.user.as_ref().is_some_and(|user| user.id == me.id),
            "bot_command" => match part.split_once('@') {
                Some((_, name)) => is_me(name),
                None => continue,
            },
            _ => continue,
        };
        if mine {
            return Addressed::Mentioned;
        }
        others = true;
    }
    let answers_me = |reply: &&Message| reply.from.as_ref().is_some_and(|from| from.id == me.id);
    if replied_to(message).filter(answers_me).is_some() {
        Addressed::Replied
    } else if others {
        Addressed::Others
    } else {
        Addressed::Nobody
    }
}

/// In a topic every message "replies" to the one that opened it, which means nothing.
fn replied_to(message: &Message) -> Option<&Message> {
    let replied = message.reply_to_message.as_deref()?;
    let opened_topic = message.is_topic_message && message.message_thread_id == Some(replied.message_id);
    (!opened_topic).then_some(replied)
}

fn reply_context(message: &Message) -> Option<ReplyContext> {
    let replied = replied_to(message)?;
    let quoted = message.quote.as_ref().map(|quote| quote.text.clone());
    let text = quoted.or_else(|| replied.text.clone()).or_else(|| replied.caption.clone());
    let sender = sender(replied).and_then(|sender| sender.name.or(sender.username));
    Some(ReplyContext { message: name(replied.message_id)?, sender, text })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn me() -> Me {
        serde_json::from_value(json!({ "id": 99, "first_name": "Clawd", "username": "ClawdBot" })).unwrap()
    }

    fn read(update: Value) -> Option<Inbound> {
        arrive(serde_json::from_value(update).unwrap(), &me(), &mut SplitTexts::default())
    }

    fn message(extra: Value) -> Inbound {
        let mut message = json!({
            "message_id": 5, "date": 100, "chat": { "id": -7, "type": "supergroup", "title": "Home" },
            "from": { "id": 42, "first_name": "Ann", "last_name": "Lee", "username": "ann" },
        });
        message.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        read(json!({ "update_id": 1, "message": message })).unwrap()
    }

    #[test]
    fn a_mention_behind_an_emoji_is_found_in_bytes() {
        let text = "👋 @clawdbot hi";
        let inbound = message(json!({ "text": text, "entities": [{ "type": "mention", "offset": 3, "length": 9 }] }));
        assert_eq!(inbound.addressed, Addressed::Mentioned);
        let span = inbound.spans.first().unwrap();
        assert_eq!(&text[span.start..span.end], "@clawdbot");
        assert_eq!((inbound.sender.name.as_deref(), inbound.at), (Some("Ann Lee"), 100_000));
    }

    #[test]
    fn only_what_names_or_answers_the_bot_is_addressed_to_it() {
        let other = json!({ "text": "@bob hi", "entities": [{ "type": "mention", "offset": 0, "length": 4 }] });
        assert_eq!(message(other).addressed, Addressed::Others);
        let command =
            json!({ "text": "/new@clawdbot", "entities": [{ "type": "bot_command", "offset": 0, "length": 13 }] });
        assert_eq!(message(command).addressed, Addressed::Mentioned);
        let ours = json!({ "message_id": 4, "chat": { "id": -7 }, "from": { "id": 99, "first_name": "Clawd" }, "text": "yes?" });
        let reply = message(json!({ "text": "no", "reply_to_message": ours }));
        assert_eq!(reply.addressed, Addressed::Replied);
        assert_eq!(reply.reply_to.unwrap().text.as_deref(), Some("yes?"));
        assert_eq!(message(json!({ "text": "hi" })).addressed, Addressed::Nobody);
    }

    #[test]
    fn topics_are_threads_and_reply_chains_are_not() {
        let forum = json!({ "id": -7, "type": "supergroup", "is_forum": true });
        let topic = json!({ "text": "x", "chat": forum, "message_thread_id": 33, "is_topic_message": true,
            "reply_to_message": { "message_id": 33, "chat": forum, "from": { "id": 99, "first_name": "Clawd" } } });
        let inbound = message(topic);
        assert_eq!(inbound.thread.unwrap().as_str(), "33");
        assert_eq!((inbound.reply_to, inbound.addressed), (None, Addressed::Nobody));
        assert_eq!(message(json!({ "text": "x", "chat": forum })).thread.unwrap().as_str(), "1");
        assert_eq!(message(json!({ "text": "x", "message_thread_id": 33 })).thread, None);
    }

    #[test]
    fn the_largest_picture_and_the_album_are_kept() {
        let photo = json!([
            { "file_id": "s", "width": 90, "height": 90 }, { "file_id": "l", "width": 900, "height": 900, "file_size": 7 },
        ]);
        let inbound = message(json!({ "photo": photo, "caption": "look", "media_group_id": "g" }));
        assert_eq!(inbound.attachments.first().unwrap().reference, "l");
        assert_eq!((inbound.text.as_str(), inbound.merge), ("look", Some(MergeKey::Album("-7:g".to_owned()))));
    }

    #[test]
    fn a_forwarded_command_is_not_the_senders_own() {
        let origin = json!({ "type": "user", "sender_user": { "id": 1, "first_name": "Eve" } });
        let inbound = message(json!({ "text": "/stop", "forward_origin": origin,
            "entities": [{ "type": "bot_command", "offset": 0, "length": 5 }] }));
        assert_eq!(inbound.text, "[Forwarded from Eve]\n/stop");
        let span = inbound.spans.first().unwrap();
        assert_eq!(&inbound.text[span.start..span.end], "/stop");
    }

    #[test]
    fn places_contacts_and_stickers_are_put_into_words() {
        let at = json!({ "latitude": 52.5, "longitude": 13.4, "horizontal_accuracy": 12.0 });
        assert_eq!(message(json!({ "location": at })).text, "📍 52.500000, 13.400000 ±12m");
        let contact = json!({ "phone_number": "+1", "first_name": "Bo" });
        assert_eq!(message(json!({ "contact": contact })).text, "👤 Bo: +1");
        assert_eq!(message(json!({ "sticker": { "file_id": "f", "emoji": "🎉", "is_video": true } })).text, "🎉");
    }

    #[test]
    fn a_pressed_button_says_its_data() {
        let query = json!({ "id": "q", "from": { "id": 42, "first_name": "Ann" }, "data": "yes",
            "message": { "message_id": 5, "date": 1, "chat": { "id": 42, "type": "private" } } });
        let inbound = read(json!({ "update_id": 3, "callback_query": query })).unwrap();
        assert_eq!((inbound.text.as_str(), inbound.peer.kind), ("callback_data: yes", PeerKind::Dm));
        assert_eq!(inbound.sender.id.as_str(), "42");
    }

    #[test]
    fn what_says_nothing_to_a_bot_is_left_out() {
        let joined =
            json!({ "message_id": 5, "date": 1, "chat": { "id": -7, "type": "group" }, "new_chat_members": [] });
        assert_eq!(read(json!({ "update_id": 1, "message": joined })), None);
        assert_eq!(read(json!({ "update_id": 2, "poll": {} })), None);
    }
}
