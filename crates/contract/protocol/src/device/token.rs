//! Tokens of paired devices.

pub mod revoke;
pub mod rotate;

pub use revoke::Revoke;
pub use rotate::Rotate;
