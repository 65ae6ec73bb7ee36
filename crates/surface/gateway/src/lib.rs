//! Accepts WebSocket and HTTP connections on one port and serves a method table to them. Knows no feature.
//!
//! One task for each connection, nothing kept for an idle one; events are serialised once and shared; nobody waits for
//! a slow reader.

mod config; // what must be told
mod gateway; // bind, mount, serve, say goodbye
mod listen; // the port

mod http; // requests, of which one may become a WebSocket
mod ws; // frames on a socket

mod conn; // one connection
mod hello; // the answer to a handshake
mod shared; // what connections share

mod call; // one request
mod hub; // events to everyone
mod methods; // what may be asked of the gateway itself

mod counters; // what was counted
mod pace; // how often a change is announced: pure
mod presence; // who is here: pure
mod state; // presence and health, serialised

pub use config::{Access, Bind, Config, HealthSource, Identity, Ports, SystemEvents};
pub use counters::sample;
pub use gateway::Gateway;
pub use http::{HttpRequest, HttpResponse, Mounted, Route};
pub use listen::BindError;
