//! Ollama's format against a fake server on a real socket.

#![cfg(test)]

mod vendor;

use std::time::Duration;

use conformance::provider::Setup;
use net::{Http, HttpConfig, Timeouts};
use ollama::Ollama;
use provider::{Api, Input, KnownModel, Price};
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
