//! What became of what.

pub mod explain;

pub use explain::Explain;
