//! Messaging networks, as operators see them.

pub mod status;

pub use status::Status;
