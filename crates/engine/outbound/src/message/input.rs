//! What a model writes to the `message` tool, and what it means.
//!
//! Names are the published program's, as far as it has the thing.

use channel::{Button, Keyboard};
use ids::MessageId;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};
use tool::ToolError;

use super::bad;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Action {
    Send,
    React,
    Edit,
    Delete,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Input {
    pub(super) action: Action,
    /// Text to send, or the new text.
    #[serde(default, alias = "text", alias = "content")]
    pub(super) message: Option<String>,
    /// File paths to send.
    #[serde(default, alias = "path", alias = "filePath", deserialize_with = "one_or_many")]
    pub(super) media: Vec<String>,
    /// Rows of buttons; a press comes back as "callback_data: …".
    #[serde(default)]
    buttons: Vec<Vec<Press>>,
    /// Rows of ready answers; [] takes them away.
    #[serde(default)]
    keyboard: Option<Vec<Vec<String>>>,
    #[serde(default, deserialize_with = "text_or_number")]
    reply_to: Option<String>,
    /// Default for react: the message you answer.
    #[serde(default, deserialize_with = "text_or_number")]
    message_id: Option<String>,
    #[serde(default)]
    pub(super) emoji: Option<String>,
    /// Takes your reaction back.
    #[serde(default)]
    pub(super) remove: bool,
}

#[derive(Debug, Deserialize, JsonSchema)]
struct Press {
    text: String,
    callback_data: String,
}

impl Input {
    pub(super) fn keyboard(&self) -> Result<Option<Keyboard>, ToolError> {
        let has_buttons = self.buttons.iter().any(|row| !row.is_empty());
        match (&self.keyboard, has_buttons) {
            (Some(_), true) => Err(bad("buttons and keyboard do not go together")),
            (None, false) => Ok(None),
            (None, true) => {
                let press = |press: &Press| Button { text: press.text.clone(), data: press.callback_data.clone() };
                let rows = self.buttons.iter().filter(|row| !row.is_empty());
                Ok(Some(Keyboard::Inline { rows: rows.map(|row| row.iter().map(press).collect()).collect() }))
            }
            (Some(rows), false) => {
                let rows: Vec<Vec<String>> = rows.iter().filter(|row| !row.is_empty()).cloned().collect();
                let reply = Keyboard::Reply { rows: rows.clone(), one_time: true, resize: true };
                Ok(Some(if rows.is_empty() { Keyboard::Remove } else { reply }))
            }
        }
    }

    /// The message to quote.
    pub(super) fn quoted(&self) -> Result<Option<MessageId>, ToolError> {
        self.reply_to.as_deref().map(|id| parsed(id, "replyTo")).transpose()
    }

    /// The message that is meant: only a reaction may leave it out.
    pub(super) fn target(&self, answered: Option<&MessageId>) -> Result<MessageId, ToolError> {
        match (self.message_id.as_deref(), answered) {
            (Some(id), _) => parsed(id, "messageId"),
            (None, Some(answered)) if self.action == Action::React => Ok(answered.clone()),
            (None, _) => Err(bad("which message? Give its messageId")),
        }
    }
}

fn parsed(id: &str, what: &str) -> Result<MessageId, ToolError> {
    id.trim().parse().map_err(|error| bad(&format!("{what}: {error}")))
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

fn one_or_many<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    Ok(match Option::<OneOrMany>::deserialize(from)? {
        None => Vec::new(),
        Some(OneOrMany::One(path)) => vec![path],
        Some(OneOrMany::Many(paths)) => paths,
    })
}

#[derive(Deserialize)]
#[serde(untagged)]
enum TextOrNumber {
    Text(String),
    Number(i64),
}

fn text_or_number<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    Ok(Option::<TextOrNumber>::deserialize(from)?.map(|id| match id {
        TextOrNumber::Text(text) => text,
        TextOrNumber::Number(number) => number.to_string(),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Input {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn what_models_write_for_one_file_or_a_number_is_understood() {
        let input = read(r#"{"action":"edit","media":"a.png","messageId":7}"#);
        assert_eq!(
            (input.media.as_slice(), input.target(None).unwrap().as_str()),
            (["a.png".to_owned()].as_slice(), "7")
        );
    }

    #[test]
    fn only_a_reaction_means_the_answered_message_when_none_is_named() {
        let answered: MessageId = "5".parse().unwrap();
        assert_eq!(read(r#"{"action":"react"}"#).target(Some(&answered)).unwrap(), answered);
        assert!(read(r#"{"action":"delete"}"#).target(Some(&answered)).is_err());
    }

    #[test]
    fn rows_become_the_keyboard_they_describe() {
        let keyboard = |json: &str| read(json).keyboard();
        let button = Button { text: "Yes".to_owned(), data: "y".to_owned() };
        assert_eq!(
            keyboard(r#"{"action":"send","buttons":[[],[{"text":"Yes","callback_data":"y"}]]}"#).unwrap(),
            Some(Keyboard::Inline { rows: vec![vec![button]] })
        );
        assert_eq!(keyboard(r#"{"action":"send","keyboard":[]}"#).unwrap(), Some(Keyboard::Remove));
        assert!(
            keyboard(r#"{"action":"send","keyboard":[["a"]],"buttons":[[{"text":"b","callback_data":"c"}]]}"#).is_err()
        );
        assert_eq!(keyboard(r#"{"action":"send"}"#).unwrap(), None);
    }
}
