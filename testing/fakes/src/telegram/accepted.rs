//! What the bot did and Telegram took.

use serde::Serialize;
use serde_json::Value;

/// One accepted call.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Accepted {
    /// Position in the log, from 0.
    pub number: usize,
    /// `sendMessage`, `setMessageReaction` …
    pub method: String,
    pub chat: i64,
    pub thread: Option<i64>,
    /// The number of the message that was made or meant.
    pub message: Option<i64>,
    /// Text or caption as a reader sees it.
    pub text: String,
    /// Text or caption as it was sent.
    pub raw: String,
    pub reply_to: Option<i64>,
    /// Several where they are shown together.
    pub files: Vec<SentFile>,
    /// Everything that was sent but files.
    pub params: Value,
}

impl Accepted {
    /// The file of a call that had one.
    #[must_use]
    pub fn file(&self) -> Option<&SentFile> {
        self.files.first()
    }

    /// A new message in a chat.
    #[must_use]
    pub fn is_message(&self) -> bool {
        self.method.starts_with("send") && !matches!(self.method.as_str(), "sendChatAction" | "sendMessageDraft")
    }
}

/// A file that came with a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SentFile {
    pub field: String,
    pub name: String,
    pub mime: String,
    #[serde(skip)]
    pub content: bytes::Bytes,
    pub size: usize,
}
