//! Drafts, which Telegram shows in private chats with topics: <https://core.telegram.org/bots/api#sendmessagedraft>.

use async_trait::async_trait;
use channel::{ChannelError, Drafts, Target};
use serde_json::Value;

use crate::api::Api;
use crate::channel::TEXT;
use crate::send::Text;
use crate::target::Place;

#[derive(Debug)]
pub(crate) struct Pencil {
    api: Api,
}

impl Pencil {
    pub(crate) fn new(api: Api) -> Self {
        Self { api }
    }
}

#[async_trait]
impl Drafts for Pencil {
    fn are_shown_in(&self, target: &Target) -> bool {
        Place::of(target).is_ok_and(|place| place.is_private() && place.any_topic().is_some())
    }

    async fn show(&self, target: &Target, number: u64, markdown: &str) -> Result<(), ChannelError> {
        let place = Place::of(target)?;
        let mut params = place.params();
        if let Some(topic) = place.any_topic() {
            params.insert("message_thread_id".to_owned(), topic.into());
        }
        params.insert("draft_id".to_owned(), number.into());
        Text::of(markdown, TEXT)?.put("text", &mut params);
        Ok(self.api.tell("sendMessageDraft", &Value::Object(params)).await?)
    }
}
