//! The gateway's own log.

pub mod tail;

pub use tail::Tail;
