//! The vendor behind a model: how to reach it and with which credentials.

use std::sync::Arc;

use async_trait::async_trait;
use net::Http;
use stdx::Secret;

use crate::{Api, ModelRequest, ModelStream, ProviderError};

/// A way of speaking to models. One adapter serves every vendor that speaks its format.
#[async_trait]
pub trait Provider: Send + Sync + std::fmt::Debug {
    fn descriptor(&self) -> &'static Descriptor;

    /// Sends the request; the stream ends after [`crate::ModelEvent::Stop`] or with an error. Dropping the stream
    /// closes the connection.
    async fn stream(&self, http: &Http, request: ModelRequest, profile: &Profile)
    -> Result<ModelStream, ProviderError>;
}

/// What an adapter serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Descriptor {
    /// For people and logs: `anthropic`.
    pub id: &'static str,
    /// The formats it speaks.
    pub apis: &'static [Api],
}

/// One set of credentials, ready to use.
#[derive(Debug, Clone)]
pub struct Profile {
    /// `<provider>:<name>`, or `env`/`config` where no stored profile exists. Never secret.
    pub id: Arc<str>,
    pub kind: ProfileKind,
}

/// What kind of secret it is: vendors want it in different headers.
#[derive(Debug, Clone)]
pub enum ProfileKind {
    ApiKey(Secret<String>),
    /// A bearer token from a set-up or OAuth flow.
    Token(Secret<String>),
    /// A server on this machine that asks for nothing.
    None,
}
