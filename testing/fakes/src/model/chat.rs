//! Answers in the format of OpenAI Chat Completions.

use bytes::Bytes;
use serde_json::{Value, json};

use super::answer::{Answer, Step, StopWord, pieces};
use super::dialect::{Piece, broken_event, data};

pub(crate) fn render(answer: &Answer, model: &str, number: usize) -> Vec<Piece> {
    let chunk = |choices: Value, usage: Value| {
        data(&json!({"id": format!("chatcmpl-fake{number}"), "object": "chat.completion.chunk", "created": 1,
            "model": model, "choices": choices, "usage": usage}))
    };
    let delta = |delta: Value| chunk(json!([{"index": 0, "delta": delta, "finish_reason": null}]), Value::Null);
    let mut out = vec![delta(json!({"role": "assistant", "content": ""}))];
    let mut calls = 0;
    for step in &answer.steps {
        match step {
            Step::Text(text) => out.push(delta(json!({"content": text}))),
            Step::Thinking { text, .. } => out.push(delta(json!({"reasoning_content": text}))),
            Step::ToolCall { name, arguments } => {
                let id = format!("call_fake{number}_{calls}");
                let function = json!({"name": name, "arguments": ""});
                let start = json!({"index": calls, "id": id, "type": "function", "function": function});
                out.push(delta(json!({"tool_calls": [start]})));
                for piece in pieces(arguments) {
                    out.push(delta(json!({"tool_calls": [{"index": calls, "function": {"arguments": piece}}]})));
                }
                calls += 1;
            }
            Step::Stall => out.push(Piece::Stall),
            Step::Cut => out.push(Piece::Cut),
            Step::Malformed => out.push(broken_event()),
        }
    }
    let reason = match answer.stop_word() {
        StopWord::End => "stop",
        StopWord::ToolUse => "tool_calls",
        StopWord::Length => "length",
        StopWord::Refusal => "content_filter",
    };
    out.push(chunk(json!([{"index": 0, "delta": {}, "finish_reason": reason}]), Value::Null));
    let tokens = answer.tokens;
    let usage = json!({"prompt_tokens": tokens.input, "completion_tokens": tokens.output,
        "total_tokens": tokens.input + tokens.output, "prompt_tokens_details": {"cached_tokens": tokens.cached}});
    out.push(chunk(json!([]), usage));
    out.push(Piece::Bytes(Bytes::from_static(b"data: [DONE]\n\n")));
    out
}
