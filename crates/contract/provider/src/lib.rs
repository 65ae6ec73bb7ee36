//! What a model vendor must be able to do for us.
//!
//! One request in, one stream of events out. The error says what the caller can do next.

mod catalogue;
mod error;
mod event;
mod model;
mod request;
mod usage;
mod vendor;

pub use catalogue::{Catalogue, KnownModel};
pub use error::ProviderError;
pub use event::{ModelEvent, ModelStream, StopReason};
pub use model::{Api, Input, Model, ModelRef, ParseModelRefError, Price, Thinking};
pub use request::{Block, CacheHint, Message, ModelRequest, ToolSchema};
pub use usage::Usage;
pub use vendor::{Descriptor, Profile, ProfileKind, Provider};
