//! Talking with an agent from a gateway client.

pub mod abort;
pub mod history;
pub mod inject;
pub mod send;

pub use abort::Abort;
pub use history::History;
pub use inject::Inject;
pub use send::Send;
