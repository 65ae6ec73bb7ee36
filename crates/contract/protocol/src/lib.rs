//! Every frame, method and event of the gateway's WebSocket, protocol version 3, as types.
//!
//! One method or event is one file; its name, scope, effect, order, params and reply are one type.
//! All objects that clients send are closed (unknown keys are errors); nothing we send holds a `null` that the protocol
//! does not name.

mod error;
mod event;
mod frame;
mod method;

mod attachment;
mod change;
mod lenient;
mod non_empty;
mod rendered;
mod text;

pub mod agent;
pub mod agents;
pub mod channels;
pub mod chat;
pub mod config;
pub mod connect;
pub mod device;
pub mod events;
pub mod health;
pub mod heartbeat;
pub mod journal;
pub mod logs;
pub mod models;
pub mod pairing;
pub mod send;
pub mod sessions;
pub mod status;
pub mod system;
pub mod usage;

pub mod catalogue;
pub mod schema;

pub use attachment::Attachment;
pub use change::Change;
pub use error::{ErrorCode, ErrorShape};
pub use event::{Delivery, Event};
pub use frame::{EventFrame, Request, RequestError, Response, StateVersion, parse_request};
pub use method::{Effect, Method, Order, Role, Scope, Twin};
pub use non_empty::NonEmpty;
pub use rendered::Rendered;
pub use text::{Bounded, OutOfBounds, Text, Whole};

/// The protocol's version: a client's range must include it.
pub const PROTOCOL_VERSION: u32 = 3;
