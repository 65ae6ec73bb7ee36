//! What machines and people report goes to the main session.

use std::sync::Arc;

use config::Live;
use ids::SessionKey;
use inbound::SystemEvents;
use stdx::Clock;

/// The main session's queue.
#[derive(Debug)]
pub(crate) struct ToMainSession {
    pub(crate) queue: Arc<SystemEvents>,
    pub(crate) config: Live<inbound::Config>,
    pub(crate) clock: Arc<dyn Clock>,
}

impl ToMainSession {
    /// The session that reports go to.
    pub(crate) fn key(&self) -> SessionKey {
        main_session(&self.config.get())
    }
}

/// The default agent's main session.
pub(crate) fn main_session(config: &inbound::Config) -> SessionKey {
    SessionKey::of_agent(&config.default_agent(), &config.main_key())
}

impl gateway::SystemEvents for ToMainSession {
    fn system_event(&self, text: String, _context: Option<String>) {
        self.queue.push(&self.key(), self.clock.now_ms(), &text);
    }
}
