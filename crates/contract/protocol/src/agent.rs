//! Runs of an agent that a client starts and follows.

pub mod identity;
pub mod run;
pub mod wait;

pub use identity::Identity;
pub use run::Run;
pub use wait::Wait;
