//! What an owner may ask of the journal is asked here of every message: what became of it, to its end.

use std::sync::Arc;

use audit::{Audit, Question};
use config::Live;
use futures_util::FutureExt as _;
use stdx::ManualClock;
use store::Store;

use super::records::Records;
use crate::outside::Outside;

pub(super) fn check(outside: &Outside, records: &Records, store: &Store) {
    let audit = Audit::new(store.clone(), Arc::new(ManualClock::new(0)), Live::fixed(audit::Config::default()));
    for received in records.of_kind("inbound.received") {
        let event = &received.cause;
        // In memory a question is answered where it is asked.
        match audit.explain(Question::Id(event.clone())).now_or_never() {
            Some(Ok(told)) if told.complete && told.id == *event => {}
            Some(Ok(told)) => {
                let steps: Vec<&str> = told.steps.iter().map(|(fact, _)| fact.kind.as_str()).collect();
                outside.wrong(format!("the chain of {event} has no end: {steps:?}"));
            }
            Some(Err(error)) => outside.wrong(format!("the chain of {event} cannot be told: {error}")),
            None => outside.wrong(format!("the chain of {event} is not told at once")),
        }
    }
}
