//! WebSocket frames over a socket, in as little memory as an idle connection allows.
//!
//! A general WebSocket library keeps its read and write buffers for as long as the connection lives: the largest frame
//! ever sent to a client stays allocated once for each client. Here nothing is kept between frames, and what is sent to
//! many is written from one shared allocation.

mod decode; // bytes to messages: pure
mod encode; // messages to bytes: pure
mod socket; // both, on a socket

pub(crate) use decode::{Broken, Incoming};
pub(crate) use encode::{Wire, accept_key};
pub(crate) use socket::{Socket, Step};
