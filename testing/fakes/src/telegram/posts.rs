//! What stands in the chats: the messages as they are now, with what was edited, reacted and deleted.

use std::collections::BTreeMap;

use serde_json::Value;

use super::world::BOT;

/// One message, as a reader sees it now.
#[derive(Debug, Clone, PartialEq)]
pub struct Post {
    /// Who wrote it.
    pub from: i64,
    pub text: String,
    /// The emoji of each who reacted.
    pub reactions: BTreeMap<i64, Vec<String>>,
    /// Buttons, as they were sent.
    pub markup: Option<Value>,
}

impl Post {
    pub(super) fn new(from: i64, text: &str, markup: Option<Value>) -> Self {
        Self { from, text: text.to_owned(), reactions: BTreeMap::new(), markup }
    }

    /// What the bot reacted with.
    #[must_use]
    pub fn reaction_of_the_bot(&self) -> Option<&str> {
        self.reactions.get(&BOT)?.first().map(String::as_str)
    }
}

/// All messages, by chat and number.
#[derive(Debug, Default)]
pub(super) struct Posts(BTreeMap<(i64, i64), Post>);

impl Posts {
    pub(super) fn get(&self, chat: i64, number: i64) -> Option<&Post> {
        self.0.get(&(chat, number))
    }

    pub(super) fn put(&mut self, chat: i64, number: i64, post: Post) {
        self.0.insert((chat, number), post);
    }

    /// A person changed their message.
    pub(super) fn reword(&mut self, chat: i64, number: i64, from: i64, text: &str) {
        self.0.entry((chat, number)).or_insert_with(|| Post::new(from, text, None)).text = text.to_owned();
    }

    /// The bot changes a message of its own.
    pub(super) fn edit(
        &mut self,
        chat: i64,
        number: i64,
        text: &str,
        markup: Option<Value>,
    ) -> Result<(), &'static str> {
        let post = self.0.get_mut(&(chat, number)).ok_or("message to edit not found")?;
        if post.from != BOT {
            return Err("message can't be edited");
        }
        if post.text == text && post.markup == markup {
            return Err("message is not modified: specified new message content and reply markup are exactly the same");
        }
        post.text = text.to_owned();
        post.markup = markup;
        Ok(())
    }

    pub(super) fn delete(&mut self, chat: i64, number: i64) -> Result<(), &'static str> {
        self.0.remove(&(chat, number)).map(drop).ok_or("message to delete not found")
    }

    /// Gives what this one had reacted with before.
    pub(super) fn react(
        &mut self,
        chat: i64,
        number: i64,
        who: i64,
        emoji: Vec<String>,
    ) -> Result<Vec<String>, &'static str> {
        let post = self.0.get_mut(&(chat, number)).ok_or("message to react not found")?;
        if emoji.iter().any(|emoji| !REACTIONS.contains(&emoji.as_str())) {
            return Err("REACTION_INVALID");
        }
        let before = if emoji.is_empty() { post.reactions.remove(&who) } else { post.reactions.insert(who, emoji) };
        Ok(before.unwrap_or_default())
    }
}

/// What anybody may react with: <https://core.telegram.org/bots/api#reactiontypeemoji>.
const REACTIONS: [&str; 73] = [
    "❤",
    "👍",
    "👎",
    "🔥",
    "🥰",
    "👏",
    "😁",
    "🤔",
    "🤯",
    "😱",
    "🤬",
    "😢",
    "🎉",
    "🤩",
    "🤮",
    "💩",
    "🙏",
    "👌",
    "🕊",
    "🤡",
    "🥱",
    "🥴",
    "😍",
    "🐳",
    "❤\u{200d}🔥",
    "🌚",
    "🌭",
    "💯",
    "🤣",
    "⚡",
    "🍌",
    "🏆",
    "💔",
    "🤨",
    "😐",
    "🍓",
    "🍾",
    "💋",
    "🖕",
    "😈",
    "😴",
    "😭",
    "🤓",
    "👻",
    "👨\u{200d}💻",
    "👀",
    "🎃",
    "🙈",
    "😇",
    "😨",
    "🤝",
    "✍",
    "🤗",
    "🫡",
    "🎅",
    "🎄",
    "☃",
    "💅",
    "🤪",
    "🗿",
    "🆒",
    "💘",
    "🙉",
    "🦄",
    "😘",
    "💊",
    "🙊",
    "😎",
    "👾",
    "🤷\u{200d}♂",
    "🤷",
    "🤷\u{200d}♀",
    "😡",
];
