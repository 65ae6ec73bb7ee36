//! Speaks OpenAI's two formats, Chat Completions and Responses, to OpenAI and to the many servers that copy them.
//!
//! <https://platform.openai.com/docs/api-reference>

mod chat; // Chat Completions
mod compat; // where copies differ
mod history; // what both formats share
mod responses;
mod vendor; // the adapter // Responses

pub use vendor::OpenAi;
