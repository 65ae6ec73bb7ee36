//! The Bot API's methods, as far as bots of ours use them.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::accepted::{Accepted, SentFile};
use super::album;
use super::hook;
use super::html;
use super::onlooker::Moment;
use super::params::{Params, as_number};
use super::posts::Post;
use super::world::{BOT, BOT_NAME, Hook, Shared, World};

/// Telegram says no.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) code: u16,
    pub(super) description: String,
    pub(super) parameters: Option<Value>,
}

impl Refusal {
    pub(super) fn new(code: u16, description: &str) -> Self {
        Self { code, description: description.to_owned(), parameters: None }
    }
}

pub(super) fn bad(what: &str) -> Refusal {
    Refusal::new(400, &format!("Bad Request: {what}"))
}

pub(super) fn conflict() -> Refusal {
    let text = "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running";
    Refusal::new(409, text)
}

const TEXT: usize = 4096;
pub(super) const CAPTION: usize = 1024;
const LARGEST_DOWNLOAD: usize = 20 << 20;
const LARGEST_UPLOAD: usize = 50 << 20;
const LARGEST_PHOTO: usize = 10 << 20;

pub(super) async fn call(shared: &Arc<Shared>, method: &str, params: Params) -> Result<Value, Refusal> {
    match method {
        "getMe" => Ok(me()),
        "getUpdates" => updates(shared, &params).await,
        "setWebhook" => Ok(set_hook(shared, &params)),
        "deleteWebhook" => {
            drop(shared.calling.lock().take());
            shared.change(|world| {
                world.hook = None;
                if params.is_set("drop_pending_updates") {
                    world.updates.clear();
                }
            });
            Ok(true.into())
        }
        "getWebhookInfo" => {
            let world = shared.world.lock();
            let url = world.hook.as_ref().map(|hook| hook.url.clone()).unwrap_or_default();
            Ok(json!({ "url": url, "has_custom_certificate": false, "pending_update_count": world.updates.len() }))
        }
        "getFile" => file(shared, &params),
        "setMyCommands" | "deleteMyCommands" | "answerCallbackQuery" => {
            shared.change(|world| note(world, method, 0, params));
            Ok(true.into())
        }
        _ => {
            let (result, taken) = shared.change(|world| {
                let before = world.log.len();
                let result = in_chat(world, method, params);
                (result, world.log.get(before).cloned())
            });
            if let Some(taken) = &taken {
                shared.onlooker.see(Moment::Taken(taken));
            }
            result
        }
    }
}

fn me() -> Value {
    json!({
        "id": BOT, "is_bot": true, "first_name": "Fake Clawd", "username": BOT_NAME, "can_join_groups": true,
        "can_read_all_group_messages": false, "supports_inline_queries": false, "can_connect_to_business": false,
        "has_main_web_app": false, "has_topics_enabled": true,
    })
}

/// Counts an open poll for as long as it is held.
struct OpenPoll<'s>(&'s Shared);

impl<'s> OpenPoll<'s> {
    fn new(shared: &'s Shared) -> Self {
        shared.change(|world| world.open_polls += 1);
        Self(shared)
    }
}

impl Drop for OpenPoll<'_> {
    fn drop(&mut self) {
        self.0.change(|world| world.open_polls -= 1);
    }
}

async fn updates(shared: &Arc<Shared>, params: &Params) -> Result<Value, Refusal> {
    let (offset, limit) = (params.number("offset").unwrap_or(0), params.number("limit").unwrap_or(100).clamp(1, 100));
    let time = Duration::from_secs(u64::try_from(params.number("timeout").unwrap_or(0)).unwrap_or(0).min(50));
    let own = shared.change(|world| {
        if world.hook.is_some() {
            let text = "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete \
                        the webhook first";
            return Err(Refusal::new(409, text));
        }
        world.updates.retain(|(number, _)| *number >= offset);
        world.poll += 1;
        Ok(world.poll)
    })?;
    let _open = OpenPoll::new(shared);
    let found = shared
        .wait_for(time, |world| {
            if world.poll != own {
                return Some(Err(conflict()));
            }
            let mut batch: Vec<Value> = std::mem::take(&mut world.repeats);
            let limit = usize::try_from(limit).unwrap_or(100);
            batch.extend(world.updates.iter().take(limit).map(|(_, update)| update.clone()));
            (!batch.is_empty()).then(|| Ok(Value::Array(batch)))
        })
        .await;
    found.unwrap_or_else(|| Ok(json!([])))
}

fn set_hook(shared: &Arc<Shared>, params: &Params) -> Value {
    let url = params.text("url").unwrap_or_default().to_owned();
    let hook = Hook { url: url.clone(), secret: params.text("secret_token").map(str::to_owned) };
    drop(shared.calling.lock().take());
    shared.change(|world| world.hook = (!url.is_empty()).then(|| hook.clone()));
    if !url.is_empty() {
        *shared.calling.lock() = Some(hook::start(shared, hook));
    }
    true.into()
}

fn file(shared: &Shared, params: &Params) -> Result<Value, Refusal> {
    let id = params.text("file_id").unwrap_or_default();
    let world = shared.world.lock();
    let content = world.files.get(id).ok_or_else(|| bad("invalid file_id"))?;
    if content.len() > LARGEST_DOWNLOAD {
        return Err(bad("file is too big"));
    }
    Ok(json!({ "file_id": id, "file_unique_id": id, "file_size": content.len(), "file_path": id }))
}

/// Writes the call into the log.
pub(super) fn note(world: &mut World, method: &str, chat: i64, params: Params) -> usize {
    let number = world.log.len();
    let (raw, mode) = words(&params);
    let is_html = mode.is_some_and(|mode| mode.eq_ignore_ascii_case("html"));
    let text = if is_html { html::parse(&raw).map(|plain| plain.text).unwrap_or_default() } else { raw.clone() };
    let reply = params.structure("reply_parameters");
    let reply_to = reply.as_ref().and_then(|reply| as_number(reply.get("message_id")?));
    let files = params.files;
    let thread = params.values.get("message_thread_id").and_then(as_number);
    let message = params.values.get("message_id").and_then(as_number);
    let params = Value::Object(params.values);
    world.log.push(Accepted {
        number,
        method: method.to_owned(),
        chat,
        thread,
        message,
        text,
        raw,
        reply_to,
        files,
        params,
    });
    number
}

/// Text or caption, and how it is formatted; an album's stands at its first file.
fn words(params: &Params) -> (String, Option<String>) {
    let owned = |text: &str| text.to_owned();
    if let Some(text) = params.text("text").or_else(|| params.text("caption")) {
        return (text.to_owned(), params.text("parse_mode").map(owned));
    }
    let album = params.structure("media");
    let first = album.as_ref().and_then(|album| album.get(0));
    let field = |name: &str| first.and_then(|first| first.get(name)).and_then(Value::as_str).map(owned);
    (field("caption").unwrap_or_default(), field("parse_mode"))
}

fn in_chat(world: &mut World, method: &str, params: Params) -> Result<Value, Refusal> {
    let chat = params.number("chat_id").ok_or_else(|| bad("chat_id is empty"))?;
    let about = world.chats.get(&chat).cloned().ok_or_else(|| bad("chat not found"))?;
    match method {
        "sendChatAction" => {
            note(world, method, chat, params);
            Ok(true.into())
        }
        "deleteMessage" => {
            let number = params.number("message_id").ok_or_else(|| bad("message identifier is not specified"))?;
            world.posts.delete(chat, number).map_err(bad)?;
            note(world, method, chat, params);
            Ok(true.into())
        }
        "setMessageReaction" => {
            let number = params.number("message_id").ok_or_else(|| bad("message identifier is not specified"))?;
            world.posts.react(chat, number, BOT, emoji(&params)).map_err(bad)?;
            note(world, method, chat, params);
            Ok(true.into())
        }
        "sendMessageDraft" => {
            if about.get("type").and_then(Value::as_str) != Some("private")
                || params.number("message_thread_id").is_none()
            {
                return Err(bad("drafts are shown in topics of private chats"));
            }
            if params.number("draft_id").is_none_or(|number| number == 0) {
                return Err(bad("draft_id must be non-zero"));
            }
            formatted(&params, "text", TEXT)?;
            note(world, method, chat, params);
            Ok(true.into())
        }
        "sendMediaGroup" => album::send(world, (chat, about), params),
        "sendMessage" | "editMessageText" => {
            let plain = formatted(&params, "text", TEXT)?;
            if plain.text.trim().is_empty() {
                return Err(bad("message text is empty"));
            }
            if method == "editMessageText" {
                let number = params.number("message_id").ok_or_else(|| bad("message identifier is not specified"))?;
                world.posts.edit(chat, number, &plain.text, params.structure("reply_markup")).map_err(bad)?;
            }
            let entities = json!({ "text": plain.text, "entities": plain.entities });
            Ok(sent(world, method, (chat, about), params, entities))
        }
        _ => {
            let field = method.strip_prefix("send").map(str::to_lowercase);
            let known = ["photo", "document", "voice", "audio", "video", "animation"];
            let Some(field) = field.filter(|field| known.contains(&field.as_str())) else {
                return Err(Refusal::new(404, "Not Found: method not found"));
            };
            let plain = formatted(&params, "caption", CAPTION)?;
            let content = media(world, &field, &params)?;
            let mut extra = json!({ "caption": plain.text, "caption_entities": plain.entities });
            if let Some(extra) = extra.as_object_mut() {
                extra.insert(field, content);
            }
            Ok(sent(world, method, (chat, about), params, extra))
        }
    }
}

fn emoji(params: &Params) -> Vec<String> {
    let named = |one: &Value| one.get("emoji").and_then(Value::as_str).map(str::to_owned);
    let all = params.structure("reaction");
    all.iter().filter_map(Value::as_array).flatten().filter_map(named).collect()
}

fn formatted(params: &Params, field: &str, limit: usize) -> Result<html::Plain, Refusal> {
    let raw = params.text(field).unwrap_or_default();
    let plain = match params.text("parse_mode") {
        Some(mode) if mode.eq_ignore_ascii_case("html") => {
            html::parse(raw).map_err(|problem| bad(&format!("can't parse entities: {problem}")))?
        }
        _ => html::Plain { text: raw.to_owned(), entities: Vec::new() },
    };
    if plain.text.encode_utf16().count() > limit {
        return Err(bad(if field == "text" { "message is too long" } else { "message caption is too long" }));
    }
    Ok(plain)
}

fn media(world: &mut World, field: &str, params: &Params) -> Result<Value, Refusal> {
    let Some(file) = params.files.first() else {
        let id = params.text(field).filter(|id| world.files.contains_key(*id)).map(str::to_owned);
        let id = id.ok_or_else(|| bad("wrong file identifier/HTTP URL specified"))?;
        return Ok(json!({ "file_id": id, "file_unique_id": id }));
    };
    taken(world, field, file)
}

/// The file as Telegram keeps it.
pub(super) fn taken(world: &mut World, field: &str, file: &SentFile) -> Result<Value, Refusal> {
    let limit = if field == "photo" { LARGEST_PHOTO } else { LARGEST_UPLOAD };
    if file.size > limit {
        return Err(Refusal::new(413, "Request Entity Too Large"));
    }
    if field == "photo" && !file.content.starts_with(b"\xff\xd8") && !file.content.starts_with(b"\x89PNG") {
        return Err(bad("IMAGE_PROCESS_FAILED"));
    }
    let id = world.keep(file.content.clone(), &file.name);
    let one = json!({ "file_id": id, "file_unique_id": id, "file_size": file.size, "file_name": file.name });
    Ok(if field == "photo" {
        json!([{ "file_id": id, "file_unique_id": id, "file_size": file.size, "width": 1, "height": 1 }])
    } else {
        one
    })
}

fn sent(world: &mut World, method: &str, (chat, about): (i64, Value), params: Params, extra: Value) -> Value {
    let edited = params.number("message_id").filter(|_| method.starts_with("edit"));
    let number = edited.unwrap_or_else(|| world.message_number());
    let mut message = json!({
        "message_id": number, "date": world.seconds(), "chat": about,
        "from": { "id": BOT, "is_bot": true, "first_name": "Fake Clawd", "username": BOT_NAME },
    });
    if let (Some(message), Value::Object(extra)) = (message.as_object_mut(), extra) {
        message.extend(extra.into_iter().filter(|(_, value)| value.as_array().is_none_or(|list| !list.is_empty())));
        if let Some(markup) = params.structure("reply_markup") {
            message.insert("reply_markup".to_owned(), markup);
        }
    }
    let markup = params.structure("reply_markup");
    let index = note(world, method, chat, params);
    if let Some(accepted) = world.log.get_mut(index) {
        accepted.message = Some(number);
        if edited.is_none() {
            world.posts.put(chat, number, Post::new(BOT, &accepted.text, markup));
        }
    }
    message
}
