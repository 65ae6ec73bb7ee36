//! Conversations through their public type: on a disk and a database in memory that can crash, with fake neighbours.
#![expect(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

mod crash;
mod crowd;
mod earlier_layout;
mod house;
mod index;
mod methods;
mod transcripts;
