//! The system prompt: fixed sections in the published order, then the workspace's own files.
//!
//! The fixed part with all tool schemas stays below 2,000 tokens. Nothing in it changes from turn to turn, so that
//! vendors can keep it cached: no clock, no counters.

mod bootstrap; // the workspace's files
mod identity; // who the agent says it is
mod prompts;
mod sections; // the fixed words
mod templates; // what a new workspace starts with

pub use identity::Identity;
pub use prompts::{NoSkills, PromptSource, Prompts};
pub use sections::{Input, Mode};
