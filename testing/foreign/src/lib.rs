//! Programs and records that are not ours, held against ours.
//!
//! Here: the replay of recorded stories. A story's client is played again on a running gateway, and what comes back is
//! compared with what was recorded, request by request and run by run. Deliberate differences are read from the table
//! in `docs/compatibility.md`; any other fails.

#![expect(clippy::indexing_slicing, reason = "JSON is read by key here, and what is absent reads as null")]

mod bindings; // what the placeholders of a story stand for
mod compare; // two JSON values
mod deviation; // differences that are meant
mod device; // the proof a device gives
mod drive; // plays the client's part
mod gateway; // the program under test
mod peer; // programs we did not write
mod published; // the one we are compatible with
mod replay; // a whole story
mod socket; // one connection
mod story; // the recorded file
mod verdict; // what came, against what was recorded

pub use bindings::Bindings;
pub use compare::{Difference, Kind, compare};
pub use deviation::Deviations;
pub use gateway::{BuiltGateway, Gateway, script};
pub use peer::{Peer, Process, free_port, output, peer};
pub use published::Published;
pub use replay::{Finding, Forms, replay};
pub use story::{GatewayKind, Message, Step, Story};
