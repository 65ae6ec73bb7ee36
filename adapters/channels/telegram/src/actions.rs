//! What a bot can do besides sending.

use async_trait::async_trait;
use channel::{Actions, Activity, ChannelError, Target};
use ids::MessageId;
use serde_json::{Map, Value, json};

use crate::api::Api;
use crate::channel::TEXT;
use crate::send::{Text, put_link_preview};
use crate::target::Place;

#[derive(Debug)]
pub(crate) struct Hands {
    api: Api,
    link_preview: bool,
}

impl Hands {
    pub(crate) fn new(api: Api, link_preview: bool) -> Self {
        Self { api, link_preview }
    }
}

/// The fields that name a message.
fn about(target: &Target, message: &MessageId) -> Result<Map<String, Value>, ChannelError> {
    let number: i64 =
        message.as_str().parse().map_err(|_| ChannelError::Rejected(format!("{message} is no message number")))?;
    let mut params = Place::of(target)?.params();
    params.insert("message_id".to_owned(), number.into());
    Ok(params)
}

#[async_trait]
impl Actions for Hands {
    async fn show(&self, target: &Target, activity: Activity) -> Result<(), ChannelError> {
        let place = Place::of(target)?;
        let mut params = place.params();
        let action = match activity {
            Activity::Typing => "typing",
            Activity::SendingPhoto => "upload_photo",
            Activity::SendingFile => "upload_document",
        };
        params.insert("action".to_owned(), action.into());
        if let Some(topic) = place.any_topic() {
            params.insert("message_thread_id".to_owned(), topic.into());
        }
        Ok(self.api.tell("sendChatAction", &Value::Object(params)).await?)
    }

    async fn react(&self, target: &Target, message: &MessageId, emoji: Option<&str>) -> Result<(), ChannelError> {
        let mut params = about(target, message)?;
        let reaction: Vec<Value> = emoji.iter().map(|emoji| json!({ "type": "emoji", "emoji": emoji })).collect();
        params.insert("reaction".to_owned(), reaction.into());
        Ok(self.api.tell("setMessageReaction", &Value::Object(params)).await?)
    }

    async fn edit(&self, target: &Target, message: &MessageId, markdown: &str) -> Result<(), ChannelError> {
        let mut text = Text::of(markdown, TEXT)?;
        loop {
            let mut params = about(target, message)?;
            text.put("text", &mut params);
            put_link_preview(self.link_preview, &mut params);
            let Err(error) = self.api.tell("editMessageText", &Value::Object(params)).await else { return Ok(()) };
            if error.says("message is not modified") {
                return Ok(());
            }
            text = match text.into_plain() {
                Some(plain) if error.is_about_formatting() => plain,
                _ => return Err(error.into()),
            };
        }
    }

    async fn delete(&self, target: &Target, message: &MessageId) -> Result<(), ChannelError> {
        Ok(self.api.tell("deleteMessage", &Value::Object(about(target, message)?)).await?)
    }
}
