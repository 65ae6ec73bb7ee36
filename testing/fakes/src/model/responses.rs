//! Answers in the format of OpenAI Responses.

use serde_json::{Value, json};

use super::answer::{Answer, Step, StopWord, pieces};
use super::dialect::{Piece, broken_event, event};

struct Writer {
    out: Vec<Piece>,
    sequence: usize,
    output: Vec<Value>,
    text: Option<String>,
    number: usize,
}

impl Writer {
    fn send(&mut self, name: &str, mut body: Value) {
        if let Some(fields) = body.as_object_mut() {
            fields.insert("type".to_owned(), name.into());
            fields.insert("sequence_number".to_owned(), self.sequence.into());
        }
        self.sequence += 1;
        self.out.push(event(name, &body));
    }

    fn index(&self) -> usize {
        self.output.len()
    }

    fn id(&self, kind: &str) -> String {
        format!("{kind}_fake{}_{}", self.number, self.index())
    }

    fn add(&mut self, item: &Value) {
        let index = self.index();
        self.send("response.output_item.added", json!({"output_index": index, "item": item}));
    }

    fn done(&mut self, item: Value) {
        let index = self.index();
        self.send("response.output_item.done", json!({"output_index": index, "item": item}));
        self.output.push(item);
    }

    fn end_text(&mut self) {
        let Some(text) = self.text.take() else { return };
        let (id, index) = (self.id("msg"), self.index());
        let part = json!({"type": "output_text", "text": text, "annotations": []});
        self.send(
            "response.output_text.done",
            json!({"item_id": id, "output_index": index, "content_index": 0, "text": text}),
        );
        self.send(
            "response.content_part.done",
            json!({"item_id": id, "output_index": index, "content_index": 0, "part": part}),
        );
        self.done(json!({"type": "message", "id": id, "status": "completed", "role": "assistant", "content": [part]}));
    }
}

pub(crate) fn render(answer: &Answer, model: &str, number: usize) -> Vec<Piece> {
    let mut writer = Writer { out: Vec::new(), sequence: 0, output: Vec::new(), text: None, number };
    let response = |status: &str, output: Value, usage: Value, reason: Value| {
        json!({"response": {"id": format!("resp_fake{number}"), "object": "response", "created_at": 1, "status": status,
            "model": model, "output": output, "usage": usage, "incomplete_details": reason, "error": null,
            "parallel_tool_calls": true, "tool_choice": "auto", "tools": []}})
    };
    writer.send("response.created", response("in_progress", json!([]), Value::Null, Value::Null));
    for step in &answer.steps {
        write_step(&mut writer, step);
    }
    writer.end_text();
    let tokens = answer.tokens;
    let usage = json!({"input_tokens": tokens.input, "output_tokens": tokens.output,
        "total_tokens": tokens.input + tokens.output, "input_tokens_details": {"cached_tokens": tokens.cached},
        "output_tokens_details": {"reasoning_tokens": 0}});
    let output = Value::Array(std::mem::take(&mut writer.output));
    let (status, reason) = match answer.stop_word() {
        StopWord::End | StopWord::ToolUse => ("completed", Value::Null),
        StopWord::Length => ("incomplete", json!({"reason": "max_output_tokens"})),
        StopWord::Refusal => ("incomplete", json!({"reason": "content_filter"})),
    };
    writer.send(&format!("response.{status}"), response(status, output, usage, reason));
    writer.out
}

fn write_step(writer: &mut Writer, step: &Step) {
    if !matches!(step, Step::Text(_) | Step::Stall | Step::Cut | Step::Malformed) {
        writer.end_text();
    }
    match step {
        Step::Text(text) => write_text(writer, text),
        Step::Thinking { text, signature } => write_reasoning(writer, text, signature),
        Step::ToolCall { name, arguments } => write_call(writer, name, arguments),
        Step::Stall => writer.out.push(Piece::Stall),
        Step::Cut => writer.out.push(Piece::Cut),
        Step::Malformed => writer.out.push(broken_event()),
    }
}

fn write_text(writer: &mut Writer, text: &str) {
    let (id, index) = (writer.id("msg"), writer.index());
    if writer.text.is_none() {
        let item = json!({"type": "message", "id": id, "status": "in_progress", "role": "assistant", "content": []});
        writer.add(&item);
        let part = json!({"type": "output_text", "text": "", "annotations": []});
        let place = json!({"item_id": id, "output_index": index, "content_index": 0, "part": part});
        writer.send("response.content_part.added", place);
    }
    writer.text.get_or_insert_default().push_str(text);
    let delta = json!({"item_id": id, "output_index": index, "content_index": 0, "delta": text});
    writer.send("response.output_text.delta", delta);
}

fn write_reasoning(writer: &mut Writer, text: &str, signature: &str) {
    let (id, index) = (writer.id("rs"), writer.index());
    writer.add(&json!({"type": "reasoning", "id": id, "summary": []}));
    let part = json!({"type": "summary_text", "text": text});
    let empty = json!({"type": "summary_text", "text": ""});
    let place = |name: &str, value: Value| {
        let mut body = json!({"item_id": id, "output_index": index, "summary_index": 0});
        if let Some(fields) = body.as_object_mut() {
            fields.insert(name.to_owned(), value);
        }
        body
    };
    writer.send("response.reasoning_summary_part.added", place("part", empty));
    writer.send("response.reasoning_summary_text.delta", place("delta", text.into()));
    writer.send("response.reasoning_summary_part.done", place("part", part.clone()));
    writer.done(json!({"type": "reasoning", "id": id, "summary": [part], "encrypted_content": signature}));
}

fn write_call(writer: &mut Writer, name: &str, arguments: &str) {
    let (id, call, index) = (writer.id("fc"), writer.id("call"), writer.index());
    let item = |arguments: &str| {
        json!({"type": "function_call", "id": id, "call_id": call, "name": name, "arguments": arguments,
            "status": "completed"})
    };
    writer.add(&item(""));
    for piece in pieces(arguments) {
        let delta = json!({"item_id": id, "output_index": index, "delta": piece});
        writer.send("response.function_call_arguments.delta", delta);
    }
    let done = json!({"item_id": id, "output_index": index, "arguments": arguments});
    writer.send("response.function_call_arguments.done", done);
    writer.done(item(arguments));
}
