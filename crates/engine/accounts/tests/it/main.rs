//! Accounts through their public type, with a network and an inbox that do what the test says.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod lives;
mod network;
mod status;
