//! A client over the wire: asks for runs by `chat.send` and `agent`, again with the same key after what looked like a
//! lost answer, and stops some of them.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use inbound::Intake;
use lanes::Lanes;
use protocol::{Role, Scope};
use rpc::{Call, Caller, Methods, RpcError};
use serde_json::{Value, json};
use sessions::Sessions;
use stdx::CancellationToken;

use crate::fault::Fault;
use crate::outside::Outside;
use crate::plan::Request;

/// The session that the client has open.
const SESSION: &str = "agent:main:window";

/// What the client knows, across the lives of the process.
#[derive(Debug, Default)]
pub(crate) struct Client {
    /// Requests that were acknowledged, and repeated or stopped where the plan says so.
    pub(crate) done: usize,
    /// Requests it wanted stopped.
    pub(crate) aborted: BTreeSet<usize>,
}

/// How the keys of requests begin.
pub(crate) const KEY: &str = "req-";

/// The key of a request, which is the name of its run.
pub(crate) fn key(request: usize) -> String {
    format!("{KEY}{request}")
}

/// The methods of the program that the client uses.
pub(crate) fn methods(intake: &Intake, lanes: &Lanes, sessions: &Arc<Sessions>) -> Methods {
    let sessions = Arc::clone(sessions);
    let resolve = move |key: &ids::SessionKey| sessions.resolve_key(key).unwrap_or_else(|_| key.clone());
    let lanes = lanes::methods(&Arc::new(lanes.clone()), Arc::new(resolve));
    inbound::methods(intake).merge(lanes).expect("no method is offered twice")
}

/// Asks for what the plan names, from where the last life of the process left off.
pub(crate) async fn work(outside: Arc<Outside>, methods: Methods) {
    loop {
        let number = outside.client.lock().done;
        let Some(request) = outside.plan.requests.get(number).copied() else { return };
        let wait = request.at_ms.saturating_sub(outside.passed_ms());
        if wait > 0 {
            tokio::time::sleep(Duration::from_millis(wait)).await;
        }
        ask(&outside, &methods, number, request).await;
        outside.client.lock().done = number + 1;
        outside.step("client is done with", &number).await;
    }
}

async fn ask(outside: &Arc<Outside>, methods: &Methods, number: usize, request: Request) {
    for again in 0..=usize::from(request.is_repeated) {
        let mut key = key(number);
        if outside.has(Fault::ClientKeyNotStable) && again > 0 {
            key.push_str("-again");
        }
        let message = format!("please ask-{}.", outside.plan.question_of(number));
        let params = json!({ "message": message, "sessionKey": SESSION, "idempotencyKey": key });
        outside.step(request.method, &key).await;
        call(outside, methods, request.method, &params).await;
        outside.step("answered", &key).await;
    }
    if let Some(after) = request.aborted_after_ms {
        tokio::time::sleep(Duration::from_millis(after)).await;
        outside.client.lock().aborted.insert(number);
        outside.step("chat.abort", &number).await;
        call(outside, methods, "chat.abort", &json!({ "sessionKey": SESSION, "runId": key(number) })).await;
    }
}

/// Until the method is answered, or says that it has taken what it was asked for. A run may fail, and a run that is
/// over cannot be stopped: only a request that is not understood is wrong.
async fn call(outside: &Arc<Outside>, methods: &Methods, method: &'static str, params: &Value) {
    let (accept, accepted) = tokio::sync::oneshot::channel();
    let caller = Caller {
        conn: ids::ConnId::random(),
        role: Role::Operator,
        scopes: Arc::new([Scope::Admin]),
        device: None,
        client_id: "gateway-client".into(),
        client_mode: "backend".into(),
        display_name: None,
        is_local: true,
    };
    let call = Call::new(
        Arc::new(caller),
        CancellationToken::new(),
        Box::new(move |_| {
            // Nobody waits for it when the run itself came first.
            let _late = accept.send(());
        }),
    );
    let params = serde_json::value::to_raw_value(params).expect("params are JSON");
    let entry = methods.get(method).expect("the method is offered");
    let outcome = match entry.prepare(Some(&params)) {
        Ok((_, run)) => {
            let answer = run(call);
            // A client whose window is closed does not wait for the run itself.
            tokio::select! {
                biased;
                outcome = answer => outcome.map(drop),
                Ok(()) = accepted => Ok(()),
            }
        }
        Err(error) => Err(error),
    };
    if let Err(RpcError { message, .. }) = outcome
        && message.starts_with("invalid ")
    {
        outside.wrong(format!("{method}: {message}"));
    }
}
