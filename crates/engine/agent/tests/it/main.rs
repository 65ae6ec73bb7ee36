//! Runs through the real sessions, store and purses, with a model and tools that follow a script.

mod aborts;
mod failures;
mod house;
mod loops;
mod people;
mod prompts;
mod restarts;
mod script;
mod talk;
