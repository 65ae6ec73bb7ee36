//! Writes the request's body.

use provider::{Block, JsonWriter, Message, ModelRequest, ToolSchema};

use super::stream::REASONING_FIELDS;
use crate::{compat, history};

pub(crate) fn body(request: &ModelRequest) -> Vec<u8> {
    let model = &request.model;
    let mut json = JsonWriter::with_capacity(16 << 10);
    json.object(|json| {
        json.key("model").value(&*model.reference.model);
        json.key("messages").array(|json| messages(json, request));
        json.key("stream").value(&true);
        json.key("stream_options").object(|json| json.key("include_usage").value(&true));
        if compat::takes_store(model) {
            json.key("store").value(&false);
        }
        json.key(compat::limit_field(model)).value(&history::max_tokens(request));
        if let Some(temperature) = request.temperature {
            json.key("temperature").value(&temperature);
        }
        if !request.tools.is_empty() {
            json.key("tools").array(|json| request.tools.iter().for_each(|schema| tool(json, schema)));
        }
        if let Some(effort) = history::effort(request).filter(|_| compat::takes_effort(model)) {
            json.key("reasoning_effort").value(effort);
        }
    });
    json.into_bytes()
}

fn tool(json: &mut JsonWriter, schema: &ToolSchema) {
    json.object(|json| {
        json.key("type").value("function");
        json.key("function").object(|json| {
            json.key("name").value(schema.name);
            json.key("description").value(schema.about);
            json.key("parameters").raw(&schema.parameters);
            json.key("strict").value(&false);
        });
    });
}

fn messages(json: &mut JsonWriter, request: &ModelRequest) {
    if !request.system.is_empty() {
        json.object(|json| {
            json.key("role").value(compat::system_role(&request.model));
            json.key("content").value(&*request.system);
        });
    }
    let spoken: Vec<&Message> = request.messages.iter().collect();
    for group in spoken.chunk_by(|one, next| history::is_result(one) && history::is_result(next)) {
        for message in group {
            match message {
                Message::User(blocks) => user(json, blocks),
                Message::Assistant(blocks) => assistant(json, blocks),
                Message::ToolResult { call, content, .. } => json.object(|json| {
                    json.key("role").value("tool");
                    json.key("content").text_of(history::texts(content));
                    json.key("tool_call_id").value(&history::call_id(call));
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

/// Reasoning goes back only in the field it came in, to servers that send it openly.
fn assistant(json: &mut JsonWriter, blocks: &[Block]) {
    let texts = || blocks.iter().filter(|block| matches!(block, Block::Text(_)) && history::shows(block));
    let calls = || blocks.iter().filter(|block| matches!(block, Block::ToolCall { .. }));
    if texts().next().is_none() && calls().next().is_none() {
        return;
    }
    json.object(|json| {
        json.key("role").value("assistant");
        if texts().next().is_some() {
            json.key("content").array(|json| {
                for block in texts() {
                    if let Block::Text(content) = block {
                        text(json, content);
                    }
                }
            });
        } else {
            json.key("content").value(&Option::<&str>::None);
        }
        reasoning(json, blocks);
        if calls().next().is_some() {
            json.key("tool_calls").array(|json| calls().for_each(|call| tool_call(json, call)));
        }
    });
}

fn reasoning(json: &mut JsonWriter, blocks: &[Block]) {
    for field in REASONING_FIELDS {
        let thoughts: Vec<&str> = blocks
            .iter()
            .filter_map(|block| match block {
                Block::Thinking { text, signature: Some(signature) } if **signature == *field => Some(&**text),
                _ => None,
            })
            .collect();
        if !thoughts.is_empty() {
            json.key(field).text_of(thoughts);
        }
    }
}

fn tool_call(json: &mut JsonWriter, block: &Block) {
    let Block::ToolCall { id, name, arguments } = block else { return };
    json.object(|json| {
        json.key("id").value(&history::call_id(id));
        json.key("type").value("function");
        json.key("function").object(|json| {
            json.key("name").value(&**name);
            json.key("arguments").value(arguments.get());
        });
    });
}

fn text(json: &mut JsonWriter, content: &str) {
    json.object(|json| {
        json.key("type").value("text");
        json.key("text").value(content);
    });
}

fn image(json: &mut JsonWriter, mime: &str, data: &str) {
    json.object(|json| {
        json.key("type").value("image_url");
        json.key("image_url").object(|json| json.key("url").text_of(["data:", mime, ";base64,", data]));
    });
}
