//! Inbound HTTP for networks that call us, with no web framework in sight.

use async_trait::async_trait;
use bytes::Bytes;

/// What arrived at the account's path on the gateway's port.
#[derive(Debug, Clone)]
pub struct WebhookRequest {
    pub method: String,
    /// Path and query below the mount.
    pub path: String,
    /// Lower-case names.
    pub headers: Vec<(String, String)>,
    pub body: Bytes,
}

impl WebhookRequest {
    /// The first header of that lower-case name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookResponse {
    pub status: u16,
    pub body: String,
}

/// The receiving end of a vendor's calls. `receive` returns only after the event was handed to the account's listener
/// and the listener's `next` was called again, that is after the journal's commit: a 200 means the event is ours.
#[async_trait]
pub trait Webhook: Send + Sync + std::fmt::Debug {
    /// Absolute path on the gateway's port, starting with `/`.
    fn path(&self) -> &str;

    async fn receive(&self, request: WebhookRequest) -> WebhookResponse;
}
