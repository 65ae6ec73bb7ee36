//! Decides whom we know: devices that connect to the gateway, and people who write on a channel.
//!
//! The files are those of 2026.1.24, with every field we do not know kept. Decisions are pure; the files around them
//! are written whole or not at all.

mod devices; // who may connect
mod people; // who may write

pub use devices::{Auth, Devices, Mode};
pub use people::{AllowList, ApproveError, Approved, Pairing, PairingOutcome, Settings, Tell, Waiting};
