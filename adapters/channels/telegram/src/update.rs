//! Telegram's words, as far as we read them: <https://core.telegram.org/bots/api#available-types>.
//!
//! Unknown fields are ignored and everything that may be absent is optional, because Telegram adds to its messages
//! every few weeks.

use serde::Deserialize;

/// What the bot is told of; everything else stays at Telegram.
pub(crate) const ALLOWED: [&str; 6] =
    ["message", "edited_message", "channel_post", "edited_channel_post", "callback_query", "message_reaction"];

#[derive(Debug, Deserialize)]
pub(crate) struct Update {
    pub(crate) update_id: i64,
    pub(crate) message: Option<Message>,
    pub(crate) edited_message: Option<Message>,
    pub(crate) channel_post: Option<Message>,
    pub(crate) edited_channel_post: Option<Message>,
    pub(crate) callback_query: Option<CallbackQuery>,
    pub(crate) message_reaction: Option<MessageReaction>,
}

/// All that must be readable of an update to step over it.
#[derive(Debug, Deserialize)]
pub(crate) struct UpdateNumber {
    pub(crate) update_id: i64,
}

#[derive(Debug, Deserialize)]
pub(crate) struct CallbackQuery {
    pub(crate) id: String,
    pub(crate) from: User,
    pub(crate) message: Option<Message>,
    pub(crate) data: Option<String>,
}

/// How one person's reaction to a message changed.
#[derive(Debug, Deserialize)]
pub(crate) struct MessageReaction {
    pub(crate) chat: Chat,
    pub(crate) message_id: i64,
    pub(crate) user: Option<User>,
    /// Instead of the user, for who reacts in the name of a chat.
    pub(crate) actor_chat: Option<Chat>,
    #[serde(default)]
    pub(crate) date: u64,
    #[serde(default)]
    pub(crate) old_reaction: Vec<Reaction>,
    #[serde(default)]
    pub(crate) new_reaction: Vec<Reaction>,
}

#[derive(Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct Reaction {
    /// Pictures of Telegram's own and paid stars have none.
    pub(crate) emoji: Option<String>,
    pub(crate) custom_emoji_id: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Message {
    pub(crate) message_id: i64,
    pub(crate) message_thread_id: Option<i64>,
    #[serde(default)]
    pub(crate) is_topic_message: bool,
    /// Seconds; 0 where the message is too old to be read.
    #[serde(default)]
    pub(crate) date: u64,
    pub(crate) edit_date: Option<u64>,
    pub(crate) chat: Chat,
    pub(crate) from: Option<User>,
    pub(crate) sender_chat: Option<Chat>,
    pub(crate) text: Option<String>,
    pub(crate) caption: Option<String>,
    #[serde(default)]
    pub(crate) entities: Vec<Entity>,
    #[serde(default)]
    pub(crate) caption_entities: Vec<Entity>,
    pub(crate) reply_to_message: Option<Box<Message>>,
    pub(crate) quote: Option<Quote>,
    pub(crate) forward_origin: Option<ForwardOrigin>,
    pub(crate) media_group_id: Option<String>,
    #[serde(default)]
    pub(crate) photo: Vec<PhotoSize>,
    pub(crate) document: Option<File>,
    pub(crate) audio: Option<File>,
    pub(crate) voice: Option<File>,
    pub(crate) video: Option<File>,
    pub(crate) video_note: Option<File>,
    pub(crate) animation: Option<File>,
    pub(crate) sticker: Option<Sticker>,
    pub(crate) location: Option<Location>,
    pub(crate) venue: Option<Venue>,
    pub(crate) contact: Option<Contact>,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Chat {
    pub(crate) id: i64,
    #[serde(rename = "type", default)]
    pub(crate) kind: String,
    pub(crate) title: Option<String>,
    pub(crate) username: Option<String>,
    #[serde(default)]
    pub(crate) is_forum: bool,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct User {
    pub(crate) id: i64,
    #[serde(default)]
    pub(crate) is_bot: bool,
    #[serde(default)]
    pub(crate) first_name: String,
    pub(crate) last_name: Option<String>,
    pub(crate) username: Option<String>,
}

impl User {
    pub(crate) fn full_name(&self) -> Option<String> {
        let parts = [Some(self.first_name.as_str()), self.last_name.as_deref()];
        let name = parts.into_iter().flatten().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
        Some(name).filter(|name| !name.is_empty())
    }
}

#[derive(Debug, Deserialize)]
pub(crate) struct Entity {
    #[serde(rename = "type")]
    pub(crate) kind: String,
    /// In UTF-16 units, like the length.
    pub(crate) offset: usize,
    pub(crate) length: usize,
    pub(crate) url: Option<String>,
    pub(crate) user: Option<User>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Quote {
    pub(crate) text: String,
}

#[derive(Debug, Deserialize)]
pub(crate) struct ForwardOrigin {
    pub(crate) sender_user: Option<User>,
    pub(crate) sender_user_name: Option<String>,
    pub(crate) sender_chat: Option<Chat>,
    pub(crate) chat: Option<Chat>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct PhotoSize {
    pub(crate) file_id: String,
    #[serde(default)]
    pub(crate) width: u32,
    #[serde(default)]
    pub(crate) height: u32,
    pub(crate) file_size: Option<u64>,
}

/// A document, audio, voice note, video or animation.
#[derive(Debug, Deserialize)]
pub(crate) struct File {
    pub(crate) file_id: String,
    pub(crate) file_name: Option<String>,
    pub(crate) mime_type: Option<String>,
    pub(crate) file_size: Option<u64>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Sticker {
    pub(crate) file_id: String,
    #[serde(default)]
    pub(crate) is_animated: bool,
    #[serde(default)]
    pub(crate) is_video: bool,
    pub(crate) emoji: Option<String>,
    pub(crate) file_size: Option<u64>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
pub(crate) struct Location {
    pub(crate) latitude: f64,
    pub(crate) longitude: f64,
    pub(crate) horizontal_accuracy: Option<f64>,
    pub(crate) live_period: Option<u64>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Venue {
    pub(crate) location: Location,
    #[serde(default)]
    pub(crate) title: String,
    #[serde(default)]
    pub(crate) address: String,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Contact {
    pub(crate) phone_number: String,
    #[serde(default)]
    pub(crate) first_name: String,
    pub(crate) last_name: Option<String>,
}

/// The answer of `getMe`.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Me {
    pub(crate) id: i64,
    #[serde(default)]
    pub(crate) first_name: String,
    pub(crate) username: Option<String>,
    pub(crate) can_join_groups: Option<bool>,
    pub(crate) can_read_all_group_messages: Option<bool>,
    /// Its private chats may have topics.
    #[serde(default)]
    pub(crate) has_topics_enabled: bool,
}

/// A message of ours that Telegram took.
#[derive(Debug, Deserialize)]
pub(crate) struct Sent {
    pub(crate) message_id: i64,
    pub(crate) chat: SentTo,
}

#[derive(Debug, Deserialize)]
pub(crate) struct SentTo {
    pub(crate) id: i64,
}

/// The answer of `getFile`.
#[derive(Debug, Deserialize)]
pub(crate) struct FilePath {
    pub(crate) file_path: Option<String>,
    pub(crate) file_size: Option<u64>,
}
