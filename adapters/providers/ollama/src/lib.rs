//! Speaks Ollama's own format: <https://github.com/ollama/ollama/blob/main/docs/api.md>.
//!
//! Its own and not the OpenAI-like one, because only here the context length can be set; without that Ollama cuts
//! long prompts silently.

mod body; // what is sent
mod discover;
mod stream; // what comes back
mod vendor; // the adapter // which models a server has

pub use discover::discover;
pub use vendor::Ollama;
