//! Fake vendors on real sockets, each proved by a client that is not ours.

pub mod model;
pub mod telegram;

pub use model::FakeModel;
pub use telegram::FakeTelegram;
