//! The models that can be chosen.

pub mod list;

pub use list::List;
