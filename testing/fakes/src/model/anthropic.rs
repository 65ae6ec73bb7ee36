//! Answers in the format of Anthropic Messages: <https://docs.anthropic.com/en/docs/build-with-claude/streaming>.

use serde_json::json;

use super::answer::{Answer, Step, StopWord, pieces};
use super::dialect::{Piece, broken_event, event};

#[derive(Default)]
struct Writer {
    out: Vec<Piece>,
    index: usize,
    text_is_open: bool,
}

impl Writer {
    fn send(&mut self, name: &str, body: &serde_json::Value) {
        self.out.push(event(name, body));
    }

    fn begin(&mut self, block: &serde_json::Value) {
        let index = self.index;
        self.send(
            "content_block_start",
            &json!({"type": "content_block_start", "index": index, "content_block": block}),
        );
    }

    fn delta(&mut self, delta: &serde_json::Value) {
        let index = self.index;
        self.send("content_block_delta", &json!({"type": "content_block_delta", "index": index, "delta": delta}));
    }

    fn end(&mut self) {
        let index = self.index;
        self.send("content_block_stop", &json!({"type": "content_block_stop", "index": index}));
        self.index += 1;
    }

    fn end_text(&mut self) {
        if std::mem::take(&mut self.text_is_open) {
            self.end();
        }
    }
}

pub(crate) fn render(answer: &Answer, model: &str, number: usize) -> Vec<Piece> {
    let mut writer = Writer::default();
    let tokens = answer.tokens;
    let usage = json!({"input_tokens": tokens.input - tokens.cached, "cache_read_input_tokens": tokens.cached,
        "cache_creation_input_tokens": 0, "output_tokens": 1});
    let message = json!({"id": format!("msg_fake{number}"), "type": "message", "role": "assistant", "model": model,
        "content": [], "stop_reason": null, "stop_sequence": null, "usage": usage});
    writer.send("message_start", &json!({"type": "message_start", "message": message}));
    writer.send("ping", &json!({"type": "ping"}));
    for step in &answer.steps {
        write_step(&mut writer, step, number);
    }
    writer.end_text();
    let reason = match answer.stop_word() {
        StopWord::End => "end_turn",
        StopWord::ToolUse => "tool_use",
        StopWord::Length => "max_tokens",
        StopWord::Refusal => "refusal",
    };
    writer.send(
        "message_delta",
        &json!({"type": "message_delta", "delta": {"stop_reason": reason, "stop_sequence": null},
            "usage": {"output_tokens": tokens.output}}),
    );
    writer.send("message_stop", &json!({"type": "message_stop"}));
    writer.out
}

fn write_step(writer: &mut Writer, step: &Step, number: usize) {
    if !matches!(step, Step::Text(_) | Step::Stall | Step::Cut | Step::Malformed) {
        writer.end_text();
    }
    match step {
        Step::Text(text) => {
            if !std::mem::replace(&mut writer.text_is_open, true) {
                writer.begin(&json!({"type": "text", "text": ""}));
            }
            writer.delta(&json!({"type": "text_delta", "text": text}));
        }
        Step::Thinking { text, signature } => {
            writer.begin(&json!({"type": "thinking", "thinking": "", "signature": ""}));
            writer.delta(&json!({"type": "thinking_delta", "thinking": text}));
            writer.delta(&json!({"type": "signature_delta", "signature": signature}));
            writer.end();
        }
        Step::ToolCall { name, arguments } => {
            let id = format!("toolu_fake{number}_{}", writer.index);
            writer.begin(&json!({"type": "tool_use", "id": id, "name": name, "input": {}}));
            for piece in pieces(arguments) {
                writer.delta(&json!({"type": "input_json_delta", "partial_json": piece}));
            }
            writer.end();
        }
        Step::Stall => writer.out.push(Piece::Stall),
        Step::Cut => writer.out.push(Piece::Cut),
        Step::Malformed => writer.out.push(broken_event()),
    }
}
