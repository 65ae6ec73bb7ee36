//! The adapter against a vendor on a real socket.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod polling;
mod promises;
mod sending;
mod setting;
mod webhook;
