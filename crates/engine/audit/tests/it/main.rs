//! The journal through its public type: questions, seals, forgetting.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod questions;
mod seals;

use std::sync::Arc;

use audit::{Audit, Config, Keep};
use config::Live;
use serde_json::{Value, json};
use stdx::ManualClock;
use store::Store;

const DAY_MS: i64 = 24 * 3600 * 1000;

struct House {
    store: Store,
    clock: Arc<ManualClock>,
    audit: Arc<Audit>,
}

fn house() -> House {
    let clock = Arc::new(ManualClock::new(100 * DAY_MS));
    let store = Store::memory(Audit::MIGRATIONS, Arc::clone(&clock) as _).unwrap();
    let config = Config { keep: Keep { days: 30, megabytes: 1 } };
    let audit = Audit::new(store.clone(), Arc::clone(&clock) as _, Live::fixed(config));
    House { store, clock, audit }
}

impl House {
    fn fact(&self, cause: &str, kind: &str, body: Value) {
        let (cause, kind) = (cause.to_owned(), kind.to_owned());
        self.store.write_blocking(move |tx| tx.fact(&cause, &kind, &body)).unwrap();
    }

    fn link(&self, cause: &str, kind: &str, effect: &str) {
        let (cause, kind, effect) = (cause.to_owned(), kind.to_owned(), effect.to_owned());
        self.store.write_blocking(move |tx| tx.link(&cause, &kind, &effect, &json!({}))).unwrap();
    }

    /// A message that arrived and was let in.
    fn arrives(&self, event: &str, peer: &str, message: &str) {
        let body = json!({"channel": "telegram", "account": "default", "peer": peer, "message": message});
        self.fact(event, "inbound.received", body);
        self.fact(event, "inbound.verdict", json!({"admission": "admit", "rule": "allowFrom"}));
        let key = format!("agent:main:telegram:dm:{peer}");
        self.fact(event, "inbound.route", json!({"agent": "main", "key": key, "matched_by": "default"}));
    }

    fn answers(&self, events: &[&str], run: &str) {
        for event in events {
            self.link(event, "run.started", run);
        }
        let part = format!("{run}-1");
        self.link(run, "outbound.prepared", &part);
        self.fact(run, "run.ended", json!("done"));
        self.fact(&part, "outbound.sending", json!({"attempt": 1}));
        self.fact(&part, "outbound.sent", json!({}));
    }

    fn count(&self) -> i64 {
        let sql = "SELECT count(*) FROM facts";
        self.store.read_blocking(|view| view.first(sql, [], |row| row.get(0))).unwrap().unwrap()
    }
}
