//! Talking with an agent from a gateway client.

pub mod abort;
pub mod history;
pub mod history_before;
pub mod inject;
pub mod send;

pub use abort::Abort;
pub use history::History;
pub use history_before::HistoryBefore;
pub use inject::Inject;
pub use send::Send;
