//! Why a call failed, by what the caller does next.

use std::time::Duration;

use crate::Thinking;

/// What the caller can do now.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProviderError {
    /// Take the next profile; if none is left, a person must mend the credentials.
    #[error("the model's vendor refused the credentials: {0}")]
    Auth(String),
    /// The account cannot pay: the profile rests for hours.
    #[error("the model's vendor asks for payment: {0}")]
    Billing(String),
    /// Wait, or take the next profile or model.
    #[error("the model's vendor limits the rate")]
    RateLimited { after: Option<Duration> },
    /// Retry soon, or take the next model.
    #[error("the model's vendor is overloaded: {0}")]
    Overloaded(String),
    /// The prompt is too long: compact, then retry.
    #[error("the prompt is longer than the model's context window")]
    ContextOverflow { limit: Option<u32> },
    /// The request is wrong in a way no retry mends: tell the person.
    #[error("the model's vendor refused the request: {0}")]
    Refused(String),
    /// The model does not think this much or this little: ask again with a level it takes.
    #[error("the model's vendor refused the thinking level: {detail}")]
    ThinkingLevel { supported: Vec<Thinking>, detail: String },
    /// The model does not exist there: take the next model.
    #[error("the model's vendor does not know this model: {0}")]
    UnknownModel(String),
    /// The answer is empty, malformed or absurdly large: take the next model.
    #[error("the model's answer cannot be used: {0}")]
    Unusable(String),
    /// The connection failed, stalled or was cut; `began` tells whether some of the answer had arrived.
    #[error("the connection to the model failed: {detail}")]
    Transport { detail: String, began: bool },
}

impl ProviderError {
    /// What transcripts keep: the vendor's own words, with its HTTP status, where it said something.
    #[must_use]
    pub fn recorded(&self) -> String {
        match self {
            Self::Auth(said)
            | Self::Billing(said)
            | Self::Overloaded(said)
            | Self::Refused(said)
            | Self::UnknownModel(said)
            | Self::ThinkingLevel { detail: said, .. } => said.clone(),
            Self::RateLimited { .. } | Self::ContextOverflow { .. } | Self::Unusable(_) | Self::Transport { .. } => {
                self.to_string()
            }
        }
    }

    /// Why another profile or model is taken, in the published program's word.
    #[must_use]
    pub fn failover_reason(&self) -> &'static str {
        match self {
            Self::Auth(_) => "auth",
            Self::Billing(_) => "billing",
            Self::RateLimited { .. } => "rate_limit",
            Self::Overloaded(_) => "overloaded",
            Self::Transport { .. } => "timeout",
            Self::Refused(_) | Self::ThinkingLevel { .. } | Self::UnknownModel(_) | Self::Unusable(_) => "format",
            Self::ContextOverflow { .. } => "context",
        }
    }
}
