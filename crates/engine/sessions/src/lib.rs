//! Remembers conversations: an index of sessions in the database, a transcript file for each.
//!
//! The database decides, files are its projection: an entry is committed together with what it causes, then appended
//! to its file. A crash between the two loses nothing.

mod activate; // taking one into use
mod active; // a transcript in use
mod archive; // putting files aside
mod compact; // sessions.compact
mod config; // what the owner may set
mod envelope; // what people do not want to read: pure
mod error; // what the caller can do
mod export; // what it reads again
mod index; // its rows
mod list; // sessions.list
mod methods;
mod patch; // sessions.patch: pure
mod peek; // the ends of a file
mod places; // where files lie
mod ports; // what the app answers for neighbours
mod record; // what is kept besides the transcript
mod reset; // when a conversation starts over: pure
mod resolve; // sessions.resolve
mod session; // a session in use: stage, history
mod sessions; // the door: find, open, start over, change
mod shared; // what they share
mod take_over; // what the published program left
mod transcript; // files of lines
mod upkeep; // the tasks behind // what operators may call

pub use compact::Compacted;
pub use config::{Config, ResetByType, ResetMode, ResetRule, Scope};
pub use error::SessionsError;
pub use methods::methods;
pub use ports::{ModelChoice, Neighbours};
pub use record::Record;
pub use session::Session;
pub use sessions::{Fresh, Opened, Opening, Parts, Sessions, Started};
pub use transcript::entry::{Body, NewEntry};
pub use transcript::history::{History, HistoryEntry, Said};
pub use transcript::message::{
    AssistantMessage, Cost, Message, Part, StopReason, ToolResultMessage, Usage, UserMessage,
};
