//! Accepts, checks, shrinks and forgets files.

mod media_ref;

pub use media_ref::{MediaRef, Sniffed};
