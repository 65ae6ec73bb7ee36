//! Telegram calls us: an update is answered with 200 only when it is in the host's journal.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use channel::{ChannelError, Inbound, Listener, Webhook, WebhookRequest, WebhookResponse};
use stdx::Secret;
use subtle::ConstantTimeEq as _;
use tokio::sync::{mpsc, oneshot};

use crate::listen::Reader;

/// Calls that wait for the journal at once; further ones wait with Telegram.
const WAITING: usize = 100;
/// Telegram gives up a call after a minute and repeats it.
const PATIENCE: Duration = Duration::from_secs(50);
const SECRET_HEADER: &str = "x-telegram-bot-api-secret-token";

/// One call: its body, and whom to tell that it is written down.
type Call = (String, oneshot::Sender<()>);

/// The end that the gateway mounts.
#[derive(Debug)]
pub(crate) struct Door {
    path: String,
    secret: Secret<String>,
    calls: mpsc::Sender<Call>,
}

/// The end that the host listens at.
#[derive(Debug)]
pub(crate) struct Called {
    calls: mpsc::Receiver<Call>,
    reader: Reader,
    handed_out: Vec<oneshot::Sender<()>>,
}

pub(crate) fn open(path: String, secret: Secret<String>, reader: Reader) -> (Arc<Door>, Called) {
    let (sender, calls) = mpsc::channel(WAITING);
    (Arc::new(Door { path, secret, calls: sender }), Called { calls, reader, handed_out: Vec::new() })
}

#[async_trait]
impl Webhook for Door {
    fn path(&self) -> &str {
        &self.path
    }

    async fn receive(&self, request: WebhookRequest) -> WebhookResponse {
        if request.method != "POST" {
            return answer(405, "only POST");
        }
        let shown = request.header(SECRET_HEADER).unwrap_or_default();
        if !bool::from(shown.as_bytes().ct_eq(self.secret.expose().as_bytes())) {
            return answer(401, "unknown secret");
        }
        let Ok(body) = String::from_utf8(request.body.to_vec()) else { return answer(400, "not text") };
        if serde_json::from_str::<serde::de::IgnoredAny>(&body).is_err() {
            return answer(400, "not JSON");
        }
        let (written, wait) = oneshot::channel();
        let taken = async {
            self.calls.send((body, written)).await.ok()?;
            wait.await.ok()
        };
        match tokio::time::timeout(PATIENCE, taken).await {
            Ok(Some(())) => answer(200, "ok"),
            Ok(None) | Err(_) => answer(503, "not now"),
        }
    }
}

fn answer(status: u16, body: &str) -> WebhookResponse {
    WebhookResponse { status, body: body.to_owned() }
}

#[async_trait]
impl Listener for Called {
    async fn next(&mut self) -> Result<Vec<Inbound>, ChannelError> {
        confirm(&mut self.handed_out);
        loop {
            let Some(first) = self.calls.recv().await else { return Err(ChannelError::Ended) };
            let mut batch = Vec::new();
            let mut call = Some(first);
            while let Some((body, written)) = call {
                batch.extend(self.reader.read(&body));
                self.handed_out.push(written);
                call = if self.handed_out.len() < WAITING { self.calls.try_recv().ok() } else { None };
            }
            if !batch.is_empty() {
                return Ok(batch);
            }
            confirm(&mut self.handed_out);
        }
    }
}

fn confirm(written: &mut Vec<oneshot::Sender<()>>) {
    for call in written.drain(..) {
        // A caller that gave up repeats its call, and the journal knows it.
        let _gone = call.send(());
    }
}
