//! A file that was taken in: where it lies and what it really is.

use std::sync::Arc;

use channel::MediaKind;
use serde::{Deserialize, Serialize};
use stdx::AbsPath;

/// A stored file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MediaRef {
    pub path: AbsPath,
    pub kind: MediaKind,
    /// By content where the content tells, else as the sender claimed.
    pub mime: String,
    /// What the sender called it.
    pub name: Option<String>,
    pub size: u64,
}

/// What a file is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sniffed {
    pub kind: MediaKind,
    pub mime: String,
    /// Without a dot.
    pub extension: String,
}

/// A picture as models take it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelImage {
    pub mime: String,
    /// Base64.
    pub data: Arc<str>,
}
