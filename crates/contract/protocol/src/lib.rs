//! Every frame, method and event of the gateway's WebSocket, protocol version 3, as types.
//!
//! One method or event is one file; its name, scope, effect, order, params and reply are one type.
//! All objects that clients send are closed (unknown keys are errors); nothing we send holds a `null` that the protocol
//! does not name.

mod connect;
mod error;
mod event;
mod frame;
mod method;
mod snapshot;

pub use connect::{
    AuthProof, ClientId, ClientMode, ClientSelf, Connect, ConnectParams, DeviceProof, Features, HelloAuth, HelloOk, Policy,
    ServerSelf,
};
pub use error::{ErrorCode, ErrorShape};
pub use event::{Delivery, Event};
pub use frame::{EventFrame, Request, RequestError, Response, StateVersion, parse_request};
pub use method::{Effect, Method, Order, Role, Scope, Twin};
pub use snapshot::{PresenceEntry, SessionDefaults, Snapshot};

/// The protocol's version: a client's range must include it.
pub const PROTOCOL_VERSION: u32 = 3;
