//! Writes the request's body.

use provider::{Block, JsonWriter, Message, ModelRequest, Thinking, ToolSchema};

/// The most tokens of an answer nobody asked to be longer.
const USUAL_ANSWER: u32 = 32_000;

pub(crate) fn body(request: &ModelRequest) -> Vec<u8> {
    let model = &request.model;
    let mut json = JsonWriter::with_capacity(16 << 10);
    json.object(|json| {
        json.key("model").value(&*model.reference.model);
        json.key("messages").array(|json| messages(json, request));
        json.key("stream").value(&true);
        if !request.tools.is_empty() {
            json.key("tools").array(|json| request.tools.iter().for_each(|schema| tool(json, schema)));
        }
        if model.reasoning {
            think(json.key("think"), request);
        }
        json.key("options").object(|json| {
            json.key("num_ctx").value(&model.context_window);
            json.key("num_predict").value(&request.max_tokens.unwrap_or(USUAL_ANSWER).min(model.max_tokens));
            if let Some(temperature) = request.temperature {
                json.key("temperature").value(&temperature);
            }
        });
    });
    json.into_bytes()
}

/// One family takes levels and cannot be silenced; the others take yes or no.
fn think(json: &mut JsonWriter, request: &ModelRequest) {
    if !request.model.reference.model.contains("gpt-oss") {
        return json.value(&(request.thinking != Thinking::Off));
    }
    json.value(match request.thinking {
        Thinking::Off | Thinking::Minimal | Thinking::Low => "low",
        Thinking::Medium => "medium",
        Thinking::High | Thinking::Xhigh => "high",
    });
}

fn tool(json: &mut JsonWriter, schema: &ToolSchema) {
    json.object(|json| {
        json.key("type").value("function");
        json.key("function").object(|json| {
            json.key("name").value(schema.name);
            json.key("description").value(schema.about);
            json.key("parameters").raw(&schema.parameters);
        });
    });
}

fn messages(json: &mut JsonWriter, request: &ModelRequest) {
    if !request.system.is_empty() {
        json.object(|json| {
            json.key("role").value("system");
            json.key("content").value(&*request.system);
        });
    }
    for message in &request.messages {
        json.object(|json| match message {
            Message::User(blocks) => spoken(json, "user", blocks),
            Message::Assistant(blocks) => {
                spoken(json, "assistant", blocks);
                calls(json, blocks);
            }
            Message::ToolResult { tool, content, .. } => {
                spoken(json, "tool", content);
                json.key("tool_name").value(&**tool);
            }
        });
    }
}

fn spoken(json: &mut JsonWriter, role: &str, blocks: &[Block]) {
    let texts = blocks.iter().filter_map(|block| match block {
        Block::Text(text) => Some(&**text),
        Block::Thinking { .. } | Block::Image { .. } | Block::ToolCall { .. } => None,
    });
    let images: Vec<&str> = blocks
        .iter()
        .filter_map(|block| match block {
            Block::Image { data, .. } => Some(&**data),
            Block::Text(_) | Block::Thinking { .. } | Block::ToolCall { .. } => None,
        })
        .collect();
    json.key("role").value(role);
    json.key("content").text_of(texts.enumerate().flat_map(|(index, text)| [if index == 0 { "" } else { "\n" }, text]));
    if !images.is_empty() {
        json.key("images").array(|json| images.into_iter().for_each(|image| json.value(image)));
    }
}

fn calls(json: &mut JsonWriter, blocks: &[Block]) {
    let is_call = |block: &&Block| matches!(block, Block::ToolCall { .. });
    if !blocks.iter().any(|block| is_call(&block)) {
        return;
    }
    json.key("tool_calls").array(|json| {
        for block in blocks.iter().filter(is_call) {
            let Block::ToolCall { name, arguments, .. } = block else { continue };
            json.object(|json| {
                json.key("function").object(|json| {
                    json.key("name").value(&**name);
                    if arguments.get().trim_start().starts_with('{') {
                        json.key("arguments").raw(arguments);
                    } else {
                        json.key("arguments").object(|_| {});
                    }
                });
            });
        }
    });
}
