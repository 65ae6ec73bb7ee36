//! Fake vendors on real sockets, each proved by a client that is not ours.

pub mod model;

pub use model::FakeModel;
