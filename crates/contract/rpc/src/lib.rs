//! How an engine offers methods and announces events, without knowing sockets.

mod authenticate;
mod call;
mod caller;
mod error;
mod events;
mod methods;
mod problems;
mod validate;

pub use authenticate::{Attempt, Authenticate, Connected, Refusal};
pub use call::{Accept, Call};
pub use caller::Caller;
pub use error::RpcError;
pub use events::{Announcement, Events, Sink};
pub use methods::{DuplicateMethod, Entry, Methods, Outcome, Parsed, Running};
pub use validate::params;
