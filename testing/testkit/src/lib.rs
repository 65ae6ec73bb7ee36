//! Starts the built binary in tests, with fakes around it, as a user would: a home folder, a config file, a process.

mod binary;
mod chat;
mod gateway;
mod home;
mod skipped;

pub use binary::binary;
pub use chat::{Chat, Reply};
pub use gateway::TestGateway;
pub use home::{Home, config_for};
pub use skipped::{peers, skip, skip_named};
