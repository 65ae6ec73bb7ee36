//! What the model vendors say about our use of them.

pub mod status;

pub use status::Status;
