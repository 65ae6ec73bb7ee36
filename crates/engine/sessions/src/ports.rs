//! What this crate asks of neighbours it may not know; the app answers.

use futures_util::future::BoxFuture;
use ids::{AgentId, SessionKey};
use protocol::sessions::list::Defaults;

/// The rest of the house, as far as conversations need it.
pub trait Neighbours: Send + Sync + std::fmt::Debug {
    /// The agent that text without an agent means.
    fn default_agent(&self) -> AgentId;

    /// The model a session without a choice of its own uses.
    fn defaults(&self) -> Defaults;

    /// The thinking level of a session without one.
    fn thinking_default(&self, key: &SessionKey) -> Option<String>;

    /// What a person's word for a model means, or why it cannot be had.
    fn choose_model(&self, key: &SessionKey, word: &str) -> Result<ModelChoice, String>;

    /// Clears the session's queue and ends its run; `false` when it still runs after a while.
    fn end_runs(&self, key: &SessionKey) -> BoxFuture<'static, bool>;
}

/// A model, by its full name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelChoice {
    pub provider: String,
    pub model: String,
    /// It is what the session would use anyway.
    pub is_default: bool,
}
