//! One request, from its frame to its answer.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use futures_util::{FutureExt as _, future::BoxFuture};
use parking_lot::Mutex;
use protocol::{Effect, Method as _, Request, Response, Twin};
use rpc::{Call, Caller, Entry, Outcome, Parsed, RpcError};
use serde_json::value::RawValue;
use stdx::CancellationToken;

use super::{
    authorize::authorize,
    once::{self, Entrance, First},
    order,
};
use crate::{conn::outbox::Outbox, counters::Counters, shared::Shared, ws::Wire};

/// Whom a call answers, and what it needs.
#[derive(Debug, Clone)]
pub(crate) struct Desk {
    pub(crate) shared: Arc<Shared>,
    pub(crate) caller: Arc<Caller>,
    pub(crate) outbox: Arc<Outbox>,
    pub(crate) cancel: CancellationToken,
}

impl Desk {
    /// What is left to do of a request; it answers by itself. `None`: it was answered already.
    pub(crate) fn start(&self, request: &Request<'_>, is_full: bool) -> Option<BoxFuture<'static, ()>> {
        Counters::add(&self.shared.hub.counters.calls);
        let id: Arc<str> = Arc::from(&*request.id);
        match self.prepare(request, is_full) {
            Ok((entry, parsed)) => Some(self.run(id, &entry, request.params, parsed)),
            Err(error) => {
                self.answer(&id, Err(error));
                None
            }
        }
    }

    fn prepare(&self, request: &Request<'_>, is_full: bool) -> Result<(Entry, Parsed), RpcError> {
        let entry = self.shared.methods().and_then(|methods| methods.get(&request.method)).cloned();
        authorize(&self.caller, entry.as_ref().map(|entry| entry.scope))?;
        if request.method == protocol::connect::Connect::NAME {
            return Err(RpcError::invalid("connect is only valid as the first request"));
        }
        let Some(entry) = entry else { return Err(RpcError::invalid(format!("unknown method: {}", request.method))) };
        if is_full {
            let mut error = RpcError::unavailable("too many calls in flight on this connection");
            error.retryable = Some(true);
            return Err(error);
        }
        let parsed = catch_unwind(AssertUnwindSafe(|| entry.prepare(request.params)))
            .unwrap_or_else(|_| Err(panicked(entry.name)))?;
        Ok((entry, parsed))
    }

    fn run(&self, id: Arc<str>, entry: &Entry, params: Option<&RawValue>, parsed: Parsed) -> BoxFuture<'static, ()> {
        let (order, work) = parsed;
        let order = order::resolved(order, &self.shared.config.session_defaults.get());
        let mut ticket = self.shared.lines.ticket(order);
        let name = entry.name;
        let keyed = match entry.effect {
            Effect::Free => None,
            Effect::Once(twin) => once::key(params).map(|key| (key, twin)),
        };
        let desk = self.clone();
        async move {
            let first = match keyed {
                None => None,
                Some((key, twin)) => match desk.enter(name, &key, twin).await {
                    Ok(first) => Some(first),
                    Err(outcome) => {
                        drop(ticket);
                        return desk.answer(&id, outcome);
                    }
                },
            };
            ticket.turn().await;
            let first = Arc::new(Mutex::new(first));
            let call = desk.call(&id, &first);
            let outcome = AssertUnwindSafe(work(call)).catch_unwind().await;
            let outcome = outcome.unwrap_or_else(|_| Err(panicked(name)));
            if let Some(first) = first.lock().take() {
                first.done(&outcome, desk.shared.clock.now());
            }
            desk.answer(&id, outcome);
        }
        .boxed()
    }

    /// The right to act, or what the call that acts was answered.
    async fn enter(&self, method: &'static str, key: &str, twin: Twin) -> Result<First, Outcome> {
        loop {
            match self.shared.once.enter(method, key, twin, self.shared.clock.now()) {
                Entrance::First(first) => return Ok(first),
                Entrance::Repeat(repeat) => {
                    if let Some(outcome) = repeat.outcome().await {
                        return Err(outcome);
                    }
                }
            }
        }
    }

    fn call(&self, id: &Arc<str>, first: &Arc<Mutex<Option<First>>>) -> Call {
        let (outbox, id, first) = (Arc::clone(&self.outbox), Arc::clone(id), Arc::downgrade(first));
        let accept = move |payload: Box<RawValue>| {
            if let Some(first) = first.upgrade()
                && let Some(first) = &*first.lock()
            {
                first.accepted(&payload);
            }
            send(&outbox, &Response::new(&id, Some(payload), None));
        };
        Call::new(Arc::clone(&self.caller), self.cancel.clone(), Box::new(accept))
    }

    pub(crate) fn answer(&self, id: &str, outcome: Outcome) {
        if outcome.is_err() {
            Counters::add(&self.shared.hub.counters.failed_calls);
        }
        send(&self.outbox, &response(id, outcome));
    }
}

fn panicked(method: &'static str) -> RpcError {
    tracing::error!(method, "a handler panicked");
    RpcError::unavailable("Error: the method failed unexpectedly")
}

pub(crate) fn response(id: &str, outcome: Outcome) -> Response<'_> {
    match outcome {
        Ok(payload) => Response::new(id, Some(payload), None),
        Err(mut error) => {
            let payload = error.payload.take();
            Response::new(id, payload, Some(error.into_shape()))
        }
    }
}

pub(crate) fn send(outbox: &Outbox, response: &Response<'_>) {
    match serde_json::to_vec(response) {
        Ok(bytes) => outbox.reply(Wire::text(bytes)),
        Err(error) => tracing::error!(%error, "a response could not be serialised"),
    }
}
