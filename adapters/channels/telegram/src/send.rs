//! One message out.

use std::{fmt, slice};

use async_trait::async_trait;
use bytes::Bytes;
use channel::{Attachment, Button, ChannelError, Keyboard, Outbound, OutboundBody, Receipt, Speaker};
use net::{FilePart, Multipart};
use serde_json::{Map, Value, json};
use tokio::sync::{Semaphore, SemaphorePermit};
use tracing::debug;

use crate::api::{Api, CallError, too_large_text};
use crate::channel::{CAPTION, TEXT, UPLOAD};
use crate::format::{Rendered, render_within};
use crate::target::Place;
use crate::update::Sent;

/// What Telegram shows as a picture; anything larger goes as a file.
const LARGEST_PHOTO: usize = 10 << 20;

/// Megabytes of files that an account holds in memory while they leave; what finds no room waits.
const ROOM_MB: u32 = 64;

#[derive(Debug)]
pub(crate) struct Voice {
    api: Api,
    link_preview: bool,
    /// Bytes of one file.
    largest: u64,
    room: Semaphore,
}

impl Voice {
    pub(crate) fn new(api: Api, link_preview: bool, largest: u64) -> Self {
        Self { api, link_preview, largest, room: Semaphore::new(ROOM_MB as usize) }
    }
}

#[async_trait]
impl Speaker for Voice {
    async fn send(&self, message: &Outbound) -> Result<Receipt, ChannelError> {
        let place = Place::of(&message.target)?;
        match &message.body {
            OutboundBody::Text { markdown } => receipt(&[self.send_text(&place, message, markdown).await?]),
            OutboundBody::Media { file, caption } => receipt(&[self.send_file(&place, message, file, caption).await?]),
            OutboundBody::Album { files, caption } => receipt(&self.send_album(&place, message, files, caption).await?),
        }
    }
}

fn receipt(sent: &[Sent]) -> Result<Receipt, ChannelError> {
    let unnamed = || ChannelError::Unknown("Telegram gave no message number".to_owned());
    let mut names = sent.iter().filter_map(|sent| sent.message_id.to_string().parse().ok());
    let (message, peer) = (names.next().ok_or_else(unnamed)?, sent.first().ok_or_else(unnamed)?.chat.id.to_string());
    Ok(Receipt { message, others: names.collect(), peer })
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
        let held = self.read(slice::from_ref(file)).await?;
        let content = held.contents.first().cloned().unwrap_or_default();
        let caption = Text::of(caption, CAPTION)?;
        let ways = ways(file, content.len());
        let mut refused = None;
        for (method, field) in ways {
            let sent = self
                .with_second_chances(place, &caption, |place, caption| {
                    let mut params = frame(place, message);
                    caption.put("caption", &mut params);
                    let form = form(params).file(field, part(file, &content));
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

    /// Several pictures and videos in one call. Refused as a whole, or too much for one call, they are the host's to send
    /// one by one.
    async fn send_album(
        &self,
        place: &Place,
        message: &Outbound,
        files: &[Attachment],
        caption: &str,
    ) -> Result<Vec<Sent>, ChannelError> {
        let caption = Text::of(caption, CAPTION)?;
        let held = self.read(files).await?;
        self.with_second_chances(place, &caption, |place, caption| {
            let mut params = frame(place, message);
            params.insert("media".to_owned(), album(files, &caption).into());
            let contents = files.iter().zip(&held.contents).enumerate();
            let form = contents.fold(form(params), |form, (number, (file, content))| {
                form.file(format!("file{number}"), part(file, content))
            });
            async move { self.api.upload("sendMediaGroup", form).await }
        })
        .await
    }

    /// What one call carries. Nothing is read before it is known to be small enough and there is room for it.
    async fn read(&self, files: &[Attachment]) -> Result<Held<'_>, ChannelError> {
        let refused =
            |file: &Attachment, problem: &dyn fmt::Display| ChannelError::Rejected(format!("{}: {problem}", file.name));
        let mut together: u64 = 0;
        for file in files {
            let size = tokio::fs::metadata(file.path.as_path()).await.map_err(|problem| refused(file, &problem))?.len();
            if size > self.largest {
                return Err(refused(file, &too_large_text(self.largest)));
            }
            together = together.saturating_add(size);
        }
        if files.len() > 1 && together > UPLOAD {
            return Err(ChannelError::Rejected(format!("the album {}", too_large_text(UPLOAD))));
        }
        let needed = u32::try_from(together.div_ceil(1 << 20)).unwrap_or(ROOM_MB).min(ROOM_MB);
        let room = self.room.acquire_many(needed).await.map_err(|_| ChannelError::Ended)?;
        let mut contents = Vec::with_capacity(files.len());
        for file in files {
            let content = tokio::fs::read(file.path.as_path()).await.map_err(|problem| refused(file, &problem))?;
            contents.push(Bytes::from(content));
        }
        Ok(Held { contents, _room: room })
    }

    /// Asks again where Telegram certainly took nothing and says what would pass: without formatting, without a topic
    /// that is gone, in the supergroup that the group became.
    async fn with_second_chances<T, F, R>(&self, place: &Place, text: &Text, attempt: F) -> Result<T, ChannelError>
    where
        F: Fn(Place, Text) -> R,
        R: Future<Output = Result<T, CallError>>,
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

/// Files in memory, and the room they take.
struct Held<'a> {
    contents: Vec<Bytes>,
    _room: SemaphorePermit<'a>,
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
    let is_album = matches!(message.body, OutboundBody::Album { .. });
    if let Some(keyboard) = message.keyboard.as_ref().filter(|_| !is_album) {
        params.insert("reply_markup".to_owned(), markup(keyboard));
    }
    params
}

fn markup(keyboard: &Keyboard) -> Value {
    match keyboard {
        Keyboard::Inline { rows } => {
            let button = |button: &Button| json!({ "text": button.text, "callback_data": button.data });
            let rows: Vec<Vec<Value>> = rows.iter().map(|row| row.iter().map(button).collect()).collect();
            json!({ "inline_keyboard": rows })
        }
        Keyboard::Reply { rows, one_time, resize } => {
            let key = |text: &String| json!({ "text": text });
            let rows: Vec<Vec<Value>> = rows.iter().map(|row| row.iter().map(key).collect()).collect();
            json!({ "keyboard": rows, "one_time_keyboard": one_time, "resize_keyboard": resize })
        }
        Keyboard::Remove => json!({ "remove_keyboard": true }),
    }
}

/// What `sendMediaGroup` is told of its files, the caption at the first.
fn album(files: &[Attachment], caption: &Text) -> Vec<Value> {
    let one = |(number, file): (usize, &Attachment)| {
        let kind = if file.mime.starts_with("video/") { "video" } else { "photo" };
        let mut params = Map::new();
        params.insert("type".to_owned(), kind.into());
        params.insert("media".to_owned(), format!("attach://file{number}").into());
        if number == 0 {
            caption.put("caption", &mut params);
        }
        Value::Object(params)
    };
    files.iter().enumerate().map(one).collect()
}

fn part(file: &Attachment, content: &Bytes) -> FilePart {
    FilePart { name: file.name.clone(), media_type: file.mime.clone(), content: content.clone() }
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
