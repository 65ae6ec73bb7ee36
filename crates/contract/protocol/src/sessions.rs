//! Conversations: listing, looking in, changing, ending.

pub mod compact;
pub mod delete;
pub mod list;
pub mod patch;
pub mod preview;
pub mod reset;
pub mod resolve;

pub use compact::Compact;
pub use delete::Delete;
pub use list::List;
pub use patch::Patch;
pub use preview::Preview;
pub use reset::Reset;
pub use resolve::Resolve;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What kind of conversation a session is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum SessionKind {
    Direct,
    Group,
    Global,
    Unknown,
}

impl From<ids::Chat> for SessionKind {
    fn from(chat: ids::Chat) -> Self {
        match chat {
            ids::Chat::Direct => Self::Direct,
            ids::Chat::Group => Self::Group,
            ids::Chat::Global => Self::Global,
            ids::Chat::Unknown => Self::Unknown,
        }
    }
}
