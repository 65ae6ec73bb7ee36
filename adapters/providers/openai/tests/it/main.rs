//! OpenAI's two formats against a fake vendor on a real socket.

#![cfg(test)]

mod shape;
mod vendor;

use std::time::Duration;

use conformance::provider::Setup;
use net::Timeouts;
use openai::OpenAi;
use provider::Api;
use vendor::Fake;

const SHORT: Timeouts = Timeouts { first_byte: Duration::from_secs(20), idle: Duration::from_secs(1) };

async fn keeps_every_promise(api: Api, signs_thinking: bool) {
    let fake = Fake::start("/v1").await;
    let provider = OpenAi::with_timeouts(SHORT);
    let setup = Setup { provider: &provider, api, vendor: &fake, signs_thinking, counts_cache: true };
    conformance::provider::suite(setup).await.unwrap_or_else(|broken| panic!("{broken}"));
}

#[tokio::test]
async fn every_promise_of_a_provider_is_kept_in_chat_completions() {
    keeps_every_promise(Api::OpenaiCompletions, false).await;
}

#[tokio::test]
async fn every_promise_of_a_provider_is_kept_in_responses() {
    keeps_every_promise(Api::OpenaiResponses, true).await;
}
