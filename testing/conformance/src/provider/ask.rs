//! Builds requests and gathers what came of them.

use std::sync::Arc;

use futures_util::StreamExt as _;
use net::{Http, HttpConfig};
use provider::{
    Block, CacheHint, Input, Message, Model, ModelEvent, ModelRef, ModelRequest, Price, Profile, ProfileKind,
    ProviderError, StopReason, Thinking, ToolSchema, Usage,
};
use serde_json::value::RawValue;

use super::{Behaviour, Fault, Setup, Step};

pub(super) const SECRET: &str = "sk-conformance-4711";

/// An answer, gathered.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Heard {
    pub(super) text: String,
    pub(super) thinking: String,
    pub(super) signature: Option<String>,
    /// Id, name, arguments.
    pub(super) calls: Vec<(String, String, String)>,
    pub(super) usage: Option<Usage>,
    pub(super) stop: Option<StopReason>,
    pub(super) error: Option<ProviderError>,
    /// A rule of the event order that was broken.
    pub(super) disorder: Option<&'static str>,
}

pub(super) fn model(setup: &Setup<'_>, base_url: String) -> Model {
    Model {
        reference: ModelRef { provider: "fake".into(), model: "fake-1".into() },
        name: "Fake".to_owned(),
        api: setup.api,
        base_url: base_url.into(),
        reasoning: true,
        input: vec![Input::Text, Input::Image],
        context_window: 200_000,
        max_tokens: 64_000,
        price: Some(Price::default()),
        headers: vec![("x-owner".to_owned(), "configured".to_owned())],
        compat: provider::Compat::default(),
    }
}

pub(super) fn raw(json: &str) -> Arc<RawValue> {
    let raw = RawValue::from_string(json.to_owned());
    raw.unwrap_or_default().into()
}

pub(super) fn user(text: &str) -> Message {
    Message::User(vec![Block::Text(text.into())])
}

pub(super) fn request(setup: &Setup<'_>, messages: Vec<Message>) -> ModelRequest {
    let schema = r#"{"type":"object","properties":{"command":{"type":"string"}},"required":["command"]}"#;
    let tool = ToolSchema { name: "exec", about: "Runs a command.", parameters: raw(schema) };
    ModelRequest {
        model: Arc::new(model(setup, setup.vendor.base_url())),
        system: "You are under test.".into(),
        messages,
        tools: Arc::new([tool]),
        thinking: Thinking::Low,
        max_tokens: None,
        temperature: None,
        cache_key: "conversation-1".into(),
        cache: CacheHint::FiveMinutes,
    }
}

pub(super) fn profile() -> Profile {
    Profile { id: "fake:default".into(), kind: ProfileKind::ApiKey(SECRET.into()) }
}

pub(super) fn http() -> Http {
    Http::new(HttpConfig::default())
}

/// Lets the vendor behave so, asks, and listens to the end.
pub(super) async fn hear(setup: &Setup<'_>, behaviour: Behaviour) -> Heard {
    setup.vendor.will(behaviour);
    hear_request(setup, request(setup, vec![user("hello")])).await
}

pub(super) async fn hear_request(setup: &Setup<'_>, request: ModelRequest) -> Heard {
    hear_over(setup, &http(), request).await
}

pub(super) async fn hear_over(setup: &Setup<'_>, http: &Http, request: ModelRequest) -> Heard {
    let mut heard = Heard::default();
    let mut stream = match setup.provider.stream(http, request, &profile()).await {
        Ok(stream) => stream,
        Err(error) => return Heard { error: Some(error), ..heard },
    };
    while let Some(event) = stream.next().await {
        if heard.stop.is_some() || heard.error.is_some() {
            heard.disorder = Some("something came after the end");
        }
        match event {
            Ok(event) => take(&mut heard, event),
            Err(error) => heard.error = Some(error),
        }
    }
    heard
}

fn take(heard: &mut Heard, event: ModelEvent) {
    match event {
        ModelEvent::Text(piece) => heard.text.push_str(&piece),
        ModelEvent::TextEnd => {}
        ModelEvent::Thinking(piece) => heard.thinking.push_str(&piece),
        ModelEvent::ThinkingEnd { signature } => heard.signature = signature,
        ModelEvent::ToolCallStart { id, name } => heard.calls.push((id, name, String::new())),
        ModelEvent::ToolCallArguments(piece) => match heard.calls.last_mut() {
            Some((_, _, arguments)) => arguments.push_str(&piece),
            None => heard.disorder = Some("arguments came before their call"),
        },
        ModelEvent::ToolCallEnd => {}
        ModelEvent::Usage(usage) => heard.usage = Some(usage),
        ModelEvent::Stop(stop) => heard.stop = Some(stop),
    }
}

impl Behaviour {
    pub(super) fn says(text: &str) -> Self {
        Self { steps: vec![Step::Text(text.to_owned())], ..Self::default() }
    }

    pub(super) fn then(mut self, step: Step) -> Self {
        self.steps.push(step);
        self
    }

    pub(super) fn calls(calls: &[(&str, &str)]) -> Self {
        let call = |(name, arguments): &(&str, &str)| Step::Call {
            name: (*name).to_owned(),
            arguments: (*arguments).to_owned(),
        };
        Self { steps: calls.iter().map(call).collect(), ..Self::default() }
    }

    pub(super) fn fails(fault: Fault) -> Self {
        Self { fault: Some(fault), ..Self::default() }
    }
}

pub(super) fn ensure(kept: bool, instead: &impl std::fmt::Debug) -> Result<(), String> {
    if kept { Ok(()) } else { Err(format!("{instead:?}")) }
}
