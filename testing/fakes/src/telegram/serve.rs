//! The socket: every connection can be broken in the middle of a call, which a web framework would not let us do.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use stdx::{OwnedTask, OwnedTasks};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

use super::control;
use super::fault::Fault;
use super::methods::{self, Refusal};
use super::onlooker::Moment;
use super::params::Params;
use super::world::{Shared, TOKEN};

const CONNECTIONS: u32 = 1024;

pub(super) fn start(listener: TcpListener, shared: Arc<Shared>) -> OwnedTask {
    OwnedTask::spawn(&CancellationToken::new(), |cancel| async move {
        let connections = OwnedTasks::new("fake-telegram", &cancel, CONNECTIONS);
        loop {
            tokio::select! {
                () = cancel.cancelled() => break,
                accepted = listener.accept() => {
                    let Ok((stream, _)) = accepted else { continue };
                    let shared = Arc::clone(&shared);
                    connections.spawn(|cancel| connection(stream, shared, cancel)).await;
                }
            }
        }
        drop(listener);
        connections.stop(Duration::from_secs(1)).await;
    })
}

async fn connection(stream: TcpStream, shared: Arc<Shared>, cancel: CancellationToken) {
    let _slower_without = stream.set_nodelay(true);
    let service = hyper::service::service_fn(move |request: hyper::Request<Incoming>| {
        let shared = Arc::clone(&shared);
        async move { answer(&shared, request.map(Body::new)).await }
    });
    let serving = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    tokio::select! {
        _ended = serving => {}
        () = cancel.cancelled() => {}
    }
}

/// The connection breaks here.
#[derive(Debug)]
struct Broken;

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("broken on purpose")
    }
}

impl std::error::Error for Broken {}

async fn answer(shared: &Arc<Shared>, request: Request) -> Result<Response, Broken> {
    let path = request.uri().path().trim_start_matches('/').to_owned();
    if let Some(command) = path.strip_prefix("__") {
        return Ok(control::answer(shared, command, request).await);
    }
    if let Some(file) = path.strip_prefix("file/bot").and_then(|path| path.split_once('/')) {
        return Ok(download(shared, file));
    }
    let Some((token, method)) = path.strip_prefix("bot").and_then(|path| path.split_once('/')) else {
        return Ok(refuse(&Refusal::new(404, "Not Found")));
    };
    if token != TOKEN {
        return Ok(refuse(&Refusal::new(401, "Unauthorized")));
    }
    // Read to its end even if it is refused: a body that is not would cost the connection.
    let Some(params) = Params::read(request).await else {
        return Ok(refuse(&Refusal::new(400, "Bad Request: can't parse the request")));
    };
    let (fault, pace, answer_pace) = {
        let mut world = shared.world.lock();
        let paces = (world.paces.get(method).copied(), world.answer_paces.get(method).copied());
        (world.fault(method), paces.0, paces.1)
    };
    shared.onlooker.see(Moment::Arrived { method });
    if let Some(pace) = pace {
        tokio::time::sleep(pace).await;
    }
    let mut drop_after = false;
    match fault {
        Some(Fault::TooManyRequests(after)) => {
            let mut refusal = Refusal::new(429, &format!("Too Many Requests: retry after {after}"));
            refusal.parameters = Some(json!({ "retry_after": after }));
            return Ok(refuse(&refusal));
        }
        Some(Fault::Conflict) => return Ok(refuse(&methods::conflict())),
        Some(Fault::BadGateway) => {
            let page = "<html><head><title>502 Bad Gateway</title></head></html>";
            return Ok((StatusCode::BAD_GATEWAY, [(header::CONTENT_TYPE, "text/html")], page).into_response());
        }
        Some(Fault::Refused(code, text)) => return Ok(refuse(&Refusal::new(code, &text))),
        Some(Fault::DropBefore) => return Err(Broken),
        Some(Fault::DropAfter) => drop_after = true,
        Some(Fault::Slow(time)) => tokio::time::sleep(time).await,
        None => {}
    }
    let result = methods::call(shared, method, params).await;
    if let Some(pace) = answer_pace {
        tokio::time::sleep(pace).await;
    }
    if drop_after {
        return Err(Broken);
    }
    Ok(match result {
        Ok(result) => reply(StatusCode::OK, &json!({ "ok": true, "result": result })),
        Err(refusal) => refuse(&refusal),
    })
}

pub(super) fn reply(status: StatusCode, body: &Value) -> Response {
    (status, [(header::CONTENT_TYPE, "application/json")], body.to_string()).into_response()
}

fn refuse(refusal: &Refusal) -> Response {
    let mut body = json!({ "ok": false, "error_code": refusal.code, "description": refusal.description });
    if let (Some(parameters), Some(body)) = (&refusal.parameters, body.as_object_mut()) {
        body.insert("parameters".to_owned(), parameters.clone());
    }
    reply(StatusCode::from_u16(refusal.code).unwrap_or(StatusCode::BAD_REQUEST), &body)
}

fn download(shared: &Shared, (token, path): (&str, &str)) -> Response {
    let content = shared.world.lock().files.get(path).cloned();
    match content {
        Some(content) if token == TOKEN => content.into_response(),
        _ => refuse(&Refusal::new(404, "Not Found")),
    }
}
