//! Keeps every configured channel account connected.

mod inbox;

pub use inbox::{Arrived, Inbox, NotAccepted};
