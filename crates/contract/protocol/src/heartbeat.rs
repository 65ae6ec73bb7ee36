//! The agent's own wake-ups.

pub mod last;

pub use last::Last;
