//! The configured agents.

pub mod list;

pub use list::List;
