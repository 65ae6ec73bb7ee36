//! Puts webhooks of networks on the gateway's port.

use std::sync::Arc;

use accounts::{Mounted, Mounts};
use async_trait::async_trait;
use channel::{Webhook, WebhookRequest};
use gateway::{Gateway, HttpRequest, HttpResponse, Route};

/// Bytes of one call that a network makes.
const BODY_BYTES: usize = 1 << 20;

/// The gateway's port.
#[derive(Debug)]
pub(crate) struct OnGateway(pub(crate) Arc<Gateway>);

impl Mounts for OnGateway {
    fn mount(&self, webhook: Arc<dyn Webhook>) -> Mounted {
        let path = webhook.path().to_owned();
        Box::new(self.0.mount(&path, Arc::new(Called(webhook))))
    }
}

#[derive(Debug)]
struct Called(Arc<dyn Webhook>);

#[async_trait]
impl Route for Called {
    fn body_limit(&self) -> usize {
        BODY_BYTES
    }

    async fn answer(&self, request: &HttpRequest) -> Option<HttpResponse> {
        let query = request.query.as_deref().map(|query| format!("?{query}")).unwrap_or_default();
        let call = WebhookRequest {
            method: request.method.clone(),
            path: format!("{}{query}", request.path),
            headers: request.headers.clone(),
            body: request.body.clone(),
        };
        let answer = self.0.receive(call).await;
        Some(HttpResponse::text(answer.status, answer.body))
    }
}
