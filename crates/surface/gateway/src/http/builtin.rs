//! The three paths the gateway answers itself: is it alive, what did it count, and the page's one-time code.

use serde::Deserialize;

use super::{HttpRequest, HttpResponse, origin};
use crate::{counters::sample, shared::Shared};

/// Bodies of these paths are small.
pub(super) const BODY_BYTES: usize = 4 * 1024;

#[derive(Deserialize)]
struct Exchange {
    code: String,
}

pub(super) fn answer(shared: &Shared, request: &HttpRequest) -> Option<HttpResponse> {
    let answer = match (request.path.as_str(), request.method.as_str()) {
        ("/healthz", "GET" | "HEAD") => HttpResponse::json(200, r#"{"ok":true}"#),
        ("/metrics", "GET" | "HEAD") => metrics(shared, request),
        ("/__clawdbot/exchange", "POST") => exchange(shared, request),
        ("/healthz" | "/metrics", _) => HttpResponse::text(405, "Method Not Allowed").with_header("allow", "GET, HEAD"),
        ("/__clawdbot/exchange", _) => HttpResponse::text(405, "Method Not Allowed").with_header("allow", "POST"),
        _ => return None,
    };
    Some(answer.with_header("cache-control", "no-store"))
}

/// For this machine only, and not for pages that merely made their name point here.
fn metrics(shared: &Shared, request: &HttpRequest) -> HttpResponse {
    let access = shared.config.access.get();
    let machine = &shared.config.identity.host;
    if !request.is_local || origin::check_host(request.header("host"), machine, &access.allowed_origins).is_err() {
        return HttpResponse::text(403, "Forbidden");
    }
    let mut out = String::new();
    shared.hub.counters.render(&mut out);
    let open = u64::try_from(shared.hub.len()).unwrap_or(u64::MAX);
    sample(&mut out, "gateway_connections", "Connections past the handshake now", "gauge", open);
    let uptime = shared.clock.now().saturating_duration_since(shared.started).as_secs();
    sample(&mut out, "uptime_seconds", "Seconds since the gateway started", "gauge", uptime);
    for source in shared.gauges.read().iter() {
        source(&mut out);
    }
    HttpResponse::new(200, "text/plain; version=0.0.4; charset=utf-8", out)
}

fn exchange(shared: &Shared, request: &HttpRequest) -> HttpResponse {
    let access = shared.config.access.get();
    let machine = &shared.config.identity.host;
    let (origin, host) = (request.header("origin"), request.header("host"));
    if origin::check(origin, host, machine, &access.allowed_origins).is_err() {
        return refusal(403, "this page may not ask for the token");
    }
    let Ok(Exchange { code }) = serde_json::from_slice(&request.body) else {
        return refusal(400, "expected {\\\"code\\\": \\\"…\\\"}");
    };
    match shared.codes.redeem(&code, shared.clock.now()) {
        Some(token) => {
            let json = serde_json::json!({ "token": token.expose() });
            HttpResponse::json(200, json.to_string())
        }
        None => refusal(403, "the code was used already or is older than ten minutes; open the page anew"),
    }
}

fn refusal(status: u16, message: &str) -> HttpResponse {
    HttpResponse::json(status, format!(r#"{{"error":{{"message":"{message}","type":"unauthorized"}}}}"#))
}
