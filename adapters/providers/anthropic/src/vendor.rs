//! The adapter: headers, patience and the way out.

use std::time::Duration;

use async_trait::async_trait;
use net::{Http, Request, Timeouts};
use provider::{Api, Descriptor, Model, ModelRequest, ModelStream, Profile, ProfileKind, Provider, ProviderError};

use crate::body::body;
use crate::stream::Decoder;

const VERSION: &str = "2023-06-01";
const BETAS: &str = "fine-grained-tool-streaming-2025-05-14,interleaved-thinking-2025-05-14";
const TOKEN_BETAS: &str =
    "claude-code-20250219,oauth-2025-04-20,fine-grained-tool-streaming-2025-05-14,interleaved-thinking-2025-05-14";
const BETA_HEADER: &str = "anthropic-beta";
/// Anthropic sends a ping every few seconds, so silence is a broken line.
const PATIENCE: Timeouts = Timeouts { first_byte: Duration::from_secs(120), idle: Duration::from_secs(120) };

/// The adapter for every server that speaks Anthropic Messages.
#[derive(Debug, Clone, Copy)]
pub struct Anthropic {
    timeouts: Timeouts,
}

impl Default for Anthropic {
    fn default() -> Self {
        Self { timeouts: PATIENCE }
    }
}

impl Anthropic {
    /// The adapter with another patience.
    #[must_use]
    pub fn with_timeouts(timeouts: Timeouts) -> Self {
        Self { timeouts }
    }
}

/// In which way the vendor is shown who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Face {
    /// As ourselves.
    Own,
    /// As the vendor's own command line, the only one its subscription tokens are for.
    CommandLine,
}

fn face(profile: &Profile) -> Face {
    if profile.secret().is_some_and(|secret| secret.contains("sk-ant-oat")) { Face::CommandLine } else { Face::Own }
}

#[async_trait]
impl Provider for Anthropic {
    fn descriptor(&self) -> &'static Descriptor {
        &Descriptor { id: "anthropic", apis: &[Api::AnthropicMessages] }
    }

    async fn stream(
        &self,
        http: &Http,
        request: ModelRequest,
        profile: &Profile,
    ) -> Result<ModelStream, ProviderError> {
        let face = face(profile);
        let path =
            if request.model.base_url.trim_end_matches('/').ends_with("/v1") { "/messages" } else { "/v1/messages" };
        let call = provider::endpoint(&request.model, path).timeouts(self.timeouts).accept("application/json");
        let call = authorize(call, profile, face).header("anthropic-version", VERSION);
        let call = call.json_bytes(body(&request, face));
        let model = with_betas(&request.model, face);
        let answer = provider::send(http, call, &model, profile).await?;
        let decoder = Decoder::new(request.tools, face);
        Ok(provider::stream_sse(answer.sse(provider::LIMIT_OF_EVENT), decoder))
    }
}

fn authorize(call: Request, profile: &Profile, face: Face) -> Request {
    match (&profile.kind, face) {
        (ProfileKind::None, _) => call,
        (ProfileKind::ApiKey(token) | ProfileKind::Token(token), Face::CommandLine) => {
            call.bearer(token.expose()).header("user-agent", "claude-cli/2.1.2 (external, cli)").header("x-app", "cli")
        }
        (ProfileKind::ApiKey(key), Face::Own) => call.header("x-api-key", key.expose()),
        (ProfileKind::Token(token), Face::Own) => call.bearer(token.expose()),
    }
}

/// The model with our betas put before those the owner configured: one header holds them all.
fn with_betas(model: &Model, face: Face) -> Model {
    let mut model = model.clone();
    let ours = match face {
        Face::Own => BETAS,
        Face::CommandLine => TOKEN_BETAS,
    };
    let mut betas = ours.to_owned();
    model.headers.retain(|(name, value)| {
        let is_beta = name.eq_ignore_ascii_case(BETA_HEADER);
        if is_beta {
            betas.push(',');
            betas.push_str(value);
        }
        !is_beta
    });
    model.headers.push((BETA_HEADER.to_owned(), betas));
    model
}
