//! One message that leaves.
//!
//! The text is Markdown that fits the network's limits after the adapter's own formatting; the host has split it.

use std::sync::Arc;

use ids::{MessageId, PeerId, ThreadId};
use serde::{Deserialize, Serialize};
use stdx::AbsPath;

/// Stable across retries of the same piece: handed to vendors that take one.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SendKey(pub Arc<str>);

/// Where a message goes.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Target {
    pub peer: PeerId,
    pub thread: Option<ThreadId>,
}

/// A message to send.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Outbound {
    pub key: SendKey,
    pub target: Target,
    pub reply_to: Option<MessageId>,
    pub body: OutboundBody,
    /// What the reader can press, where the network has buttons.
    pub keyboard: Option<Keyboard>,
    /// No sound or banner at the reader's side.
    pub silent: bool,
}

/// What is said.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum OutboundBody {
    /// Markdown, at most the network's text limit.
    Text { markdown: String },
    /// A file with an optional Markdown caption, at most the caption limit.
    Media { file: Attachment, caption: String },
    /// Two pictures or videos and more that are shown together, at most the network's album limit; the caption stands
    /// below the first.
    Album { files: Vec<Attachment>, caption: String },
}

/// A file of ours that leaves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    pub path: AbsPath,
    pub mime: String,
    pub name: String,
    /// Audio that should show as a voice note.
    pub as_voice: bool,
}

/// What a reader can press instead of typing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Keyboard {
    /// Buttons below the message.
    Inline { rows: Vec<Vec<Button>> },
    /// Answers in place of the reader's own keys; a press sends the text.
    Reply {
        rows: Vec<Vec<String>>,
        /// Gone after the first press.
        one_time: bool,
        /// As high as its rows need, and no higher.
        resize: bool,
    },
    /// Gives the reader their own keys back.
    Remove,
}

/// A button below a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Button {
    pub text: String,
    /// Comes back when it is pressed.
    pub data: String,
}
