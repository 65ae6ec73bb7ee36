//! What a model vendor must be able to do for us.
//!
//! One request in, one stream of events out. The error says what the caller can do next.

mod call;
mod catalogue;
mod decode;
mod error;
mod event;
mod failure;
mod json;
mod model;
mod request;
mod usage;
mod vendor;

pub use call::{endpoint, send};
pub use catalogue::{Catalogue, KnownModel};
pub use decode::{Decode, LIMIT_OF_ANSWER, LIMIT_OF_EVENT, stream_lines, stream_sse};
pub use error::ProviderError;
pub use event::{ModelEvent, ModelStream, StopReason};
pub use failure::{Failure, transport};
pub use json::JsonWriter;
pub use model::{
    Api, Compat, Input, MaxTokensField, Model, ModelRef, ParseModelRefError, ParseThinkingError, Price, Thinking,
};
pub use request::{Block, CacheHint, Message, ModelRequest, ToolSchema};
pub use usage::Usage;
pub use vendor::{Descriptor, Profile, ProfileKind, Provider};
