//! Anthropic Messages against a fake vendor on a real socket.

#![cfg(test)]

mod shape;
mod vendor;

use std::time::Duration;

use anthropic::Anthropic;
use conformance::provider::Setup;
use net::Timeouts;
use provider::Api;
use vendor::Fake;

const SHORT: Timeouts = Timeouts { first_byte: Duration::from_secs(20), idle: Duration::from_secs(1) };

#[tokio::test]
async fn every_promise_of_a_provider_is_kept() {
    let fake = Fake::start("").await;
    let provider = Anthropic::with_timeouts(SHORT);
    let api = Api::AnthropicMessages;
    let setup = Setup { provider: &provider, api, vendor: &fake, signs_thinking: true, counts_cache: true };
    conformance::provider::suite(setup).await.unwrap_or_else(|broken| panic!("{broken}"));
}
