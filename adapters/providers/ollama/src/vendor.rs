//! The adapter: patience and the way out.

use std::time::Duration;

use async_trait::async_trait;
use net::{Http, Timeouts};
use provider::{Api, Descriptor, ModelRequest, ModelStream, Profile, Provider, ProviderError};

use crate::body::body;
use crate::stream::Decoder;

/// Loading a model into memory comes before the first byte and may take minutes.
const PATIENCE: Timeouts = Timeouts { first_byte: Duration::from_secs(600), idle: Duration::from_secs(300) };

/// The adapter for Ollama servers.
#[derive(Debug, Clone, Copy)]
pub struct Ollama {
    timeouts: Timeouts,
}

impl Default for Ollama {
    fn default() -> Self {
        Self { timeouts: PATIENCE }
    }
}

impl Ollama {
    /// The adapter with another patience.
    #[must_use]
    pub fn with_timeouts(timeouts: Timeouts) -> Self {
        Self { timeouts }
    }
}

#[async_trait]
impl Provider for Ollama {
    fn descriptor(&self) -> &'static Descriptor {
        &Descriptor { id: "ollama", apis: &[Api::Ollama] }
    }

    async fn stream(
        &self,
        http: &Http,
        request: ModelRequest,
        profile: &Profile,
    ) -> Result<ModelStream, ProviderError> {
        let mut call = provider::endpoint(&request.model, "/api/chat").timeouts(self.timeouts);
        if let Some(secret) = profile.secret() {
            call = call.bearer(secret);
        }
        let call = call.accept("application/x-ndjson").json_bytes(body(&request));
        let answer = provider::send(http, call, &request.model, profile).await?;
        Ok(provider::stream_lines(answer.ndjson(provider::LIMIT_OF_EVENT), Decoder::new(&request)))
    }
}
