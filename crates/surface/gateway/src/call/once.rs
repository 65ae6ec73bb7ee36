//! A repeat with the same idempotency key does not act again.
//!
//! Process-wide: a client that lost its connection repeats on another. Kept five minutes and 1,000 keys; what must be
//! remembered longer is remembered by the engine that acted.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use parking_lot::Mutex;
use protocol::{ErrorCode, Twin};
use rpc::{Outcome, RpcError};
use serde::Deserialize;
use serde_json::value::RawValue;
use stdx::TtlMap;
use tokio::sync::watch;

const KEPT: Duration = Duration::from_secs(5 * 60);
const KEYS: usize = 1_000;

/// How far a first call is.
#[derive(Debug, Clone, Default)]
enum Phase {
    #[default]
    Running,
    Accepted(Arc<RawValue>),
    Done(Arc<Outcome>),
    /// Its connection went away before it ended.
    GaveUp,
}

/// All keys.
#[derive(Debug)]
pub(crate) struct Once(Mutex<TtlMap<String, watch::Receiver<Phase>>>);

/// What a call with a key is.
#[derive(Debug)]
pub(crate) enum Entrance {
    First(First),
    Repeat(Repeat),
}

/// The call that acts.
#[derive(Debug)]
pub(crate) struct First {
    once: Arc<Once>,
    key: String,
    twin: Twin,
    phase: Option<watch::Sender<Phase>>,
}

/// A call that gets what the first one got.
#[derive(Debug)]
pub(crate) struct Repeat {
    phase: watch::Receiver<Phase>,
    twin: Twin,
    run: String,
}

#[derive(Deserialize)]
struct Keyed {
    #[serde(rename = "idempotencyKey")]
    key: Option<String>,
}

/// The key of valid params.
pub(crate) fn key(params: Option<&RawValue>) -> Option<String> {
    serde_json::from_str::<Keyed>(params?.get()).ok()?.key.filter(|key| !key.is_empty())
}

impl Once {
    pub(crate) fn new() -> Self {
        Self(Mutex::new(TtlMap::new(KEYS, KEPT)))
    }

    pub(crate) fn enter(self: &Arc<Self>, method: &str, key: &str, twin: Twin, now: Instant) -> Entrance {
        let slot = format!("{method}:{key}");
        let mut slots = self.0.lock();
        if let Some(phase) = slots.get(&slot, now) {
            // A method that is answered before its work ends knows itself how far that is.
            let is_over = matches!((&*phase.borrow(), twin), (Phase::GaveUp, _) | (Phase::Done(_), Twin::InFlight));
            if !is_over {
                return Entrance::Repeat(Repeat { phase: phase.clone(), twin, run: key.to_owned() });
            }
        }
        let (sender, receiver) = watch::channel(Phase::Running);
        slots.insert(slot.clone(), receiver, now);
        drop(slots);
        Entrance::First(First { once: Arc::clone(self), key: slot, twin, phase: Some(sender) })
    }
}

impl First {
    /// The interim answer was sent.
    pub(crate) fn accepted(&self, payload: &RawValue) {
        if let Some(phase) = &self.phase {
            phase.send_replace(Phase::Accepted(Arc::from(payload.to_owned())));
        }
    }

    /// The call ended: repeats get the same from now on, but for a refusal, which did nothing.
    pub(crate) fn done(mut self, outcome: &Outcome, now: Instant) {
        let Some(phase) = self.phase.take() else { return };
        if matches!(outcome, Err(RpcError { code: ErrorCode::InvalidRequest, .. })) {
            phase.send_replace(Phase::GaveUp);
            return;
        }
        phase.send_replace(Phase::Done(Arc::new(outcome.clone())));
        if self.twin != Twin::InFlight {
            self.once.0.lock().insert(std::mem::take(&mut self.key), phase.subscribe(), now);
        }
    }
}

impl Drop for First {
    fn drop(&mut self) {
        if let Some(phase) = self.phase.take() {
            phase.send_replace(Phase::GaveUp);
        }
    }
}

impl Repeat {
    /// What the first call got; `None` when it gave up, so that this one must act.
    pub(crate) async fn outcome(mut self) -> Option<Outcome> {
        loop {
            let phase = self.phase.borrow_and_update().clone();
            match (phase, self.twin) {
                (Phase::Done(outcome), _) => return Some(Outcome::clone(&outcome)),
                (Phase::GaveUp, _) => return None,
                (Phase::Accepted(payload), Twin::Stored) => return Some(Ok(RawValue::to_owned(&payload))),
                (Phase::Running | Phase::Accepted(_), Twin::InFlight) => return Some(in_flight(&self.run)),
                (Phase::Running | Phase::Accepted(_), Twin::Stored | Twin::Wait) => {
                    if self.phase.changed().await.is_err() {
                        return None;
                    }
                }
            }
        }
    }
}

fn in_flight(run: &str) -> Outcome {
    #[derive(serde::Serialize)]
    #[serde(rename_all = "camelCase")]
    struct InFlight<'a> {
        run_id: &'a str,
        status: &'static str,
    }
    serde_json::value::to_raw_value(&InFlight { run_id: run, status: "in_flight" })
        .map_err(|error| RpcError::unavailable(format!("Error: {error}")))
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;
    use stdx::{Clock as _, SystemClock};

    use super::*;

    fn raw(text: &str) -> Box<RawValue> {
        RawValue::from_string(text.into()).unwrap()
    }

    fn first(once: &Arc<Once>, twin: Twin, now: Instant) -> First {
        match once.enter("send", "k", twin, now) {
            Entrance::First(first) => first,
            Entrance::Repeat(_) => panic!("a repeat"),
        }
    }

    fn repeat(once: &Arc<Once>, twin: Twin, now: Instant) -> Repeat {
        match once.enter("send", "k", twin, now) {
            Entrance::Repeat(repeat) => repeat,
            Entrance::First(_) => panic!("a first call"),
        }
    }

    fn text(outcome: Option<Option<Outcome>>) -> Option<String> {
        Some(outcome??.unwrap().get().to_owned())
    }

    #[test]
    fn a_repeat_of_a_finished_call_gets_its_stored_reply_for_five_minutes() {
        let (once, now) = (Arc::new(Once::new()), SystemClock.now());
        first(&once, Twin::Wait, now).done(&Ok(raw("1")), now);
        assert_eq!(text(repeat(&once, Twin::Wait, now).outcome().now_or_never()), Some("1".into()));
        drop(first(&once, Twin::Wait, now + KEPT));
    }

    #[test]
    fn a_repeat_waits_for_the_first_where_the_method_says_so() {
        let (once, now) = (Arc::new(Once::new()), SystemClock.now());
        let acts = first(&once, Twin::Wait, now);
        let mut waits = Box::pin(repeat(&once, Twin::Wait, now).outcome());
        assert!(waits.as_mut().now_or_never().is_none());
        acts.done(&Ok(raw("2")), now);
        assert_eq!(text(waits.now_or_never()), Some("2".into()));
    }

    #[test]
    fn a_repeat_gets_the_interim_reply_where_the_method_answers_twice() {
        let (once, now) = (Arc::new(Once::new()), SystemClock.now());
        let acts = first(&once, Twin::Stored, now);
        acts.accepted(&raw("\"accepted\""));
        assert_eq!(text(repeat(&once, Twin::Stored, now).outcome().now_or_never()), Some("\"accepted\"".into()));
    }

    #[test]
    fn a_repeat_is_told_that_the_first_is_in_flight_and_asked_again_after_it() {
        let (once, now) = (Arc::new(Once::new()), SystemClock.now());
        let acts = first(&once, Twin::InFlight, now);
        let told = text(repeat(&once, Twin::InFlight, now).outcome().now_or_never());
        assert_eq!(told.as_deref(), Some(r#"{"runId":"k","status":"in_flight"}"#));
        acts.done(&Ok(raw("3")), now);
        drop(first(&once, Twin::InFlight, now));
    }

    #[test]
    fn a_call_that_gave_up_or_was_refused_leaves_its_key_free() {
        let (once, now) = (Arc::new(Once::new()), SystemClock.now());
        let gives_up = first(&once, Twin::Wait, now);
        let waits = repeat(&once, Twin::Wait, now);
        drop(gives_up);
        assert!(waits.outcome().now_or_never().unwrap().is_none());
        first(&once, Twin::Wait, now).done(&Err(RpcError::invalid("no such target")), now);
        drop(first(&once, Twin::Wait, now));
    }
}
