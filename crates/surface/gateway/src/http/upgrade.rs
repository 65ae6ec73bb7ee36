//! A request that becomes a WebSocket: any path will do, but not any page.

use std::sync::{Arc, atomic::Ordering};

use bytes::Bytes;
use http_body_util::Full;
use hyper::{Request, Response, StatusCode, body::Incoming, header};

use super::{Answer, origin, text};
use crate::{
    conn::{Peer, Upgrade},
    shared::Shared,
    ws::accept_key,
};

/// Live reload of the canvas has its own socket there; it is no gateway socket.
const CANVAS_PATH: &str = "/__clawdbot/ws";

pub(super) fn is_upgrade(request: &Request<Incoming>) -> bool {
    let upgrade = request.headers().get(header::UPGRADE).and_then(|value| value.to_str().ok());
    upgrade.is_some_and(|upgrade| upgrade.eq_ignore_ascii_case("websocket"))
}

/// The answer to an upgrade, and what the connection needs after it.
#[expect(clippy::result_large_err, reason = "both are answers, made once for each connection")]
pub(super) fn upgrade(shared: &Shared, peer: Peer, request: &Request<Incoming>) -> Result<(Answer, Upgrade), Answer> {
    let header = |name: header::HeaderName| request.headers().get(name).and_then(|value| value.to_str().ok());
    let is_form_right = request.method() == hyper::Method::GET && request.uri().path() != CANVAS_PATH;
    let (Some(key), true) = (header(header::SEC_WEBSOCKET_KEY), is_form_right) else {
        return Err(text(StatusCode::BAD_REQUEST, "Bad Request"));
    };
    if header(header::SEC_WEBSOCKET_VERSION) != Some("13") {
        let mut answer = text(StatusCode::UPGRADE_REQUIRED, "Upgrade Required");
        answer.headers_mut().insert(header::SEC_WEBSOCKET_VERSION, header::HeaderValue::from_static("13"));
        return Err(answer);
    }
    let access = shared.config.access.get();
    let machine = &shared.config.identity.host;
    let origin = header(header::ORIGIN);
    if let Err(foreign) = origin::check(origin, header(header::HOST), machine, &access.allowed_origins) {
        tracing::warn!(origin, host = header(header::HOST), reason = %foreign, "refused a page");
        return Err(text(StatusCode::FORBIDDEN, "Forbidden: this page may not connect to the gateway"));
    }
    let busy = || text(StatusCode::SERVICE_UNAVAILABLE, "Service Unavailable");
    if shared.is_stopping.load(Ordering::Relaxed) {
        return Err(busy());
    }
    let room = Arc::clone(&shared.room).try_acquire_owned().map_err(|_| busy())?;
    let pending = Arc::clone(&shared.pending).try_acquire_owned().map_err(|_| busy())?;
    let answer = Response::builder()
        .status(StatusCode::SWITCHING_PROTOCOLS)
        .header(header::CONNECTION, "Upgrade")
        .header(header::UPGRADE, "websocket")
        .header(header::SEC_WEBSOCKET_ACCEPT, accept_key(key))
        .body(Full::new(Bytes::new()))
        .map_err(|_| text(StatusCode::BAD_REQUEST, "Bad Request"))?;
    Ok((answer, Upgrade { peer, room, pending }))
}
