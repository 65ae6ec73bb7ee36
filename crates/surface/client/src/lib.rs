//! Speaks the gateway's protocol from the other side: for the command line, for tests and for measurements.
//!
//! Connecting and one call take two round trips and nothing else: identities are read by whoever needs one.

mod connection; // calls, answers and events on one socket
mod handshake; // who we are
mod identity; // the device's key
mod options; // whom to reach, as whom
mod sequence; // which events were not heard
mod tokens; // tokens the gateway gave this device

pub use connection::{Answer, Asked, CallError, Client, Closed, Event, EventStream};
pub use handshake::ConnectError;
pub use identity::Identity;
pub use options::{Credentials, Options};
pub use tokens::DeviceTokens;
