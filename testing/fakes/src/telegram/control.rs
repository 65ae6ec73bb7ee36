//! The fake's own commands over HTTP, for people and for tests in other languages.
//!
//! `POST /__say {user, text, group?, mention?}` · `GET /__log` · `POST /__fault {method, fault, seconds?}` ·
//! `POST /__mend`.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Value, json};

use super::fault::Fault;
use super::params::Params;
use super::people::{Person, Room};
use super::serve::reply;
use super::world::{Shared, TOKEN};

pub(super) async fn answer(shared: &Arc<Shared>, command: &str, request: Request) -> Response {
    let Some(params) = Params::read(request).await else {
        return reply(StatusCode::BAD_REQUEST, &json!({ "error": "the request cannot be read" }));
    };
    let done = match command {
        "token" => Some(json!({ "token": TOKEN })),
        "log" => serde_json::to_value(&shared.world.lock().log).ok(),
        "say" => say(shared, &params),
        "fault" => fault(shared, &params),
        "mend" => {
            let mut world = shared.world.lock();
            world.faults.clear();
            world.paces.clear();
            Some(json!({ "ok": true }))
        }
        _ => None,
    };
    match done {
        Some(done) => reply(StatusCode::OK, &done),
        None => reply(StatusCode::BAD_REQUEST, &json!({ "error": "unknown command or missing field" })),
    }
}

fn say(shared: &Arc<Shared>, params: &Params) -> Option<Value> {
    let (user, text) = (params.text("user")?, params.text("text")?);
    let person = match params.text("group") {
        Some(group) => Room::new(Arc::clone(shared), group, false).user(user),
        None => Person::private(Arc::clone(shared), user),
    };
    let message = if params.is_set("mention") { person.mentions(text) } else { person.says(text) };
    Some(json!({ "message": message, "chat": person.chat(), "user": person.id() }))
}

fn fault(shared: &Arc<Shared>, params: &Params) -> Option<Value> {
    let method = params.text("method")?.to_owned();
    let seconds = u64::try_from(params.number("seconds").unwrap_or(1)).ok()?;
    let fault = match params.text("fault")? {
        "429" => Fault::TooManyRequests(seconds),
        "409" => Fault::Conflict,
        "502" => Fault::BadGateway,
        "drop-before" => Fault::DropBefore,
        "drop-after" => Fault::DropAfter,
        "slow" => Fault::Slow(Duration::from_secs(seconds)),
        _ => return None,
    };
    shared.world.lock().faults.push((method, fault));
    Some(json!({ "ok": true }))
}
