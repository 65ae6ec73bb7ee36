//! One TCP connection: HTTP requests, of which one may become a WebSocket.

mod builtin; // health, metrics, the page's code
pub(crate) mod codes; // one-time codes of the page
mod message; // requests and answers, with no framework in sight
pub(crate) mod origin; // which pages may come: pure
mod peer; // who is at the other end: pure
pub(crate) mod router; // who answers which path
mod upgrade; // a request that becomes a WebSocket

use std::{convert::Infallible, net::SocketAddr, pin::Pin, sync::Arc, time::Duration};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::{Request, Response, StatusCode, body::Incoming, header, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use parking_lot::Mutex;
use tokio::net::TcpStream;

pub use message::{HttpRequest, HttpResponse};
pub use router::{Mounted, Route};

use crate::{conn::Upgrade, counters::Counters, shared::Shared};

/// A connection without a whole request head for this long is closed; so is one that stays idle between requests.
const HEAD_TIMEOUT: Duration = Duration::from_secs(15);
/// A body that is not whole after this long never will be.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);
/// The largest request head.
const HEAD_BYTES: usize = 32 * 1024;

type Answer = Response<Full<Bytes>>;
type Slot = Arc<Mutex<Option<Upgrade>>>;

/// Answers requests until the connection ends or becomes a WebSocket. Gives back the socket and what was read behind
/// the upgrade request.
pub(crate) async fn serve(
    shared: &Arc<Shared>,
    stream: TcpStream,
    address: SocketAddr,
) -> Option<(TcpStream, Vec<u8>, Upgrade)> {
    let slot: Slot = Arc::default();
    let (shared, shared_slot) = (Arc::clone(shared), Arc::clone(&slot));
    let service = service_fn(move |request| {
        let (shared, slot) = (Arc::clone(&shared), Arc::clone(&shared_slot));
        let answer: Pin<Box<dyn Future<Output = Result<Answer, Infallible>> + Send>> =
            Box::pin(async move { Ok(respond(&shared, &slot, address, request).await) });
        answer
    });
    let parts = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_buf_size(HEAD_BYTES)
        .serve_connection(TokioIo::new(stream), service)
        .without_shutdown()
        .await
        .ok()?;
    let upgrade = slot.lock().take()?;
    Some((parts.io.into_inner(), parts.read_buf.to_vec(), upgrade))
}

async fn respond(shared: &Shared, slot: &Slot, address: SocketAddr, request: Request<Incoming>) -> Answer {
    let peer = peer::peer(address.ip(), request.headers(), &shared.config.access.get().trusted_proxies);
    if upgrade::is_upgrade(&request) {
        return match upgrade::upgrade(shared, peer, &request) {
            Ok((answer, upgrade)) => {
                *slot.lock() = Some(upgrade);
                answer
            }
            Err(answer) => answer,
        };
    }
    Counters::add(&shared.hub.counters.http_requests);
    let (head, body) = request.into_parts();
    let path = head.uri.path().to_owned();
    let candidates = shared.router.candidates(&path);
    let limit = candidates.iter().map(|route| route.body_limit()).max().unwrap_or(0).max(builtin::BODY_BYTES);
    let body = match tokio::time::timeout(BODY_TIMEOUT, Limited::new(body, limit).collect()).await {
        Ok(Ok(body)) => body.to_bytes(),
        Ok(Err(_)) => return text(StatusCode::PAYLOAD_TOO_LARGE, "Payload Too Large"),
        Err(_) => return text(StatusCode::REQUEST_TIMEOUT, "Request Timeout"),
    };
    let request = HttpRequest::new(&head, path, body, peer);
    if let Some(answer) = builtin::answer(shared, &request) {
        return answer.into_hyper(&request.method);
    }
    for route in candidates {
        if let Some(answer) = route.answer(&request).await {
            return answer.into_hyper(&request.method);
        }
    }
    text(StatusCode::NOT_FOUND, "Not Found")
}

fn text(status: StatusCode, text: &'static str) -> Answer {
    let mut answer = Response::new(Full::new(Bytes::from_static(text.as_bytes())));
    *answer.status_mut() = status;
    let kind = header::HeaderValue::from_static("text/plain; charset=utf-8");
    answer.headers_mut().insert(header::CONTENT_TYPE, kind);
    answer
}
