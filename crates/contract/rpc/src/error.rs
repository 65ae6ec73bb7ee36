//! Why a call failed: maps one-to-one to the wire.

use std::{borrow::Cow, time::Duration};

use protocol::{ErrorCode, ErrorShape};
use serde::Serialize;
use serde_json::value::RawValue;

/// The answer of a failed call.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{message}")]
pub struct RpcError {
    pub code: ErrorCode,
    pub message: Cow<'static, str>,
    pub details: Option<Box<RawValue>>,
    pub retryable: Option<bool>,
    pub retry_after: Option<Duration>,
    /// Some methods send a payload beside the error.
    pub payload: Option<Box<RawValue>>,
}

impl RpcError {
    #[must_use]
    pub fn new(code: ErrorCode, message: impl Into<Cow<'static, str>>) -> Self {
        Self { code, message: message.into(), details: None, retryable: None, retry_after: None, payload: None }
    }

    /// The request cannot be met as it stands.
    #[must_use]
    pub fn invalid(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorCode::InvalidRequest, message)
    }

    /// Something behind the method failed.
    #[must_use]
    pub fn unavailable(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorCode::Unavailable, message)
    }

    #[must_use]
    pub fn with_details(mut self, details: &impl Serialize) -> Self {
        self.details = serde_json::value::to_raw_value(details).ok();
        self
    }

    #[must_use]
    pub fn with_payload(mut self, payload: &impl Serialize) -> Self {
        self.payload = serde_json::value::to_raw_value(payload).ok();
        self
    }

    #[must_use]
    pub fn retry_after(mut self, after: Duration) -> Self {
        self.retryable = Some(true);
        self.retry_after = Some(after);
        self
    }

    /// The wire's error object.
    #[must_use]
    pub fn into_shape(self) -> ErrorShape {
        ErrorShape {
            code: self.code,
            message: self.message,
            details: self.details,
            retryable: self.retryable,
            retry_after_ms: self.retry_after.map(|after| u64::try_from(after.as_millis()).unwrap_or(u64::MAX)),
        }
    }
}
