//! People who wrote to a channel and are not yet let in.

pub mod approve;
pub mod list;
pub mod remove;

pub use approve::Approve;
pub use list::List;
pub use remove::Remove;
