//! What operators may ask of runs: wait for one, stop one.

use std::{sync::Arc, time::Duration};

use ids::SessionKey;
use protocol::{agent::wait, chat::abort};
use rpc::{Call, Methods, RpcError};

use crate::{Lanes, RunOutcome, StopCause};

const PATIENCE: Duration = Duration::from_secs(30);

/// What a client's spelling of a session key means.
pub type Resolve = dyn Fn(&SessionKey) -> SessionKey + Send + Sync;

struct Offer {
    lanes: Arc<Lanes>,
    resolve: Arc<Resolve>,
}

/// `agent.wait` and `chat.abort`.
#[must_use]
pub fn methods(lanes: &Arc<Lanes>, resolve: Arc<Resolve>) -> Methods {
    let offer = Arc::new(Offer { lanes: Arc::clone(lanes), resolve });
    Methods::default()
        .on::<protocol::agent::Wait, _, _, _>(&offer, wait)
        .on::<protocol::chat::Abort, _, _, _>(&offer, abort)
}

async fn wait(offer: Arc<Offer>, _call: Call, params: wait::Params) -> Result<wait::Reply, RpcError> {
    let patience = params.timeout_ms.map_or(PATIENCE, |ms| Duration::from_millis(ms.get()));
    let ended = offer.lanes.wait(params.run_id.clone(), patience).await;
    let at = |ms: i64| u64::try_from(ms).ok();
    Ok(match ended {
        None => wait::Reply {
            run_id: params.run_id,
            status: wait::WaitStatus::Timeout,
            started_at: None,
            ended_at: None,
            error: None,
        },
        Some(ended) => {
            let (status, error) = match ended.outcome {
                RunOutcome::Failed { message } => (wait::WaitStatus::Error, Some(message)),
                RunOutcome::Done | RunOutcome::Aborted { .. } => (wait::WaitStatus::Ok, None),
            };
            wait::Reply {
                run_id: params.run_id,
                status,
                started_at: at(ended.started_at),
                ended_at: at(ended.ended_at),
                error,
            }
        }
    })
}

async fn abort(offer: Arc<Offer>, _call: Call, params: abort::Params) -> Result<abort::Reply, RpcError> {
    let key = (offer.resolve)(&params.session_key);
    let run_ids = match params.run_id {
        Some(run) => offer
            .lanes
            .stop_run(run, key, StopCause::Rpc)
            .await
            .map_err(|_| RpcError::invalid("runId does not match sessionKey"))?,
        None => offer.lanes.stop_session(key, StopCause::Rpc).await,
    };
    Ok(abort::Reply { ok: true, aborted: !run_ids.is_empty(), run_ids })
}
