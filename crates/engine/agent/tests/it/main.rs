//! Runs through the real sessions, store and purses, with a model and tools that follow a script.
#![expect(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

mod aborts;
mod failures;
mod house;
mod loops;
mod methods;
mod people;
mod prompts;
mod restarts;
mod script;
mod talk;
