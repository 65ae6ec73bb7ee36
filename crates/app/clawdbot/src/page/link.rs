//! Gives whoever shows the shared secret, on this machine, a fresh address of the page.

use std::sync::{Arc, Weak};

use async_trait::async_trait;
use gateway::{Gateway, HttpRequest, HttpResponse, Route};
use stdx::Secret;

/// Where the command line asks.
pub(crate) const LINK_PATH: &str = "/__clawdbot/link";

/// Answers at [`LINK_PATH`].
#[derive(Debug)]
pub(crate) struct Link {
    gateway: Weak<Gateway>,
    secret: Option<Secret>,
    below: String,
}

impl Link {
    pub(crate) fn new(gateway: &Arc<Gateway>, secret: Option<Secret>, below: &str) -> Self {
        Self { gateway: Arc::downgrade(gateway), secret, below: below.to_owned() }
    }
}

/// The address of the page with a code that opens it once.
pub(crate) fn address(gateway: &Gateway, below: &str) -> String {
    format!("http://127.0.0.1:{}{below}#code={}", gateway.port(), gateway.page_code())
}

#[async_trait]
impl Route for Link {
    async fn answer(&self, request: &HttpRequest) -> Option<HttpResponse> {
        let gateway = self.gateway.upgrade()?;
        let shown = request.header("authorization").and_then(|value| value.strip_prefix("Bearer "));
        let is_owner = match &self.secret {
            None => true,
            Some(secret) => shown.is_some_and(|shown| same(shown, secret.expose())),
        };
        // A page in a browser has an origin, and no business here.
        if request.method != "POST" || !request.is_local || !is_owner || request.header("origin").is_some() {
            return Some(HttpResponse::json(403, r#"{"error":{"message":"forbidden","type":"forbidden"}}"#));
        }
        let body = serde_json::json!({ "url": address(&gateway, &self.below) }).to_string();
        Some(HttpResponse::json(200, body).with_header("cache-control", "no-store"))
    }
}

/// Compares in a time that tells nothing of where they differ.
fn same(shown: &str, secret: &str) -> bool {
    let differ = shown.bytes().zip(secret.bytes()).fold(0, |sum, (one, other)| sum | (one ^ other));
    shown.len() == secret.len() && differ == 0
}
