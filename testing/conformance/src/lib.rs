//! What every adapter must do, as suites that each adapter runs against its fake vendor.

pub mod channel;
pub mod provider;
pub mod tool;
