//! One event from a network, as plain data that is journalled before the vendor is told.

use ids::PeerKind;
use ids::{MessageId, PeerId, SenderId, ThreadId};
use serde::{Deserialize, Serialize};

use crate::AttachmentRef;

/// A message as it arrived. Adapters never merge or hold back: albums and split texts carry a [`MergeKey`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Inbound {
    /// What the vendor never repeats for another event (an update id): the journal's dedupe key.
    pub event: String,
    /// What is edited or replied to.
    pub message: MessageId,
    pub peer: Peer,
    pub thread: Option<ThreadId>,
    pub sender: Sender,
    /// Text as the person wrote it, LF line ends.
    pub text: String,
    pub attachments: Vec<AttachmentRef>,
    /// Formatted or meaningful parts of `text`, by byte range.
    pub spans: Vec<Span>,
    /// Whether this message speaks to the account itself.
    pub addressed: Addressed,
    pub reply_to: Option<ReplyContext>,
    pub merge: Option<MergeKey>,
    pub change: Change,
    /// Unix milliseconds, by the vendor's clock.
    pub at: u64,
}

impl Inbound {
    /// It stands in a thread or topic, not in the room's main line.
    #[must_use]
    pub fn is_in_thread(&self) -> bool {
        self.thread.is_some() && self.thread != self.peer.main_line
    }
}

/// Whom the conversation is with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Peer {
    pub id: PeerId,
    pub kind: PeerKind,
    /// Group subject or room name.
    pub title: Option<String>,
    /// The room is split in topics (its threads have their own sessions).
    pub is_forum: bool,
    /// The thread that stands for the room outside its topics, where the network numbers that like a topic.
    #[serde(default)]
    pub main_line: Option<ThreadId>,
    /// What the room is part of.
    #[serde(default)]
    pub space: Option<Space>,
}

/// A place that holds many rooms.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Space {
    pub kind: SpaceKind,
    pub id: String,
}

/// What networks call such a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SpaceKind {
    Guild,
    Team,
}

/// The person who wrote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sender {
    pub id: SenderId,
    pub name: Option<String>,
    /// Without the at sign.
    pub username: Option<String>,
    pub is_bot: bool,
}

/// How a group message concerns the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Addressed {
    /// A native mention of the account, or a command addressed to it by name.
    Mentioned,
    /// A reply to one of the account's own messages.
    Replied,
    /// Somebody else is mentioned: patterns in the text do not count.
    Others,
    /// No native sign either way.
    Nobody,
}

/// What a message answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplyContext {
    pub message: MessageId,
    pub sender: Option<String>,
    pub text: Option<String>,
}

/// Messages of one sender with the same key are one message to the agent.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", content = "key", rename_all = "kebab-case")]
pub enum MergeKey {
    /// Pictures sent as one album.
    Album(String),
    /// A text the app cut because it was too long for one message.
    SplitText(String),
}

/// What kind of event it is: a new message, a later state of one, or something done to one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    New,
    Edited,
    /// A button below one of our messages was pressed; the text says which.
    Pressed,
    /// Somebody reacted to a message, or took a reaction back; the text says how.
    Reacted,
}

/// A marked part of the text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// Byte offsets into the text, on character boundaries.
    pub start: usize,
    pub end: usize,
    pub kind: SpanKind,
}

/// What a marked part is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SpanKind {
    Mention,
    Command,
    Code,
    Link(String),
}
