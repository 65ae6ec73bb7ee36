//! Attachments that arrive: named at once, fetched later.

use std::{fmt, pin::Pin};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::Stream;
use serde::{Deserialize, Serialize};

use crate::ChannelError;

/// What a file claims to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MediaKind {
    Image,
    Audio,
    Video,
    Document,
}

/// A file at the vendor: plain data, because it is journalled with its message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttachmentRef {
    /// What the adapter needs to fetch it; opaque to the host.
    pub reference: String,
    pub kind: MediaKind,
    /// As the vendor claims; the host sniffs the real type.
    pub mime: Option<String>,
    pub name: Option<String>,
    /// Bytes, as the vendor claims.
    pub size: Option<u64>,
}

/// A file's bytes as they arrive.
pub type ByteStream = Pin<Box<dyn Stream<Item = Result<Bytes, ChannelError>> + Send>>;

/// Fetches attachments.
#[async_trait]
pub trait Files: Send + Sync + fmt::Debug {
    async fn fetch(&self, file: &AttachmentRef) -> Result<ByteStream, ChannelError>;
}
