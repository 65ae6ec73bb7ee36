//! A connection past its handshake: requests in, answers and events out, until one side ends it.

use std::{future::poll_fn, pin::Pin, sync::Arc, task::Poll};

use futures_util::{
    future::BoxFuture,
    stream::{FuturesUnordered, Stream as _},
};
use protocol::{RequestError, connect::ClientMode, connect::Params, parse_request, system::PresenceEntry};
use rpc::{Caller, RpcError};
use stdx::CancellationToken;

use super::{
    Peer,
    handshake::{Admitted, close_broken},
};
use crate::{
    call::run::Desk,
    shared::Shared,
    ws::{Incoming, Socket, Step, Wire},
};

/// Calls of one connection at once.
const CALLS: usize = 64;

/// Calls at work; absent while there are none, so that an idle connection keeps nothing for them.
#[derive(Default)]
struct Calls(Option<FuturesUnordered<BoxFuture<'static, ()>>>);

impl Calls {
    fn is_full(&self) -> bool {
        self.0.as_ref().is_some_and(|calls| calls.len() >= CALLS)
    }

    fn push(&mut self, call: BoxFuture<'static, ()>) {
        self.0.get_or_insert_default().push(call);
    }

    /// Lets the calls work; never ready.
    fn work(&mut self, cx: &mut std::task::Context<'_>) {
        while let Some(calls) = &mut self.0 {
            match Pin::new(calls).poll_next(cx) {
                Poll::Ready(Some(())) => {}
                Poll::Ready(None) => self.0 = None,
                Poll::Pending => return,
            }
        }
    }
}

/// Serves until the connection ends.
pub(super) async fn run(shared: &Arc<Shared>, admitted: Admitted, socket: &mut Socket, cancel: CancellationToken) {
    let Admitted { caller, outbox, params, peer, seat } = admitted;
    shared.state.want_health();
    let desk = Desk { shared: Arc::clone(shared), caller, outbox, cancel };
    let mut calls = Calls::default();
    loop {
        let step = poll_fn(|cx| {
            calls.work(cx);
            socket.poll_step(&desk.outbox, cx)
        });
        match step.await {
            Step::Incoming(incoming) => {
                if let Some(call) = take(&desk, incoming, calls.is_full()) {
                    calls.push(call);
                }
            }
            Step::Broken(broken) => {
                close_broken(&desk.outbox, broken);
                break;
            }
            Step::Closed | Step::Gone => break,
        }
        if desk.outbox.is_closing() {
            break;
        }
    }
    drop(seat);
    shared.state.stirred.notify_one();
    desk.cancel.cancel();
    announce(shared, &desk.caller, &params, peer, "disconnect");
}

fn take(desk: &Desk, incoming: Incoming, is_full: bool) -> Option<BoxFuture<'static, ()>> {
    match incoming {
        Incoming::Message(text) => message(desk, &text, is_full),
        Incoming::Ping(payload) => {
            desk.outbox.reply(Wire::pong(payload));
            None
        }
        Incoming::Pong => None,
        Incoming::Close(code) => {
            desk.outbox.close(code, "");
            None
        }
    }
}

fn message(desk: &Desk, text: &str, is_full: bool) -> Option<BoxFuture<'static, ()>> {
    match parse_request(text) {
        Ok(request) => desk.start(&request, is_full),
        Err(RequestError::NotJson) => {
            tracing::debug!(conn = %desk.caller.conn, "ignored a message that is not JSON");
            None
        }
        Err(RequestError::NotARequest { id, problems }) => {
            desk.answer(&id, Err(RpcError::invalid(format!("invalid request frame: {problems}"))));
            None
        }
    }
}

/// Shows who came or went. Command lines come and go too often to be shown.
pub(super) fn announce(shared: &Shared, caller: &Caller, params: &Params, peer: Peer, reason: &str) {
    let client = &params.client;
    if client.mode == ClientMode::Cli {
        return;
    }
    let text = |text: &str| text.to_owned().try_into().ok();
    let device = caller.device.as_ref().map(|device| device.as_str());
    let instance = device.or(client.instance_id.as_deref());
    let scopes = caller.scopes.iter().filter_map(|scope| text(scope.as_str())).collect::<Vec<_>>();
    let ip = (!peer.is_local && !peer.has_untrusted_proxy_headers).then(|| peer.address.to_string());
    let entry = PresenceEntry {
        host: client.display_name.clone().or_else(|| text(client.id.as_str())),
        ip: ip.and_then(|ip| ip.try_into().ok()),
        version: Some(client.version.clone()),
        platform: Some(client.platform.clone()),
        device_family: client.device_family.clone(),
        model_identifier: client.model_identifier.clone(),
        mode: text(client.mode.as_str()),
        device_id: device.and_then(text),
        roles: text(caller.role.as_str()).map(|role| vec![role]),
        scopes: (!scopes.is_empty()).then_some(scopes),
        instance_id: instance.and_then(text),
        reason: text(reason),
        ..PresenceEntry::default()
    };
    shared.state.seen(instance.unwrap_or(caller.conn.as_str()), entry);
}
