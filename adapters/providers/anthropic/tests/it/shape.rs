//! The requests as they stand on the wire.

use std::sync::Arc;

use fakes::model::Answer;
use futures_util::StreamExt as _;
use net::{Http, HttpConfig, Recorded};
use provider::{
    Api, Block, CacheHint, Compat, Input, Message, Model, ModelEvent, ModelRef, ModelRequest, Profile, ProfileKind,
    Provider as _, StopReason, Thinking, ToolSchema, Usage,
};
use serde_json::{Value, json, value::RawValue};

use crate::vendor::Fake;

fn raw(value: &Value) -> Arc<RawValue> {
    RawValue::from_string(value.to_string()).unwrap().into()
}

fn text(text: &str) -> Block {
    Block::Text(text.into())
}

fn call(id: &str, name: &str, arguments: &Value) -> Block {
    Block::ToolCall { id: id.into(), name: name.into(), arguments: raw(arguments) }
}

fn result(call: &str, said: &str) -> Message {
    Message::ToolResult { call: call.into(), tool: "exec".into(), content: vec![text(said)], is_error: false }
}

fn request(fake: &Fake, messages: Vec<Message>) -> ModelRequest {
    let parameters = json!({"$schema": "x", "type": "object", "additionalProperties": false,
        "properties": {"path": {"type": "string"}}, "required": ["path"]});
    let model = Model {
        reference: ModelRef { provider: "anthropic".into(), model: "claude-opus-4-5".into() },
        name: "Claude Opus 4.5".to_owned(),
        api: Api::AnthropicMessages,
        base_url: fake.model.url().into(),
        reasoning: true,
        input: vec![Input::Text, Input::Image],
        context_window: 200_000,
        max_tokens: 64_000,
        price: None,
        headers: vec![("Anthropic-Beta".to_owned(), "context-1m-2025-08-07".to_owned())],
        compat: Compat::default(),
    };
    ModelRequest {
        model: Arc::new(model),
        system: "Be brief.".into(),
        messages,
        tools: Arc::new([ToolSchema { name: "read", about: "Reads a file.", parameters: raw(&parameters) }]),
        thinking: Thinking::Low,
        max_tokens: None,
        temperature: None,
        cache_key: "s".into(),
        cache: CacheHint::FiveMinutes,
    }
}

async fn send(request: ModelRequest, secret: &str) -> Vec<ModelEvent> {
    let profile = Profile { id: "anthropic:default".into(), kind: ProfileKind::ApiKey(secret.into()) };
    let http = Http::new(HttpConfig::default());
    let stream = anthropic::Anthropic::default().stream(&http, request, &profile).await.unwrap();
    stream.map(Result::unwrap).collect().await
}

#[tokio::test]
async fn a_request_with_a_key_has_the_published_shape() {
    let fake = Fake::start("").await;
    send(request(&fake, vec![Message::User(vec![text("Hi there"), text(" ")])]), "sk-ant-api-1").await;
    let seen = fake.model.request(1).await;
    let mark = json!({"type": "ephemeral"});
    let expected = json!({
        "model": "claude-opus-4-5",
        "messages": [{"role": "user", "content": [{"type": "text", "text": "Hi there", "cache_control": mark}]}],
        "max_tokens": 34048,
        "stream": true,
        "system": [{"type": "text", "text": "Be brief.", "cache_control": mark}],
        "tools": [{"name": "read", "description": "Reads a file.", "input_schema":
            {"type": "object", "properties": {"path": {"type": "string"}}, "required": ["path"]}}],
        "thinking": {"type": "enabled", "budget_tokens": 2048},
    });
    assert_eq!(seen.body.to_string(), expected.to_string());
    assert_eq!(seen.path, "/v1/messages");
    let headers = ["x-api-key", "anthropic-version", "accept", "content-type"].map(|name| seen.header(name).unwrap());
    assert_eq!(headers, ["sk-ant-api-1", "2023-06-01", "application/json", "application/json"]);
    let betas = "fine-grained-tool-streaming-2025-05-14,interleaved-thinking-2025-05-14,context-1m-2025-08-07";
    assert_eq!((seen.header("anthropic-beta"), seen.header("authorization")), (Some(betas), None));
}

#[tokio::test]
async fn a_request_with_a_token_wears_the_command_lines_face() {
    let fake = Fake::start("").await;
    fake.model.answer(Answer::call("Read", r#"{"path":"a"}"#));
    let events = send(request(&fake, vec![Message::User(vec![text("Hi")])]), "sk-ant-oat01-x").await;
    let seen = fake.model.request(1).await;
    assert_eq!(seen.header("authorization"), Some("Bearer sk-ant-oat01-x"));
    assert_eq!((seen.header("x-api-key"), seen.header("x-app")), (None, Some("cli")));
    assert_eq!(seen.header("user-agent"), Some("claude-cli/2.1.2 (external, cli)"));
    let betas = "claude-code-20250219,oauth-2025-04-20,fine-grained-tool-streaming-2025-05-14,interleaved-thinking-2025-05-14,context-1m-2025-08-07";
    assert_eq!(seen.header("anthropic-beta"), Some(betas));
    let system = seen.body["system"].as_array().unwrap();
    assert_eq!((system.len(), system[0]["text"].as_str().unwrap().len()), (2, 57));
    assert_eq!(seen.tools(), ["Read"]);
    let ours = events.iter().any(|event| matches!(event, ModelEvent::ToolCallStart { name, .. } if name == "read"));
    assert!(ours, "{events:?}");
}

#[tokio::test]
async fn results_of_one_turn_are_one_message_with_the_mark_on_the_last() {
    let fake = Fake::start("").await;
    let thinking =
        |signature: Option<&str>| Block::Thinking { text: "hm".into(), signature: signature.map(Into::into) };
    let history = vec![
        Message::User(vec![text("go")]),
        Message::Assistant(vec![thinking(Some("SIG")), thinking(None), thinking(Some("{\"type\":\"reasoning\"}"))]),
        Message::Assistant(vec![
            text(""),
            call("a|b", "exec", &json!({"command": "ls"})),
            call("c", "exec", &json!({})),
        ]),
        result("a|b", "one"),
        result("c", "two"),
    ];
    let hour = ModelRequest { cache: CacheHint::OneHour, ..request(&fake, history) };
    send(hour, "k").await;
    let seen = fake.model.request(1).await;
    let mark = json!({"type": "ephemeral", "ttl": "1h"});
    let expected = json!([
        {"role": "user", "content": [{"type": "text", "text": "go"}]},
        {"role": "assistant", "content": [
            {"type": "thinking", "thinking": "hm", "signature": "SIG"},
            {"type": "text", "text": "hm"},
            {"type": "text", "text": "hm"},
            {"type": "tool_use", "id": "a_b", "name": "exec", "input": {"command": "ls"}},
            {"type": "tool_use", "id": "c", "name": "exec", "input": {}},
        ]},
        {"role": "user", "content": [
            {"type": "tool_result", "tool_use_id": "a_b", "content": "one", "is_error": false},
            {"type": "tool_result", "tool_use_id": "c", "content": "two", "is_error": false, "cache_control": mark},
        ]},
    ]);
    assert_eq!(seen.body["messages"].to_string(), expected.to_string());
}

#[tokio::test]
async fn thinking_takes_its_share_of_the_answer() {
    let fake = Fake::start("").await;
    let cases = [
        (Thinking::Off, None, 64_000, 32_000, None),
        (Thinking::Minimal, None, 64_000, 33_024, Some(1024)),
        (Thinking::Medium, Some(1000), 64_000, 9192, Some(8192)),
        (Thinking::Xhigh, None, 64_000, 48_384, Some(16_384)),
        (Thinking::High, None, 8192, 8192, Some(7168)),
        (Thinking::High, None, 1500, 1500, None),
    ];
    for (number, (thinking, max_tokens, ceiling, sent, budget)) in cases.into_iter().enumerate() {
        let mut request = request(&fake, vec![Message::User(vec![text("hi")])]);
        let mut model = (*request.model).clone();
        model.max_tokens = ceiling;
        request.model = Arc::new(model);
        send(ModelRequest { thinking, max_tokens, ..request }, "k").await;
        let seen = fake.model.request(number + 1).await;
        let budget_sent = seen.body.pointer("/thinking/budget_tokens").and_then(Value::as_u64);
        assert_eq!((seen.body["max_tokens"].as_u64(), budget_sent), (Some(sent), budget), "{thinking:?}");
    }
}

const RECORDED: &str = concat!(
    "event: message_start\r\n",
    "data: {\"type\":\"message_start\",\"message\":{\"id\":\"m\",\"usage\":{\"input_tokens\":3,\"output_tokens\":1}}}\r\n\r\n",
    ": keep-alive\n\n",
    "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"redacted_thinking\",\"data\":\"SEALED\"}}\n\n",
    "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\n",
    "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":1,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n",
    "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":1,\"delta\":{\"type\":\"text_delta\",\"text\":\"שלום 👩‍👩‍👧\"}}\n\n",
    "event: unheard_of\ndata: {\"type\":\"unheard_of\",\"x\":1}\n\n",
    "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":1}\n\n",
    "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"refusal\"},\"usage\":{\"output_tokens\":9}}\n\n",
    "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n",
);

#[tokio::test]
async fn an_answer_does_not_depend_on_where_its_bytes_are_cut() {
    let fake = Fake::start("").await;
    let profile = Profile { id: "anthropic:default".into(), kind: ProfileKind::Token("t".into()) };
    let usage = |output| ModelEvent::Usage(Usage { input: 3, output, cache_read: 0, cache_write: 0 });
    let expected = [
        usage(1),
        ModelEvent::ThinkingEnd { signature: Some("redacted:SEALED".to_owned()) },
        ModelEvent::Text("שלום 👩‍👩‍👧".to_owned()),
        ModelEvent::TextEnd,
        usage(9),
        ModelEvent::Stop(StopReason::Refusal),
    ];
    for size in [1, 2, 7, RECORDED.len()] {
        let pieces = RECORDED.as_bytes().chunks(size);
        let http = Http::replay([pieces.fold(Recorded::status(200), |answer, piece| answer.piece(piece.to_vec()))]);
        let request = request(&fake, vec![Message::User(vec![text("hi")])]);
        let stream = anthropic::Anthropic::default().stream(&http, request, &profile).await.unwrap();
        let events: Vec<ModelEvent> = stream.map(Result::unwrap).collect().await;
        assert_eq!(events, expected, "pieces of {size}");
    }
}
