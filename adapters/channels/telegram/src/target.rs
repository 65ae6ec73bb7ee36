//! Where a message goes, in the spellings that people and session stores use.

use channel::{ChannelError, Target};
use serde_json::{Map, Value};

/// A chat and a topic in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    /// A number, or `@name`.
    chat: String,
    topic: Option<i64>,
}

/// The topic that must not be named in a send.
const GENERAL_TOPIC: i64 = 1;

impl Place {
    /// Reads `42`, `-100…`, `@name`, `telegram:42`, `tg:42`, `telegram:group:-100…`, `-100…:topic:7` and
    /// `https://t.me/name`.
    pub(crate) fn of(target: &Target) -> Result<Self, ChannelError> {
        let unknown = || ChannelError::Rejected(format!("{} is no Telegram chat", target.peer));
        let mut text = target.peer.as_str().trim();
        for prefix in ["telegram:", "tg:", "group:", "https://t.me/", "http://t.me/", "t.me/"] {
            text = text.strip_prefix(prefix).unwrap_or(text);
        }
        let (chat, rest) = text.split_once(':').map_or((text, None), |(chat, rest)| (chat, Some(rest)));
        let in_peer = match rest.map(|rest| rest.strip_prefix("topic:").unwrap_or(rest)) {
            Some(topic) => Some(topic.parse::<i64>().map_err(|_| unknown())?),
            None => None,
        };
        let topic = match &target.thread {
            Some(thread) => Some(thread.as_str().parse::<i64>().map_err(|_| unknown())?),
            None => in_peer,
        };
        let name = chat.strip_prefix('@').unwrap_or(chat);
        let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        let chat = match chat.parse::<i64>() {
            Ok(number) => number.to_string(),
            Err(_) if is_name => format!("@{name}"),
            Err(_) => return Err(unknown()),
        };
        Ok(Self { chat, topic })
    }

    /// A chat with one person: groups and channels have negative numbers or names.
    pub(crate) fn is_private(&self) -> bool {
        self.chat.bytes().all(|digit| digit.is_ascii_digit())
    }

    /// The fields that every call about the chat has.
    pub(crate) fn params(&self) -> Map<String, Value> {
        let chat = self.chat.parse::<i64>().map_or_else(|_| Value::from(self.chat.clone()), Value::from);
        Map::from_iter([("chat_id".to_owned(), chat)])
    }

    /// The topic for a send; the general one must stay unnamed there.
    pub(crate) fn topic(&self) -> Option<i64> {
        self.topic.filter(|topic| *topic != GENERAL_TOPIC)
    }

    /// The topic for an activity, where the general one must be named.
    pub(crate) fn any_topic(&self) -> Option<i64> {
        self.topic
    }

    /// The same place in the supergroup that a group became.
    pub(crate) fn moved_to(&self, chat: i64) -> Self {
        Self { chat: chat.to_string(), topic: self.topic }
    }

    pub(crate) fn without_topic(&self) -> Self {
        Self { chat: self.chat.clone(), topic: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(peer: &str, thread: Option<&str>) -> Option<(String, Option<i64>)> {
        let thread = thread.map(|thread| thread.parse().unwrap());
        let place = Place::of(&Target { peer: peer.parse().unwrap(), thread }).ok()?;
        Some((place.chat, place.topic))
    }

    #[test]
    fn a_chat_is_found_in_all_its_spellings() {
        let found = |chat: &str, topic| Some((chat.to_owned(), topic));
        assert_eq!(place("42", None), found("42", None));
        assert_eq!(place("telegram:42", None), found("42", None));
        assert_eq!(place("telegram:group:-1001:topic:7", None), found("-1001", Some(7)));
        assert_eq!(place("-1001:7", Some("9")), found("-1001", Some(9)));
        assert_eq!(place("https://t.me/ann_lee", None), found("@ann_lee", None));
        assert_eq!(place("@ann_lee", None), found("@ann_lee", None));
        assert_eq!(place("ann lee", None), None);
        assert_eq!(place("42", Some("x")), None);
    }

    #[test]
    fn the_general_topic_is_named_for_activities_and_not_for_sends() {
        let general = Place::of(&Target { peer: "-1".parse().unwrap(), thread: "1".parse().ok() }).unwrap();
        assert_eq!((general.topic(), general.any_topic()), (None, Some(1)));
    }
}
