//! The adapter: which of the two formats, with which patience and headers.

use std::time::Duration;

use async_trait::async_trait;
use net::{Http, Timeouts};
use provider::{Api, Descriptor, ModelRequest, ModelStream, Profile, Provider, ProviderError};

use crate::{chat, responses};

/// Reasoning may be silent for minutes, and neither format has pings.
const PATIENCE: Timeouts = Timeouts { first_byte: Duration::from_secs(180), idle: Duration::from_secs(300) };

/// The adapter for every server that speaks one of OpenAI's formats.
#[derive(Debug, Clone, Copy)]
pub struct OpenAi {
    timeouts: Timeouts,
}

impl Default for OpenAi {
    fn default() -> Self {
        Self { timeouts: PATIENCE }
    }
}

impl OpenAi {
    /// The adapter with another patience.
    #[must_use]
    pub fn with_timeouts(timeouts: Timeouts) -> Self {
        Self { timeouts }
    }
}

#[async_trait]
impl Provider for OpenAi {
    fn descriptor(&self) -> &'static Descriptor {
        &Descriptor { id: "openai", apis: &[Api::OpenaiCompletions, Api::OpenaiResponses] }
    }

    async fn stream(
        &self,
        http: &Http,
        request: ModelRequest,
        profile: &Profile,
    ) -> Result<ModelStream, ProviderError> {
        let responses = request.model.api == Api::OpenaiResponses;
        let path = if responses { "/responses" } else { "/chat/completions" };
        let mut call = provider::endpoint(&request.model, path).timeouts(self.timeouts).accept("application/json");
        if let Some(secret) = profile.secret() {
            call = call.bearer(secret);
        }
        call = call.json_bytes(if responses { responses::body(&request) } else { chat::body(&request) });
        let answer = provider::send(http, call, &request.model, profile).await?;
        let events = answer.sse(provider::LIMIT_OF_EVENT);
        Ok(if responses {
            provider::stream_sse(events, responses::Decoder::default())
        } else {
            provider::stream_sse(events, chat::Decoder::new(&request))
        })
    }
}
