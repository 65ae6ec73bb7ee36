//! The gateway through real sockets, with real devices and a client that speaks the whole protocol.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "what fails in a test fails the test")]

mod browsers;
mod calls;
mod crowds;
mod handshake;
mod house;
mod http;
mod state;
