//! Letting devices in.

pub mod approve;
pub mod list;
pub mod reject;

pub use approve::Approve;
pub use list::List;
pub use reject::Reject;
