//! Writes the request's body.
//!
//! Cache marks stand on the system prompt and on the last block of the last user message: what stands before them
//! is the same in the next call. Reasoning goes back with its signature; without one it is only text.

use provider::{Block, CacheHint, JsonWriter, Message, ModelRequest, ToolSchema};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::names::outward;
use crate::stream::REDACTED;
use crate::thinking::share;
use crate::vendor::Face;

/// Tokens of a subscription are accepted only from a prompt that begins so.
const IDENTITY: &str = "You are Claude Code, Anthropic's official CLI for Claude.";

pub(crate) fn body(request: &ModelRequest, face: Face) -> Vec<u8> {
    let share = share(request);
    let mut json = JsonWriter::with_capacity(16 << 10);
    json.object(|json| {
        json.key("model").value(&*request.model.reference.model);
        json.key("messages").array(|json| messages(json, request, face));
        json.key("max_tokens").value(&share.max_tokens);
        json.key("stream").value(&true);
        system(json, request, face);
        if let (Some(temperature), None) = (request.temperature, share.budget) {
            json.key("temperature").value(&temperature);
        }
        if !request.tools.is_empty() {
            json.key("tools").array(|json| request.tools.iter().for_each(|schema| tool(json, schema, face)));
        }
        if let Some(budget) = share.budget {
            json.key("thinking").object(|json| {
                json.key("type").value("enabled");
                json.key("budget_tokens").value(&budget);
            });
        }
    });
    json.into_bytes()
}

fn system(json: &mut JsonWriter, request: &ModelRequest, face: Face) {
    let identity = (face == Face::CommandLine).then_some(IDENTITY);
    let texts: Vec<&str> = identity.into_iter().chain([&*request.system]).filter(|text| !text.is_empty()).collect();
    if texts.is_empty() {
        return;
    }
    json.key("system").array(|json| {
        for prompt in texts {
            json.object(|json| {
                text(json, prompt);
                cache_mark(json, request.cache);
            });
        }
    });
}

fn tool(json: &mut JsonWriter, schema: &ToolSchema, face: Face) {
    #[derive(Deserialize)]
    struct Root<'a> {
        #[serde(borrow, default)]
        properties: Option<&'a RawValue>,
        #[serde(borrow, default)]
        required: Option<&'a RawValue>,
    }
    let root = serde_json::from_str(schema.parameters.get()).unwrap_or(Root { properties: None, required: None });
    json.object(|json| {
        json.key("name").value(name(schema.name, face));
        json.key("description").value(schema.about);
        json.key("input_schema").object(|json| {
            json.key("type").value("object");
            match root.properties {
                Some(properties) => json.key("properties").raw(properties),
                None => json.key("properties").object(|_| {}),
            }
            match root.required {
                Some(required) => json.key("required").raw(required),
                None => json.key("required").array(|_| {}),
            }
        });
    });
}

fn name(ours: &str, face: Face) -> &str {
    match face {
        Face::Own => ours,
        Face::CommandLine => outward(ours),
    }
}

/// Who speaks. Tool results are the user's words here, and neighbours of one role are one message.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    User,
    Assistant,
}

fn role(message: &Message) -> Role {
    match message {
        Message::User(_) | Message::ToolResult { .. } => Role::User,
        Message::Assistant(_) => Role::Assistant,
    }
}

/// A message that would be empty on the wire is left out: the vendor refuses such.
fn says_something(message: &Message) -> bool {
    match message {
        Message::User(blocks) | Message::Assistant(blocks) => blocks.iter().any(shows),
        Message::ToolResult { .. } => true,
    }
}

fn shows(block: &Block) -> bool {
    match block {
        Block::Text(text) => !text.trim().is_empty(),
        Block::Thinking { text, signature } => own(signature.as_deref()).is_some() || !text.trim().is_empty(),
        Block::Image { .. } | Block::ToolCall { .. } => true,
    }
}

fn messages(json: &mut JsonWriter, request: &ModelRequest, face: Face) {
    let spoken: Vec<&Message> = request.messages.iter().filter(|message| says_something(message)).collect();
    let last_user = spoken.iter().rposition(|message| role(message) == Role::User);
    let mut position = 0;
    for group in spoken.chunk_by(|one, next| role(one) == role(next)) {
        let speaker = group.first().map_or(Role::User, |message| role(message));
        json.object(|json| {
            json.key("role").value(if speaker == Role::User { "user" } else { "assistant" });
            json.key("content").array(|json| {
                for message in group {
                    let hint = if Some(position) == last_user { request.cache } else { CacheHint::Off };
                    write_message(json, message, hint, face);
                    position += 1;
                }
            });
        });
    }
}

fn write_message(json: &mut JsonWriter, message: &Message, hint: CacheHint, face: Face) {
    match message {
        Message::User(blocks) | Message::Assistant(blocks) => {
            let last = blocks.iter().rposition(shows);
            for (index, block) in blocks.iter().enumerate().filter(|(_, block)| shows(block)) {
                let hint = if Some(index) == last { hint } else { CacheHint::Off };
                write_block(json, block, hint, face);
            }
        }
        Message::ToolResult { call, content, is_error, .. } => json.object(|json| {
            json.key("type").value("tool_result");
            json.key("tool_use_id").value(&call_id(call));
            result_content(json.key("content"), content);
            json.key("is_error").value(is_error);
            cache_mark(json, hint);
        }),
    }
}

fn result_content(json: &mut JsonWriter, content: &[Block]) {
    if content.iter().any(|block| matches!(block, Block::Image { .. })) {
        json.array(|json| {
            for block in content.iter().filter(|block| shows(block)) {
                write_block(json, block, CacheHint::Off, Face::Own);
            }
        });
        return;
    }
    let texts = content.iter().filter_map(|block| match block {
        Block::Text(text) => Some(&**text),
        _ => None,
    });
    json.text_of(texts.enumerate().flat_map(|(index, text)| [if index == 0 { "" } else { "\n" }, text]));
}

fn write_block(json: &mut JsonWriter, block: &Block, hint: CacheHint, face: Face) {
    json.object(|json| {
        match block {
            Block::Text(content) => text(json, content),
            Block::Thinking { text: thought, signature } => thinking(json, thought, signature.as_deref()),
            Block::Image { mime, data } => {
                json.key("type").value("image");
                json.key("source").object(|json| {
                    json.key("type").value("base64");
                    json.key("media_type").value(&**mime);
                    json.key("data").value(&**data);
                });
            }
            Block::ToolCall { id, name: tool, arguments } => {
                json.key("type").value("tool_use");
                json.key("id").value(&call_id(id));
                json.key("name").value(name(tool, face));
                if arguments.get().trim_start().starts_with('{') {
                    json.key("input").raw(arguments);
                } else {
                    json.key("input").object(|_| {});
                }
            }
        }
        cache_mark(json, hint);
    });
}

/// The signature if this vendor made it. Others' are JSON or a field's name, and would be refused.
fn own(signature: Option<&str>) -> Option<&str> {
    signature.filter(|it| !it.is_empty() && !it.starts_with('{') && !it.starts_with("reasoning"))
}

fn thinking(json: &mut JsonWriter, thought: &str, signature: Option<&str>) {
    let Some(signature) = own(signature) else {
        return text(json, thought);
    };
    if let Some(data) = signature.strip_prefix(REDACTED) {
        json.key("type").value("redacted_thinking");
        json.key("data").value(data);
    } else {
        json.key("type").value("thinking");
        json.key("thinking").value(thought);
        json.key("signature").value(signature);
    }
}

fn text(json: &mut JsonWriter, content: &str) {
    json.key("type").value("text");
    json.key("text").value(content);
}

fn cache_mark(json: &mut JsonWriter, hint: CacheHint) {
    if hint == CacheHint::Off {
        return;
    }
    json.key("cache_control").object(|json| {
        json.key("type").value("ephemeral");
        if hint == CacheHint::OneHour {
            json.key("ttl").value("1h");
        }
    });
}

/// Ids other vendors gave may hold characters this one refuses.
fn call_id(id: &str) -> String {
    id.chars().map(|c| if c.is_ascii_alphanumeric() || c == '_' || c == '-' { c } else { '_' }).take(64).collect()
}
