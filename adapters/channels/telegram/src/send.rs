//! One message out.

use async_trait::async_trait;
use bytes::Bytes;
use channel::{Attachment, Button, ChannelError, Outbound, OutboundBody, Receipt, Speaker};
use net::{FilePart, Multipart};
use serde_json::{Map, Value, json};
use tracing::debug;

use crate::api::{Api, CallError};
use crate::channel::{CAPTION, TEXT};
use crate::format::{Rendered, render_within};
use crate::target::Place;
use crate::update::Sent;

/// What Telegram shows as a picture; anything larger goes as a file.
const LARGEST_PHOTO: usize = 10 << 20;

#[derive(Debug)]
pub(crate) struct Voice {
    api: Api,
    link_preview: bool,
}

impl Voice {
    pub(crate) fn new(api: Api, link_preview: bool) -> Self {
        Self { api, link_preview }
    }
}

#[async_trait]
impl Speaker for Voice {
    async fn send(&self, message: &Outbound) -> Result<Receipt, ChannelError> {
        let place = Place::of(&message.target)?;
        let sent = match &message.body {
            OutboundBody::Text { markdown } => self.send_text(&place, message, markdown).await?,
            OutboundBody::Media { file, caption } => self.send_file(&place, message, file, caption).await?,
        };
        let id = sent.message_id.to_string().parse();
        let message = id.map_err(|_| ChannelError::Unknown("Telegram gave no message number".to_owned()))?;
        Ok(Receipt { message, peer: sent.chat.id.to_string() })
    }
}

impl Voice {
    async fn send_text(&self, place: &Place, message: &Outbound, markdown: &str) -> Result<Sent, ChannelError> {
        let text = Text::of(markdown, TEXT)?;
        self.with_second_chances(place, &text, |place, text| {
            let mut params = frame(place, message);
            text.put("text", &mut params);
            put_link_preview(self.link_preview, &mut params);
            async move { self.api.call("sendMessage", &Value::Object(params)).await }
        })
        .await
    }

    async fn send_file(
        &self,
        place: &Place,
        message: &Outbound,
        file: &Attachment,
        caption: &str,
    ) -> Result<Sent, ChannelError> {
        let content = tokio::fs::read(file.path.as_path()).await;
        let content = content.map_err(|problem| ChannelError::Rejected(format!("{}: {problem}", file.name)))?;
        let content = Bytes::from(content);
        let caption = Text::of(caption, CAPTION)?;
        let ways = ways(file, content.len());
        let mut refused = None;
        for (method, field) in ways {
            let sent = self
                .with_second_chances(place, &caption, |place, caption| {
                    let mut params = frame(place, message);
                    caption.put("caption", &mut params);
                    let part =
                        FilePart { name: file.name.clone(), media_type: file.mime.clone(), content: content.clone() };
                    let form = form(params).file(field, part);
                    async move { self.api.upload(method, form).await }
                })
                .await;
            match sent {
                // Telegram found fault with the picture (its sides, say): as a plain file it passes.
                Err(ChannelError::Rejected(reason)) if field != "document" => {
                    debug!(method, reason, "sent as a document instead");
                    refused = Some(reason);
                }
                other => return other,
            }
        }
        Err(ChannelError::Rejected(refused.unwrap_or_default()))
    }

    /// Asks again where Telegram certainly took nothing and says what would pass: without formatting, without a topic
    /// that is gone, in the supergroup that the group became.
    async fn with_second_chances<F, R>(&self, place: &Place, text: &Text, attempt: F) -> Result<Sent, ChannelError>
    where
        F: Fn(Place, Text) -> R,
        R: Future<Output = Result<Sent, CallError>>,
    {
        let (mut place, mut text) = (place.clone(), text.clone());
        let mut chances = 3;
        loop {
            let error = match attempt(place.clone(), text.clone()).await {
                Ok(sent) => return Ok(sent),
                Err(error) => error,
            };
            chances -= 1;
            let moved_to = match &error {
                CallError::Refused { moved_to, .. } => *moved_to,
                CallError::Net(_) => None,
            };
            if chances == 0 {
                return Err(error.into());
            } else if error.is_about_formatting() && text.html.is_some() {
                debug!("sent again without formatting");
                text.html = None;
            } else if error.says("message thread not found") && place.topic().is_some() {
                place = place.without_topic();
            } else if let Some(chat) = moved_to {
                place = place.moved_to(chat);
            } else {
                return Err(error.into());
            }
        }
    }
}

/// A text both ways: formatted if it can be, and as it was written.
#[derive(Debug, Clone)]
pub(crate) struct Text {
    html: Option<String>,
    plain: String,
}

impl Text {
    pub(crate) fn of(markdown: &str, limit: usize) -> Result<Self, ChannelError> {
        let rendered = render_within(markdown, limit);
        let plain_fits = markdown.encode_utf16().count() <= limit;
        if rendered.is_none() && !plain_fits {
            return Err(ChannelError::Rejected(format!("the text is longer than {limit} characters")));
        }
        // What formatting would leave empty (a comment, a lone mark) is shown as it was written.
        let html = rendered.filter(|it| it.visible > 0 || markdown.is_empty()).map(|Rendered { html, .. }| html);
        Ok(Self { html, plain: markdown.to_owned() })
    }

    pub(crate) fn put(&self, field: &str, params: &mut Map<String, Value>) {
        match &self.html {
            Some(html) if !html.is_empty() => {
                params.insert(field.to_owned(), html.as_str().into());
                params.insert("parse_mode".to_owned(), "HTML".into());
            }
            _ if !self.plain.is_empty() => {
                params.insert(field.to_owned(), self.plain.as_str().into());
            }
            _ => {}
        }
    }

    /// Without formatting, if it had some.
    pub(crate) fn into_plain(self) -> Option<Self> {
        self.html.is_some().then_some(Self { html: None, plain: self.plain })
    }
}

pub(crate) fn put_link_preview(wanted: bool, params: &mut Map<String, Value>) {
    if !wanted {
        params.insert("link_preview_options".to_owned(), json!({ "is_disabled": true }));
    }
}

/// What every kind of message has.
fn frame(place: Place, message: &Outbound) -> Map<String, Value> {
    let mut params = place.params();
    if let Some(topic) = place.topic() {
        params.insert("message_thread_id".to_owned(), topic.into());
    }
    if let Some(number) = message.reply_to.as_ref().and_then(|id| id.as_str().parse::<i64>().ok()) {
        let reply = json!({ "message_id": number, "allow_sending_without_reply": true });
        params.insert("reply_parameters".to_owned(), reply);
    }
    if message.silent {
        params.insert("disable_notification".to_owned(), true.into());
    }
    if !message.buttons.is_empty() {
        let button = |button: &Button| json!({ "text": button.text, "callback_data": button.data });
        let rows: Vec<Vec<Value>> = message.buttons.iter().map(|row| row.iter().map(button).collect()).collect();
        params.insert("reply_markup".to_owned(), json!({ "inline_keyboard": rows }));
    }
    params
}

/// Forms carry texts; what has a structure travels as JSON in them.
fn form(params: Map<String, Value>) -> Multipart {
    params.into_iter().fold(Multipart::default(), |form, (name, value)| match value {
        Value::String(text) => form.text(name, text),
        other => form.text(name, other.to_string()),
    })
}

type Way = (&'static str, &'static str);

/// The calls that can carry the file, best first: method and field.
fn ways(file: &Attachment, size: usize) -> Vec<Way> {
    const DOCUMENT: Way = ("sendDocument", "document");
    let best = match file.mime.as_str() {
        "image/jpeg" | "image/png" | "image/webp" if size <= LARGEST_PHOTO => Some(("sendPhoto", "photo")),
        "image/gif" => Some(("sendAnimation", "animation")),
        "audio/ogg" | "audio/opus" | "audio/mpeg" | "audio/mp4" if file.as_voice => Some(("sendVoice", "voice")),
        "audio/mpeg" | "audio/mp4" | "audio/x-m4a" | "audio/m4a" => Some(("sendAudio", "audio")),
        "video/mp4" => Some(("sendVideo", "video")),
        _ => None,
    };
    best.into_iter().chain([DOCUMENT]).collect()
}
