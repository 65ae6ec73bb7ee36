//! `sendMediaGroup`: several files in one call, as several messages that are shown together.

use serde_json::{Value, json};

use super::accepted::SentFile;
use super::html;
use super::methods::{CAPTION, Refusal, bad, note, taken};
use super::params::Params;
use super::posts::Post;
use super::world::{BOT, BOT_NAME, World};

/// Takes all or nothing.
pub(super) fn send(world: &mut World, (chat, about): (i64, Value), params: Params) -> Result<Value, Refusal> {
    let album = params.structure("media").ok_or_else(|| bad("can't parse media: it must be an array"))?;
    let parts = album.as_array().map(Vec::as_slice).unwrap_or_default();
    if !(2..=10).contains(&parts.len()) {
        return Err(bad("group send failed: 2 to 10 media are needed"));
    }
    let group = world.message_number().to_string();
    let mut messages = Vec::new();
    for part in parts {
        let (kind, plain, content) = one(world, part, &params.files)?;
        let number = world.message_number();
        let mut message = json!({
            "message_id": number, "date": world.seconds(), "chat": about, "media_group_id": group,
            "from": { "id": BOT, "is_bot": true, "first_name": "Fake Clawd", "username": BOT_NAME },
        });
        if let Some(message) = message.as_object_mut() {
            message.insert(kind, content);
            if !plain.text.is_empty() {
                message.insert("caption".to_owned(), plain.text.clone().into());
                message.insert("caption_entities".to_owned(), plain.entities.into());
            }
        }
        messages.push((number, plain.text, message));
    }
    let index = note(world, "sendMediaGroup", chat, params);
    for (number, text, _) in &messages {
        world.posts.put(chat, *number, Post::new(BOT, text, None));
    }
    if let Some(accepted) = world.log.get_mut(index) {
        accepted.message = messages.first().map(|(number, ..)| *number);
    }
    Ok(messages.into_iter().map(|(.., message)| message).collect())
}

fn one(world: &mut World, part: &Value, files: &[SentFile]) -> Result<(String, html::Plain, Value), Refusal> {
    let text = |name: &str| part.get(name).and_then(Value::as_str).unwrap_or_default();
    let kind = text("type");
    if !matches!(kind, "photo" | "video") {
        return Err(bad("group send failed: only photos and videos can be mixed"));
    }
    let field = text("media").strip_prefix("attach://").unwrap_or_default();
    let file = files.iter().find(|file| file.field == field).ok_or_else(|| bad("wrong file identifier specified"))?;
    let plain = match text("parse_mode") {
        mode if mode.eq_ignore_ascii_case("html") => {
            html::parse(text("caption")).map_err(|problem| bad(&format!("can't parse entities: {problem}")))?
        }
        _ => html::Plain { text: text("caption").to_owned(), entities: Vec::new() },
    };
    if plain.text.encode_utf16().count() > CAPTION {
        return Err(bad("message caption is too long"));
    }
    let content = taken(world, kind, file)?;
    Ok((kind.to_owned(), plain, content))
}
