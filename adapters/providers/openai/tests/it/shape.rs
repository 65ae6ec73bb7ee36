//! The requests as they stand on the wire.

use std::sync::Arc;

use fakes::model::Answer;
use futures_util::StreamExt as _;
use net::{Http, HttpConfig};
use provider::{
    Api, Block, CacheHint, Compat, Input, MaxTokensField, Message, Model, ModelEvent, ModelRef, ModelRequest, Profile,
    ProfileKind, Provider as _, ProviderError, Thinking, ToolSchema,
};
use serde_json::{Value, json, value::RawValue};

use crate::vendor::Fake;

fn raw(value: &Value) -> Arc<RawValue> {
    RawValue::from_string(value.to_string()).unwrap().into()
}

fn text(text: &str) -> Block {
    Block::Text(text.into())
}

fn parameters() -> Value {
    json!({"type": "object", "properties": {"path": {"type": "string"}}, "required": ["path"]})
}

fn request(fake: &Fake, api: Api, messages: Vec<Message>) -> ModelRequest {
    let model = Model {
        reference: ModelRef { provider: "openai".into(), model: "gpt-5.2".into() },
        name: "GPT-5.2".to_owned(),
        api,
        base_url: format!("{}/v1/", fake.model.url()).into(),
        reasoning: true,
        input: vec![Input::Text, Input::Image],
        context_window: 400_000,
        max_tokens: 128_000,
        price: None,
        headers: Vec::new(),
        compat: Compat::default(),
    };
    ModelRequest {
        model: Arc::new(model),
        system: "Be brief.".into(),
        messages,
        tools: Arc::new([ToolSchema { name: "read", about: "Reads a file.", parameters: raw(&parameters()) }]),
        thinking: Thinking::Low,
        max_tokens: None,
        temperature: None,
        cache_key: "session-1".into(),
        cache: CacheHint::FiveMinutes,
    }
}

fn with_model(mut request: ModelRequest, change: impl FnOnce(&mut Model)) -> ModelRequest {
    let mut model = (*request.model).clone();
    change(&mut model);
    request.model = Arc::new(model);
    request
}

async fn send(request: ModelRequest) -> Vec<ModelEvent> {
    let profile = Profile { id: "openai:default".into(), kind: ProfileKind::ApiKey("sk-1".into()) };
    let http = Http::new(HttpConfig::default());
    let stream = openai::OpenAi::default().stream(&http, request, &profile).await.unwrap();
    stream.map(Result::unwrap).collect().await
}

fn tool_turn(id: &str, signature: Option<&str>) -> Vec<Message> {
    let call = Block::ToolCall { id: id.into(), name: "read".into(), arguments: raw(&json!({"path": "a"})) };
    let thought = Block::Thinking { text: "hm".into(), signature: signature.map(Into::into) };
    let picture = Block::Image { mime: "image/png".into(), data: "QUJD".into() };
    let content = vec![text("one"), text("two"), picture];
    vec![
        Message::User(vec![text("go")]),
        Message::Assistant(vec![thought, text("reading"), call]),
        Message::ToolResult { call: id.into(), tool: "read".into(), content, is_error: false },
    ]
}

#[tokio::test]
async fn a_chat_completions_request_has_the_published_shape() {
    let fake = Fake::start("/v1").await;
    let request = request(&fake, Api::OpenaiCompletions, vec![Message::User(vec![text("First turn")])]);
    send(with_model(request, |model| model.reasoning = false)).await;
    let seen = fake.model.request(1).await;
    let expected = json!({
        "model": "gpt-5.2",
        "messages": [{"role": "system", "content": "Be brief."},
            {"role": "user", "content": [{"type": "text", "text": "First turn"}]}],
        "stream": true, "stream_options": {"include_usage": true},
        "store": false,
        "max_completion_tokens": 32000,
        "tools": [{"type": "function", "function":
            {"name": "read", "description": "Reads a file.", "parameters": parameters(), "strict": false}}],
    });
    assert_eq!(seen.body.to_string(), expected.to_string());
    assert_eq!((seen.path.as_str(), seen.header("authorization")), ("/v1/chat/completions", Some("Bearer sk-1")));
}

#[tokio::test]
async fn a_chat_completions_history_keeps_calls_results_and_pictures() {
    let fake = Fake::start("/v1").await;
    send(request(&fake, Api::OpenaiCompletions, tool_turn("call_1|fc_1", Some("reasoning_content")))).await;
    let seen = fake.model.request(1).await;
    let arguments = json!({"path": "a"}).to_string();
    let expected = json!([
        {"role": "developer", "content": "Be brief."},
        {"role": "user", "content": [{"type": "text", "text": "go"}]},
        {"role": "assistant", "content": [{"type": "text", "text": "reading"}], "reasoning_content": "hm",
            "tool_calls": [{"id": "call_1", "type": "function", "function": {"name": "read", "arguments": arguments}}]},
        {"role": "tool", "content": "one\ntwo", "tool_call_id": "call_1"},
        {"role": "user", "content": [{"type": "text", "text": "Images returned by the tool:"},
            {"type": "image_url", "image_url": {"url": "data:image/png;base64,QUJD"}}]},
    ]);
    assert_eq!(seen.body["messages"].to_string(), expected.to_string());
    assert_eq!(seen.body["reasoning_effort"], "low");
}

#[tokio::test]
async fn each_thinking_level_is_the_effort_of_the_same_name_and_off_sends_none() {
    let fake = Fake::start("/v1").await;
    for api in [Api::OpenaiCompletions, Api::OpenaiResponses] {
        for level in Thinking::ALL {
            let asked = request(&fake, api, vec![Message::User(vec![text("hi")])]);
            send(ModelRequest { thinking: level, ..asked }).await;
            let seen = fake.model.requests().pop().unwrap();
            let effort = match api {
                Api::OpenaiResponses => &seen.body["reasoning"]["effort"],
                _ => &seen.body["reasoning_effort"],
            };
            let expected = if level == Thinking::Off { Value::Null } else { json!(level.as_str()) };
            assert_eq!(*effort, expected, "{api:?}");
        }
    }
}

#[tokio::test]
async fn a_refused_effort_tells_which_ones_are_taken() {
    let fake = Fake::start("/v1").await;
    let says = "Unsupported value: 'minimal'. Supported values are: 'low', 'medium', and 'high'.";
    fake.model.answer(Answer::refusal(400, says));
    let asked = request(&fake, Api::OpenaiResponses, vec![Message::User(vec![text("hi")])]);
    let profile = Profile { id: "openai:default".into(), kind: ProfileKind::ApiKey("sk-1".into()) };
    let http = Http::new(HttpConfig::default());
    let refused = openai::OpenAi::default().stream(&http, asked, &profile).await.err();
    let Some(ProviderError::ThinkingLevel { supported, .. }) = refused else { panic!("{refused:?}") };
    assert_eq!(supported, [Thinking::Low, Thinking::Medium, Thinking::High]);
}

#[tokio::test]
async fn a_servers_differences_are_respected() {
    let fake = Fake::start("/v1").await;
    let compat = Compat {
        supports_store: Some(false),
        supports_developer_role: Some(false),
        supports_reasoning_effort: Some(false),
        max_tokens_field: Some(MaxTokensField::MaxTokens),
    };
    let request = request(&fake, Api::OpenaiCompletions, vec![Message::User(vec![text("hi")])]);
    send(with_model(request, |model| model.compat = compat)).await;
    let body = &fake.model.request(1).await.body;
    assert_eq!((&body["store"], &body["reasoning_effort"]), (&Value::Null, &Value::Null));
    assert_eq!((&body["max_tokens"], &body["messages"][0]["role"]), (&json!(32_000), &json!("system")));
}

#[tokio::test]
async fn a_responses_request_has_the_published_shape() {
    let fake = Fake::start("/v1").await;
    send(request(&fake, Api::OpenaiResponses, vec![Message::User(vec![text("First turn")])])).await;
    let seen = fake.model.request(1).await;
    let expected = json!({
        "model": "gpt-5.2",
        "input": [{"role": "developer", "content": "Be brief."},
            {"role": "user", "content": [{"type": "input_text", "text": "First turn"}]}],
        "stream": true,
        "prompt_cache_key": "session-1",
        "max_output_tokens": 32000,
        "tools": [{"type": "function", "name": "read", "description": "Reads a file.", "parameters": parameters(),
            "strict": false}],
        "reasoning": {"effort": "low", "summary": "auto"},
        "include": ["reasoning.encrypted_content"],
    });
    assert_eq!(seen.body.to_string(), expected.to_string());
    assert_eq!(seen.path, "/v1/responses");
}

#[tokio::test]
async fn a_responses_history_gives_reasoning_items_back_as_they_came() {
    let fake = Fake::start("/v1").await;
    let item = json!({"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "SEALED"});
    send(request(&fake, Api::OpenaiResponses, tool_turn("call_1|fc_1", Some(&item.to_string())))).await;
    send(request(&fake, Api::OpenaiResponses, tool_turn("call_1|fc_1", Some("another vendor's")))).await;
    let arguments = json!({"path": "a"}).to_string();
    let message = json!({"type": "message", "role": "assistant",
        "content": [{"type": "output_text", "text": "reading", "annotations": []}], "status": "completed", "id": "msg_0"});
    let output = json!({"type": "function_call_output", "call_id": "call_1", "output": "one\ntwo"});
    let input = |number: usize| fake.model.requests()[number].messages()[2..5].to_vec();
    let call =
        json!({"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "read", "arguments": arguments});
    assert_eq!(input(0), [item, message.clone(), call]);
    let call = json!({"type": "function_call", "call_id": "call_1", "name": "read", "arguments": arguments});
    assert_eq!(input(1), [message, call, output]);
}
