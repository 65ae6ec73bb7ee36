//! Answers in Ollama's own format: one JSON object per line.

use bytes::Bytes;
use serde_json::{Value, json};

use super::answer::{Answer, Step, StopWord};
use super::dialect::Piece;

pub(crate) fn render(answer: &Answer, model: &str) -> Vec<Piece> {
    let line = |body: &Value| Piece::Bytes(format!("{body}\n").into());
    let message = |message: Value| {
        line(&json!({"model": model, "created_at": "2026-01-01T00:00:00Z", "message": message, "done": false}))
    };
    let mut out = Vec::new();
    for step in &answer.steps {
        out.push(match step {
            Step::Text(text) => message(json!({"role": "assistant", "content": text})),
            Step::Thinking { text, .. } => message(json!({"role": "assistant", "content": "", "thinking": text})),
            Step::ToolCall { name, arguments } => {
                // This format carries arguments as an object; broken ones travel as a string.
                let arguments = serde_json::from_str(arguments).unwrap_or_else(|_| Value::from(arguments.as_str()));
                let call = json!({"function": {"name": name, "arguments": arguments}});
                message(json!({"role": "assistant", "content": "", "tool_calls": [call]}))
            }
            Step::Stall => Piece::Stall,
            Step::Cut => Piece::Cut,
            Step::Malformed => Piece::Bytes(Bytes::from_static(b"{\"message\": {\"content\": \"half\n")),
        });
    }
    let reason = match answer.stop_word() {
        StopWord::Length => "length",
        StopWord::End | StopWord::ToolUse | StopWord::Refusal => "stop",
    };
    let tokens = answer.tokens;
    out.push(line(&json!({"model": model, "created_at": "2026-01-01T00:00:00Z",
        "message": {"role": "assistant", "content": ""}, "done": true, "done_reason": reason,
        "prompt_eval_count": tokens.input, "eval_count": tokens.output, "total_duration": 1})));
    out
}
