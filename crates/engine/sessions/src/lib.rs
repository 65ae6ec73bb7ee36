//! Remembers conversations: an index of sessions in the database, a transcript file for each.
//!
//! The database decides, files are its projection: an entry is committed together with what it causes, then appended
//! to its file. A crash between the two loses nothing.

mod activate;
mod active;
mod archive;
mod compact;
mod config;
mod crowd;
mod earlier_layout;
mod envelope;
mod error;
mod export;
mod index;
mod list;
mod methods;
mod patch;
mod peek;
mod places;
mod ports;
mod recent;
mod record;
mod reset;
mod resolve;
mod session;
mod sessions;
mod shared;
mod take_over;
mod transcript;
mod upkeep;

pub use compact::Compacted;
pub use config::{Config, ResetByType, ResetMode, ResetRule, Scope};
pub use envelope::AFTER_ABORT;
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
