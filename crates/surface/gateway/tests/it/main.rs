//! The gateway through real sockets, with real devices and a client that speaks the whole protocol.

mod browsers;
mod calls;
mod crowds;
mod handshake;
mod house;
mod http;
mod state;
