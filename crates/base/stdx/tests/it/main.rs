//! Whether the pieces keep their promises when tasks panic, pools fill and machines stop.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod files;
mod pool;
mod tasks;
