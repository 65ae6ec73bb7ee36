//! Speaks Anthropic Messages: <https://docs.anthropic.com/en/api/messages>.
//!
//! With an API key, and with the token of a set-up or OAuth flow, which wants other headers and names.

mod body; // what is sent
mod names; // tool names as tokens want them
mod stream;
mod thinking; // how much of the answer is for thinking
mod vendor; // the adapter // what comes back

pub use vendor::Anthropic;
