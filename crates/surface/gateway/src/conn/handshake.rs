//! Who is this? The first frame of a connection must be a valid `connect`, soon.
//!
//! Checks of form are here, in the order clients know; checks of identity are asked of whoever knows devices and
//! secrets.

use std::{future::poll_fn, sync::Arc};

use ids::ConnId;
use protocol::{
    Method as _, PROTOCOL_VERSION, RequestError, Role,
    connect::{Connect, Params},
    parse_request,
};
use rpc::{Attempt, Caller, RpcError};
use serde::Serialize;

use super::{Peer, outbox::Outbox};
use crate::{
    call::run::{response, send},
    counters::Counters,
    hello::hello,
    hub::{Member, Seat},
    shared::Shared,
    ws::{Broken, Incoming, Socket, Step, Wire},
};

/// A connection that was let in.
#[derive(Debug)]
pub(super) struct Admitted {
    pub(super) caller: Arc<Caller>,
    pub(super) outbox: Arc<Outbox>,
    pub(super) params: Box<Params>,
    pub(super) peer: Peer,
    pub(super) seat: Seat,
}

/// Why a first frame does not let its sender in: what it is answered, and how the socket is closed.
#[derive(Debug)]
struct Rejection {
    answer: Option<(String, Box<RpcError>)>,
    code: u16,
    reason: String,
}

/// Lets a client in, or tells it why not and closes.
pub(super) async fn run(
    shared: &Arc<Shared>,
    conn: &ConnId,
    peer: Peer,
    socket: &mut Socket,
    outbox: &Arc<Outbox>,
) -> Option<Admitted> {
    let nonce = uuid::Uuid::new_v4().to_string();
    challenge(outbox, &nonce, shared.clock.now_ms());
    let attempt = async {
        let text = first_message(socket, outbox).await?;
        let (id, params, role) = match read_first(&text) {
            Ok(first) => first,
            Err(rejection) => return Some(Err(rejection)),
        };
        let attempt = Attempt {
            conn: conn.clone(),
            params: &params,
            role,
            nonce: &nonce,
            address: peer.address,
            is_local: peer.is_local,
            has_untrusted_proxy_headers: peer.has_untrusted_proxy_headers,
        };
        let admitted = match shared.auth() {
            Some(auth) => auth.authenticate(attempt).await,
            None => return None,
        };
        match admitted {
            Ok(connected) => Some(Ok((id, params, connected))),
            Err(refusal) => Some(Err(Rejection {
                answer: Some((id, Box::new(refusal.error))),
                code: refusal.close_code,
                reason: refusal.close_reason,
            })),
        }
    };
    let outcome = tokio::time::timeout(shared.config.handshake_timeout, attempt).await;
    match outcome.unwrap_or(None) {
        Some(Ok((id, params, connected))) => {
            // Presence first, so that the newcomer finds itself in its own snapshot.
            super::serve::announce(shared, &connected.caller, &params, peer, "connect");
            let hello = response(&id, hello(shared, conn, connected.auth));
            let first = Wire::text(serde_json::to_vec(&hello).unwrap_or_default());
            let caps = params.caps.clone().unwrap_or_default().into();
            let member = Member { caller: Arc::clone(&connected.caller), outbox: Arc::clone(outbox), caps };
            let seat = shared.hub.join(Arc::new(member), first);
            Counters::add(&shared.hub.counters.connections);
            let params = Box::new(params);
            Some(Admitted { caller: connected.caller, outbox: Arc::clone(outbox), params, peer, seat })
        }
        Some(Err(rejection)) => {
            Counters::add(&shared.hub.counters.refused);
            tracing::info!(%conn, code = rejection.code, reason = %rejection.reason, "refused a connection");
            if let Some((id, error)) = rejection.answer {
                send(outbox, &response(&id, Err(*error)));
            }
            outbox.close(Some(rejection.code), &rejection.reason);
            None
        }
        None => {
            Counters::add(&shared.hub.counters.refused);
            outbox.close(Some(1000), "");
            None
        }
    }
}

fn challenge(outbox: &Outbox, nonce: &str, now: i64) {
    let frame = format!(r#"{{"type":"event","event":"connect.challenge","payload":{{"nonce":"{nonce}","ts":{now}}}}}"#);
    outbox.reply(Wire::text(frame));
}

/// `None` when the client leaves, or breaks the rules of framing.
async fn first_message(socket: &mut Socket, outbox: &Outbox) -> Option<String> {
    loop {
        match poll_fn(|cx| socket.poll_step(outbox, cx)).await {
            Step::Incoming(Incoming::Message(text)) => return Some(text),
            Step::Incoming(Incoming::Ping(payload)) => {
                outbox.reply(Wire::pong(payload));
            }
            Step::Incoming(Incoming::Pong) => {}
            Step::Incoming(Incoming::Close(code)) => {
                outbox.close(code, "");
                return None;
            }
            Step::Broken(broken) => {
                close_broken(outbox, broken);
                return None;
            }
            Step::Closed | Step::Gone => return None,
        }
    }
}

pub(super) fn close_broken(outbox: &Outbox, broken: Broken) {
    outbox.close(Some(broken.close_code()), "");
}

/// The form of a first frame; the first failure decides. Pure.
fn read_first(text: &str) -> Result<(String, Params, Role), Rejection> {
    let request = match parse_request(text) {
        Ok(request) => request,
        Err(RequestError::NotJson) => return Err(Rejection { answer: None, code: 1000, reason: String::new() }),
        Err(RequestError::NotARequest { .. }) => {
            return Err(Rejection { answer: None, code: 1008, reason: "invalid request frame".to_owned() });
        }
    };
    let refuse = |error: RpcError, code: u16, reason: &str| Rejection {
        answer: Some((request.id.to_string(), Box::new(error))),
        code,
        reason: reason.to_owned(),
    };
    if request.method != Connect::NAME {
        let text = "invalid handshake: first request must be connect";
        return Err(refuse(RpcError::invalid(text), 1008, text));
    }
    let params = match rpc::params::<Connect>(request.params) {
        Ok(params) => params,
        Err(error) => {
            let reason = error.message.to_string();
            return Err(refuse(error, 1008, &reason));
        }
    };
    let ours = u64::from(PROTOCOL_VERSION);
    if params.max_protocol.get() < ours || params.min_protocol.get() > ours {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Expected {
            expected_protocol: u32,
        }
        let text = "protocol mismatch";
        let error = RpcError::invalid(text).with_details(&Expected { expected_protocol: PROTOCOL_VERSION });
        return Err(refuse(error, 1002, text));
    }
    let role = match params.role.as_deref().unwrap_or("operator") {
        "operator" => Role::Operator,
        "node" => Role::Node,
        _ => return Err(refuse(RpcError::invalid("invalid role"), 1008, "invalid role")),
    };
    Ok((request.id.into_owned(), params, role))
}
