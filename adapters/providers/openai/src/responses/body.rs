//! Writes the request's body.
//!
//! Reasoning items go back exactly as they came, and a call keeps its item's id only behind its own reasoning: the
//! vendor refuses one without the other.

use provider::{Block, CacheHint, JsonWriter, Message, ModelRequest, ToolSchema};
use serde_json::value::RawValue;

use crate::{compat, history};

pub(crate) fn body(request: &ModelRequest) -> Vec<u8> {
    let mut json = JsonWriter::with_capacity(16 << 10);
    json.object(|json| {
        json.key("model").value(&*request.model.reference.model);
        json.key("input").array(|json| input(json, request));
        json.key("stream").value(&true);
        if request.cache != CacheHint::Off && !request.cache_key.is_empty() {
            json.key("prompt_cache_key").value(&*request.cache_key);
        }
        json.key("max_output_tokens").value(&history::max_tokens(request));
        if let Some(temperature) = request.temperature {
            json.key("temperature").value(&temperature);
        }
        if !request.tools.is_empty() {
            json.key("tools").array(|json| request.tools.iter().for_each(|schema| tool(json, schema)));
        }
        if let Some(effort) = history::effort(request) {
            json.key("reasoning").object(|json| {
                json.key("effort").value(effort);
                json.key("summary").value("auto");
            });
            json.key("include").array(|json| json.value("reasoning.encrypted_content"));
        }
    });
    json.into_bytes()
}

fn tool(json: &mut JsonWriter, schema: &ToolSchema) {
    json.object(|json| {
        json.key("type").value("function");
        json.key("name").value(schema.name);
        json.key("description").value(schema.about);
        json.key("parameters").raw(&schema.parameters);
        json.key("strict").value(&false);
    });
}

fn input(json: &mut JsonWriter, request: &ModelRequest) {
    if !request.system.is_empty() {
        json.object(|json| {
            json.key("role").value(compat::system_role(&request.model));
            json.key("content").value(&*request.system);
        });
    }
    let mut number = 0;
    let spoken: Vec<&Message> = request.messages.iter().collect();
    for group in spoken.chunk_by(|one, next| history::is_result(one) && history::is_result(next)) {
        for message in group {
            match message {
                Message::User(blocks) => user(json, blocks),
                Message::Assistant(blocks) => assistant(json, blocks, &mut number),
                Message::ToolResult { call, content, .. } => json.object(|json| {
                    json.key("type").value("function_call_output");
                    json.key("call_id").value(&history::call_id(call));
                    json.key("output").text_of(history::texts(content));
                }),
            }
        }
        let images = history::images(group);
        if !images.is_empty() {
            json.object(|json| {
                json.key("role").value("user");
                json.key("content").array(|json| {
                    text(json, history::IMAGES_FOLLOW);
                    images.into_iter().for_each(|(mime, data)| image(json, mime, data));
                });
            });
        }
    }
}

fn user(json: &mut JsonWriter, blocks: &[Block]) {
    if !blocks.iter().any(history::shows) {
        return;
    }
    json.object(|json| {
        json.key("role").value("user");
        json.key("content").array(|json| {
            for block in blocks.iter().filter(|block| history::shows(block)) {
                match block {
                    Block::Text(content) => text(json, content),
                    Block::Image { mime, data } => image(json, mime, data),
                    Block::Thinking { .. } | Block::ToolCall { .. } => {}
                }
            }
        });
    });
}

fn assistant(json: &mut JsonWriter, blocks: &[Block], number: &mut usize) {
    let mut reasoned = false;
    for block in blocks.iter().filter(|block| history::shows(block)) {
        match block {
            Block::Text(content) => {
                message(json, content, *number);
                *number += 1;
            }
            Block::Thinking { signature, .. } => {
                if let Some(item) = reasoning_item(signature.as_deref()) {
                    json.raw(item);
                    reasoned = true;
                }
            }
            Block::ToolCall { id, name, arguments } => json.object(|json| {
                json.key("type").value("function_call");
                if let Some(item) = history::item_id(id).filter(|_| reasoned) {
                    json.key("id").value(item);
                }
                json.key("call_id").value(&history::call_id(id));
                json.key("name").value(&**name);
                json.key("arguments").value(arguments.get());
            }),
            Block::Image { .. } => {}
        }
    }
}

/// The stored item, if this vendor made it.
fn reasoning_item(signature: Option<&str>) -> Option<&RawValue> {
    let item: &RawValue = serde_json::from_str(signature?).ok()?;
    item.get().starts_with('{').then_some(item)
}

fn message(json: &mut JsonWriter, content: &str, number: usize) {
    json.object(|json| {
        json.key("type").value("message");
        json.key("role").value("assistant");
        json.key("content").array(|json| {
            json.object(|json| {
                json.key("type").value("output_text");
                json.key("text").value(content);
                json.key("annotations").array(|_| {});
            });
        });
        json.key("status").value("completed");
        json.key("id").value(&format!("msg_{number}"));
    });
}

fn text(json: &mut JsonWriter, content: &str) {
    json.object(|json| {
        json.key("type").value("input_text");
        json.key("text").value(content);
    });
}

fn image(json: &mut JsonWriter, mime: &str, data: &str) {
    json.object(|json| {
        json.key("type").value("input_image");
        json.key("detail").value("auto");
        json.key("image_url").text_of(["data:", mime, ";base64,", data]);
    });
}
