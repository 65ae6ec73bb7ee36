//! Who writes to the bot.

use std::sync::Arc;

use bytes::Bytes;
use serde_json::{Map, Value, json};

use super::posts::Post;
use super::world::{BOT, BOT_NAME, Shared, World};

/// Telegram's apps cut longer texts.
const LONGEST: usize = 4096;

/// A group that the bot is in.
#[derive(Debug, Clone)]
pub struct Room {
    shared: Arc<Shared>,
    chat: i64,
    topic: Option<i64>,
}

impl Room {
    pub(super) fn new(shared: Arc<Shared>, title: &str, is_forum: bool) -> Self {
        let chat = shared.change(|world| world.room(title, is_forum));
        Self { shared, chat, topic: None }
    }

    #[must_use]
    pub fn id(&self) -> i64 {
        self.chat
    }

    /// The same room, in this topic.
    #[must_use]
    pub fn topic(mut self, topic: i64) -> Self {
        self.topic = Some(topic);
        self
    }

    /// A person in this room.
    #[must_use]
    pub fn user(&self, name: &str) -> Person {
        let id = self.shared.change(|world| world.person(name));
        Person { shared: Arc::clone(&self.shared), name: name.to_owned(), id, chat: self.chat, topic: self.topic }
    }
}

/// A person in a chat. Whatever they do gives the number of their message.
#[derive(Debug, Clone)]
pub struct Person {
    shared: Arc<Shared>,
    name: String,
    id: i64,
    chat: i64,
    topic: Option<i64>,
}

impl Person {
    pub(super) fn private(shared: Arc<Shared>, name: &str) -> Self {
        let id = shared.change(|world| world.person(name));
        Self { shared, name: name.to_owned(), id, chat: id, topic: None }
    }

    #[must_use]
    pub fn id(&self) -> i64 {
        self.id
    }

    #[must_use]
    pub fn chat(&self) -> i64 {
        self.chat
    }

    /// Writes. A long text arrives in pieces, as from Telegram's apps.
    pub fn says(&self, text: &str) -> i64 {
        let mut first = None;
        for piece in pieces(text) {
            let number = self.posts(json!({ "text": piece, "entities": entities(&piece) }));
            first = first.or(Some(number));
        }
        first.unwrap_or_default()
    }

    /// Writes to the bot by name.
    pub fn mentions(&self, text: &str) -> i64 {
        self.says(&format!("@{BOT_NAME} {text}"))
    }

    /// Answers a message of the bot.
    pub fn replies(&self, to: i64, text: &str) -> i64 {
        let replied = self.shared.change(|world| json!({
            "message_id": to, "date": world.seconds(), "chat": world.chats.get(&self.chat),
            "from": { "id": BOT, "is_bot": true, "first_name": "Fake Clawd", "username": BOT_NAME },
            "text": world.log.iter().find(|it| it.message == Some(to)).map(|it| it.text.clone()).unwrap_or_default(),
        }));
        self.posts(json!({ "text": text, "entities": entities(text), "reply_to_message": replied }))
    }

    /// Changes an earlier message.
    pub fn edits(&self, message: i64, text: &str) {
        self.shared.change(|world| {
            world.posts.reword(self.chat, message, self.id, text);
            let mut content = self.message(world, message, json!({ "text": text, "entities": entities(text) }));
            let now = world.seconds();
            if let Some(content) = content.as_object_mut() {
                content.insert("edit_date".to_owned(), now.into());
            }
            world.push("edited_message", content);
        });
    }

    /// Writes and changes it, and the change arrives first.
    pub fn says_after_its_edit(&self, text: &str, edited: &str) -> i64 {
        let number = self.shared.change(World::message_number);
        self.edits(number, edited);
        self.shared.change(|world| {
            let content = self.message(world, number, json!({ "text": text, "entities": entities(text) }));
            world.push("message", content);
        });
        number
    }

    /// Presses a button below a message of the bot.
    pub fn presses(&self, message: i64, data: &str) {
        self.shared.change(|world| {
            let below = json!({
                "message_id": message, "date": world.seconds(), "chat": world.chats.get(&self.chat), "text": "…",
                "from": { "id": BOT, "is_bot": true, "first_name": "Fake Clawd", "username": BOT_NAME },
            });
            let query = json!({ "id": format!("q{message}"), "from": self.who(), "message": below,
                "chat_instance": "1", "data": data });
            world.push("callback_query", query);
        });
    }

    /// Reacts to a message with an emoji, or takes the reaction back.
    pub fn reacts(&self, message: i64, emoji: Option<&str>) {
        self.shared.change(|world| {
            let new: Vec<String> = emoji.map(str::to_owned).into_iter().collect();
            let old = world.posts.react(self.chat, message, self.id, new.clone()).unwrap_or_default();
            let all = |emoji: &[String]| -> Vec<Value> {
                emoji.iter().map(|emoji| json!({ "type": "emoji", "emoji": emoji })).collect()
            };
            let content = json!({
                "chat": world.chats.get(&self.chat), "message_id": message, "user": self.who(), "date": world.seconds(),
                "old_reaction": all(&old), "new_reaction": all(&new),
            });
            world.push("message_reaction", content);
        });
    }

    pub fn sends_photo(&self, content: impl Into<Bytes>, caption: &str) -> i64 {
        let photo = self.photo(content.into());
        self.posts(json!({ "photo": photo, "caption": caption, "caption_entities": entities(caption) }))
    }

    /// Several pictures as one album, the caption at the first.
    pub fn sends_album(&self, pictures: &[Bytes], caption: &str) {
        let group = self.shared.change(World::message_number).to_string();
        for (index, content) in pictures.iter().enumerate() {
            let mut fields = json!({ "photo": self.photo(content.clone()), "media_group_id": group });
            if let (0, Some(fields)) = (index, fields.as_object_mut()) {
                fields.insert("caption".to_owned(), caption.into());
                fields.insert("caption_entities".to_owned(), entities(caption).into());
            }
            self.posts(fields);
        }
    }

    pub fn sends_document(&self, name: &str, mime: &str, content: impl Into<Bytes>) -> i64 {
        let content = content.into();
        let size = content.len();
        let id = self.shared.change(|world| world.keep(content, name));
        let document =
            json!({ "file_id": id, "file_unique_id": id, "file_name": name, "mime_type": mime, "file_size": size });
        self.posts(json!({ "document": document }))
    }

    pub fn sends_voice(&self, content: impl Into<Bytes>) -> i64 {
        let content = content.into();
        let size = content.len();
        let id = self.shared.change(|world| world.keep(content, "voice.oga"));
        let voice = json!({ "file_id": id, "file_unique_id": id, "duration": 1, "mime_type": "audio/ogg",
            "file_size": size });
        self.posts(json!({ "voice": voice }))
    }

    /// A message with these fields beside the usual ones.
    pub fn posts(&self, fields: Value) -> i64 {
        self.shared.change(|world| {
            let number = world.message_number();
            let text = fields.get("text").or_else(|| fields.get("caption")).and_then(Value::as_str).unwrap_or_default();
            world.posts.put(self.chat, number, Post::new(self.id, text, None));
            let content = self.message(world, number, fields);
            world.push("message", content);
            number
        })
    }

    fn photo(&self, content: Bytes) -> Value {
        let size = content.len();
        let id = self.shared.change(|world| world.keep(content, "photo.jpg"));
        json!([
            { "file_id": format!("{id}-small"), "file_unique_id": "s", "width": 90, "height": 90, "file_size": 1 },
            { "file_id": id, "file_unique_id": id, "width": 1280, "height": 960, "file_size": size },
        ])
    }

    fn who(&self) -> Value {
        json!({ "id": self.id, "is_bot": false, "first_name": self.name, "username": self.name.to_lowercase() })
    }

    fn message(&self, world: &World, number: i64, fields: Value) -> Value {
        let mut message = Map::new();
        message.insert("message_id".to_owned(), number.into());
        message.insert("date".to_owned(), world.seconds().into());
        message.insert("chat".to_owned(), world.chats.get(&self.chat).cloned().unwrap_or_default());
        message.insert("from".to_owned(), self.who());
        if let Some(topic) = self.topic {
            message.insert("message_thread_id".to_owned(), topic.into());
            message.insert("is_topic_message".to_owned(), true.into());
        }
        if let Value::Object(fields) = fields {
            message
                .extend(fields.into_iter().filter(|(_, value)| value.as_array().is_none_or(|list| !list.is_empty())));
        }
        Value::Object(message)
    }
}

/// At most `LONGEST` UTF-16 units each, cut between characters.
fn pieces(text: &str) -> Vec<String> {
    let mut pieces = vec![String::new()];
    let mut used = 0;
    for c in text.chars() {
        if used + c.len_utf16() > LONGEST {
            pieces.push(String::new());
            used = 0;
        }
        used += c.len_utf16();
        if let Some(last) = pieces.last_mut() {
            last.push(c);
        }
    }
    pieces
}

/// Commands and mentions, where Telegram would see them.
fn entities(text: &str) -> Vec<Value> {
    let mut found = Vec::new();
    let mut offset = 0;
    for word in text.split_inclusive([' ', '\n']) {
        let name = word.trim_end().trim_end_matches([',', '.', '!', '?', ':']);
        let kind = match name.chars().next() {
            Some('@') if name.len() > 1 => Some("mention"),
            Some('/') if name.len() > 1 => Some("bot_command"),
            _ => None,
        };
        if let Some(kind) = kind {
            found.push(json!({ "type": kind, "offset": offset, "length": name.encode_utf16().count() }));
        }
        offset += word.encode_utf16().count();
    }
    found
}
