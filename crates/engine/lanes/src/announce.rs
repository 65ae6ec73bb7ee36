//! What operators see of runs: `agent` events step by step, `chat` events as a chat window wants them.

mod watched;

use std::{collections::HashMap, sync::Arc, time::Instant};

use ids::RunId;
use parking_lot::Mutex;
use protocol::events::{
    agent::{self, Agent},
    chat::{self, Chat, ChatDelta},
};
use rpc::Events;
use stdx::Clock;

use crate::{RunEvent, RunSink, RunStart, Turn};
use watched::{Audience, Shown, Watched};

/// Tells operators of runs.
#[derive(Debug)]
pub struct Announce {
    events: Events,
    clock: Arc<dyn Clock>,
    runs: Mutex<HashMap<RunId, Watched>>,
}

impl Announce {
    #[must_use]
    pub fn new(events: Events, clock: Arc<dyn Clock>) -> Self {
        Self { events, clock, runs: Mutex::default() }
    }

    fn now(&self) -> (u64, Instant) {
        (u64::try_from(self.clock.now_ms()).unwrap_or(0), self.clock.now())
    }

    /// Shows an answer that no run made: a command's reply, say.
    pub fn answer(&self, run: &RunId, session: &str, text: Option<&str>) {
        let (ts, _) = self.now();
        let message = text.map(|text| watched::injected(text, ts));
        if let Some(payload) = watched::chat(run, session, 1, chat::ChatState::Final, message) {
            self.events.publish::<Chat>(&payload);
        }
    }

    fn publish(&self, shown: Vec<Shown>) {
        for shown in shown {
            match shown {
                Shown::Agent(payload) => self.events.publish::<Agent>(&payload),
                Shown::More(payload) => self.events.publish_with::<Agent>(agent::TOOL_EVENTS, &payload),
                Shown::Delta(payload) => self.events.publish::<ChatDelta>(&payload),
                Shown::Chat(payload) => self.events.publish::<Chat>(&payload),
            }
        }
    }
}

impl RunSink for Announce {
    fn released(&self, turn: &Turn, _into: Option<&RunId>) {
        self.answer(&turn.run, turn.key.as_sent(), None);
    }

    fn on(&self, start: &RunStart, event: &RunEvent) {
        // Streaming text that nobody watches costs nothing but the text itself.
        let (ts, now) = self.now();
        let has_more = matches!(event, RunEvent::Tool { .. } | RunEvent::Failover(_));
        let audience = Audience {
            anybody: self.events.has_readers(),
            wants_more: has_more && self.events.has_readers_with(agent::TOOL_EVENTS),
        };
        let shown = {
            let mut runs = self.runs.lock();
            let run = start.run();
            let watched = runs.entry(run.clone()).or_insert_with(|| Watched::new(start));
            let shown = watched.on(event, ts, now, audience);
            if matches!(event, RunEvent::Ended(_)) {
                runs.remove(run);
            }
            shown
        };
        self.publish(shown);
    }
}

/// The payload of one agent step.
pub(crate) type AgentStep = agent::Payload;
