//! Names of things, parsed once at the edge and never mixed up afterwards.
//!
//! Every id is a cheap clone (`Arc<str>`), compares as text and serialises as the text it was parsed from.

mod agent;
mod event;
mod name;
mod session_key;

pub use agent::AgentId;
pub use event::EventId;
pub use name::{
    AccountId, ApprovalId, ChannelKind, ConnId, DeviceId, EntryId, MessageId, NodeId, ParseNameError, PeerId, RunId,
    SenderId, SessionId, ThreadId, ToolCallId,
};
pub use session_key::{Chat, PeerKind, SessionKey};
