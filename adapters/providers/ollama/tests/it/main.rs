//! Ollama's format against a fake server on a real socket.

#![cfg(test)]

mod vendor;

use std::time::Duration;

use conformance::provider::Setup;
use futures_util::StreamExt as _;
use net::{Http, HttpConfig, Timeouts};
use ollama::Ollama;
use provider::{
    Api, Block, CacheHint, Compat, Input, KnownModel, Message, Model, ModelRef, ModelRequest, Price, Profile,
    ProfileKind, Provider as _, Thinking,
};
use serde_json::{Value, json};
use vendor::Fake;

const SHORT: Timeouts = Timeouts { first_byte: Duration::from_secs(20), idle: Duration::from_secs(1) };

#[tokio::test]
async fn every_promise_of_a_provider_is_kept() {
    let fake = Fake::start("").await;
    let provider = Ollama::with_timeouts(SHORT);
    let setup =
        Setup { provider: &provider, api: Api::Ollama, vendor: &fake, signs_thinking: false, counts_cache: false };
    conformance::provider::suite(setup).await.unwrap_or_else(|broken| panic!("{broken}"));
}

#[tokio::test]
async fn only_models_that_can_call_tools_are_discovered() {
    let fake = Fake::start("").await;
    fake.model.serves("qwen3:8b", 40_960, &["completion", "tools", "thinking"]);
    fake.model.serves("gemma:2b", 8192, &["completion"]);
    fake.model.serves("llava:7b", 4096, &["completion", "tools", "vision"]);
    let url = fake.model.url();
    let found = ollama::discover(&Http::new(HttpConfig::default()), &format!("{url}/")).await.unwrap();
    let model = |id: &str, reasoning, input: &[Input], context_window, max_tokens| KnownModel {
        provider: "ollama".to_owned(),
        id: id.to_owned(),
        name: id.to_owned(),
        api: "ollama".to_owned(),
        base_url: url.clone(),
        reasoning,
        input: input.to_vec(),
        context_window,
        max_tokens,
        price: Price::default(),
    };
    let expected = [
        model("qwen3:8b", true, &[Input::Text], 32_768, 8192),
        model("llava:7b", false, &[Input::Text, Input::Image], 4096, 4096),
    ];
    assert_eq!(found, expected);
}

/// What the server is told of thinking when this model is asked with this level.
async fn think(fake: &Fake, name: &str, reasoning: bool, thinking: Thinking) -> Value {
    let model = Model {
        reference: ModelRef { provider: "ollama".into(), model: name.into() },
        name: name.to_owned(),
        api: Api::Ollama,
        base_url: fake.model.url().into(),
        reasoning,
        input: vec![Input::Text],
        context_window: 32_768,
        max_tokens: 8192,
        price: None,
        headers: Vec::new(),
        compat: Compat::default(),
    };
    let request = ModelRequest {
        model: model.into(),
        system: "".into(),
        messages: vec![Message::User(vec![Block::Text("hi".into())])],
        tools: [].into(),
        thinking,
        max_tokens: None,
        temperature: None,
        cache_key: "session-1".into(),
        cache: CacheHint::Off,
    };
    let profile = Profile { id: "ollama:none".into(), kind: ProfileKind::None };
    let stream = Ollama::default().stream(&Http::new(HttpConfig::default()), request, &profile).await.unwrap();
    stream.collect::<Vec<_>>().await;
    fake.model.requests().pop().unwrap().body["think"].clone()
}

#[tokio::test]
async fn thinking_is_yes_or_no_except_for_the_family_that_takes_levels() {
    let fake = Fake::start("").await;
    for level in Thinking::ALL {
        assert_eq!(think(&fake, "qwen3:8b", true, level).await, json!(level != Thinking::Off), "{level:?}");
        assert_eq!(think(&fake, "gemma:2b", false, level).await, Value::Null, "{level:?}");
    }
    for (level, word) in [
        (Thinking::Off, "low"),
        (Thinking::Minimal, "low"),
        (Thinking::Low, "low"),
        (Thinking::Medium, "medium"),
        (Thinking::High, "high"),
        (Thinking::Xhigh, "high"),
    ] {
        assert_eq!(think(&fake, "gpt-oss:20b", true, level).await, word, "{level:?}");
    }
}
