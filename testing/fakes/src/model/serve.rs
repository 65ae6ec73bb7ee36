//! The socket side: reads a request, asks the script, streams the answer.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use bytes::{Bytes, BytesMut};
use futures_util::stream;
use parking_lot::Mutex;
use serde_json::Value;
use stdx::OwnedTask;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::answer::{Answer, Fault};
use super::dialect::{Dialect, Piece};
use super::onlooker::{Moment, Onlooker};
use super::script::Script;
use super::seen::Seen;
use super::tally::Tally;

const LARGEST_REQUEST: usize = 256 << 20;

#[derive(Debug, Default)]
pub(crate) struct Shared {
    pub(crate) script: Script,
    pub(crate) tally: Tally,
    pub(crate) onlooker: Onlooker,
    /// What a question takes until it is here.
    pub(crate) on_the_way: Mutex<Duration>,
}

pub(crate) fn start(listener: TcpListener, shared: Arc<Shared>) -> OwnedTask {
    let accepted = Arc::clone(&shared);
    let app = Router::new().fallback(handle).with_state(shared);
    OwnedTask::spawn(&CancellationToken::new(), |cancel| async move {
        let listener = axum::serve::ListenerExt::tap_io(listener, move |socket| {
            accepted.tally.count(|counts| counts.connections += 1);
            let _slower_without = socket.set_nodelay(true);
        });
        let _ended = axum::serve(listener, app).with_graceful_shutdown(cancel.cancelled_owned()).await;
    })
}

async fn handle(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    let text = |value: &axum::http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let headers = request.headers().iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect();
    let Ok(body) = axum::body::to_bytes(request.into_body(), LARGEST_REQUEST).await else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    if path.ends_with("/api/tags") {
        return json(&shared.script.tags());
    }
    if path.ends_with("/models") {
        let listing = shared.script.models();
        return listing.map_or_else(|| StatusCode::NOT_FOUND.into_response(), |listing| json(&listing));
    }
    let Ok(body) = serde_json::from_slice::<Value>(&body) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    if path.ends_with("/api/show") {
        let wanted = body.get("model").and_then(Value::as_str).unwrap_or_default();
        let found = shared.script.show(wanted);
        return found.map_or_else(|| StatusCode::NOT_FOUND.into_response(), |facts| json(&facts));
    }
    let Some(dialect) = Dialect::of(&path) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let on_the_way = *shared.on_the_way.lock();
    if !on_the_way.is_zero() {
        tokio::time::sleep(on_the_way).await;
    }
    let seen = shared.tally.arrived(|number| Seen { number, dialect, path, headers, body });
    shared.onlooker.see(&seen, Moment::Asked);
    let answer = shared.script.next(&seen);
    respond(&shared, &seen, answer)
}

fn json(value: &Value) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], value.to_string()).into_response()
}

fn respond(shared: &Arc<Shared>, seen: &Arc<Seen>, answer: Answer) -> Response {
    let pieces = match &answer.fault {
        Some(Fault::Status { status, retry_after, overflow, says }) => {
            shared.tally.count(|counts| counts.finished += 1);
            let status = StatusCode::from_u16(*status).unwrap_or(StatusCode::IM_A_TEAPOT);
            let body = seen.dialect.refusal(status.as_u16(), *overflow, says.as_deref());
            let mut response = (status, [(header::CONTENT_TYPE, "application/json")], body).into_response();
            if let Some(value) = retry_after.as_deref().and_then(|value| value.parse().ok()) {
                response.headers_mut().insert(header::RETRY_AFTER, value);
            }
            return response;
        }
        Some(Fault::Nothing) => Vec::new(),
        Some(Fault::HangUp) => vec![Piece::Cut],
        None => seen.dialect.render(&answer, seen.model(), seen.number),
    };
    let pieces = if answer.pace.is_zero() { joined(pieces) } else { pieces.into() };
    let shared = Arc::clone(shared);
    let sending = Sending { pieces, pace: answer.pace, left: true, begun: false, shared, seen: Arc::clone(seen) };
    let body = Body::from_stream(stream::unfold(sending, |mut sending| async move {
        let piece = sending.next().await?;
        Some((piece, sending))
    }));
    ([(header::CONTENT_TYPE, seen.dialect.content_type())], body).into_response()
}

/// Without a pace neighbours travel together, in pieces of at most 64 KiB.
fn joined(pieces: Vec<Piece>) -> VecDeque<Piece> {
    const MOST: usize = 64 << 10;
    let mut out = VecDeque::new();
    let mut open = BytesMut::new();
    for piece in pieces {
        match piece {
            Piece::Bytes(bytes) if open.len() + bytes.len() <= MOST => open.extend_from_slice(&bytes),
            Piece::Bytes(bytes) => {
                out.push_back(Piece::Bytes(open.split().freeze()));
                open.extend_from_slice(&bytes);
            }
            other => {
                out.push_back(Piece::Bytes(open.split().freeze()));
                out.push_back(other);
            }
        }
    }
    out.push_back(Piece::Bytes(open.freeze()));
    out.retain(|piece| !matches!(piece, Piece::Bytes(bytes) if bytes.is_empty()));
    out
}

/// An answer on its way. Dropped before its end, it counts as abandoned.
struct Sending {
    pieces: VecDeque<Piece>,
    pace: Duration,
    left: bool,
    begun: bool,
    shared: Arc<Shared>,
    seen: Arc<Seen>,
}

impl Sending {
    async fn next(&mut self) -> Option<io::Result<Bytes>> {
        loop {
            match self.pieces.pop_front() {
                Some(Piece::Stall) => self.shared.tally.stall().await,
                Some(Piece::Cut) => {
                    self.pieces.clear();
                    self.left = false;
                    self.shared.tally.count(|counts| counts.finished += 1);
                    // Lets what was written so far leave before the connection is dropped.
                    tokio::task::yield_now().await;
                    return Some(Err(io::ErrorKind::ConnectionReset.into()));
                }
                Some(Piece::Bytes(bytes)) => {
                    if !self.pace.is_zero() {
                        tokio::time::sleep(self.pace).await;
                    }
                    if !self.begun {
                        self.begun = true;
                        self.shared.onlooker.see(&self.seen, Moment::Begun);
                    }
                    return Some(Ok(bytes));
                }
                None => {
                    self.left = false;
                    self.shared.tally.count(|counts| counts.finished += 1);
                    self.shared.onlooker.see(&self.seen, Moment::Said);
                    return None;
                }
            }
        }
    }
}

impl Drop for Sending {
    fn drop(&mut self) {
        if self.left {
            self.shared.tally.count(|counts| counts.abandoned += 1);
        }
    }
}
