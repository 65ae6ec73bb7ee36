//! Where a tool's effects happen: the host, later a container or a node.

use async_trait::async_trait;
use bytes::Bytes;

use crate::{Launch, Process, WorldPath};

/// What a file was when it was read, so that a later write can see a change in between.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileStamp {
    /// The world's own name for the file, the same for every way to write its path.
    pub path: String,
    pub size: u64,
    /// Nanoseconds since the epoch, as the file system states.
    pub modified_ns: u128,
    /// Hash of the content where the world has it at hand.
    pub hash: Option<[u8; 32]>,
}

impl FileStamp {
    /// Nobody changed the file between the two: by content where both know it, else by size and time.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        let same_content = match (self.hash, other.hash) {
            (Some(mine), Some(theirs)) => mine == theirs,
            _ => self.modified_ns == other.modified_ns,
        };
        self.path == other.path && self.size == other.size && same_content
    }
}

/// Why a world could not do a thing, in words for the model.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WorldError {
    #[error("{0} does not exist")]
    NotFound(String),
    #[error("{0} leads out of the workspace")]
    Outside(String),
    #[error("{0} changed since it was read: read it again first")]
    Changed(String),
    #[error("{path} is {size} bytes, more than the {limit} this tool reads")]
    TooLarge { path: String, size: u64, limit: u64 },
    #[error("{0} is not a regular file")]
    NotAFile(String),
    #[error("{path}: {reason}")]
    Io { path: String, reason: String },
}

/// A place where tools act.
#[async_trait]
pub trait World: Send + Sync + std::fmt::Debug {
    /// The whole file and its stamp.
    async fn read(&self, path: &WorldPath, limit: u64) -> Result<(Bytes, FileStamp), WorldError>;

    /// What the file is now, `None` if it is absent.
    async fn stamp(&self, path: &WorldPath) -> Result<Option<FileStamp>, WorldError>;

    /// Replaces the file as a whole, making its folders; keeps its mode; follows no symlink out of the world.
    /// With `over` the file must still be what that stamp says, else [`WorldError::Changed`].
    async fn write(&self, path: &WorldPath, content: Bytes, over: Option<FileStamp>) -> Result<FileStamp, WorldError>;

    /// Starts a command. The process outlives the call and ends with the world unless it is killed before.
    async fn spawn(&self, launch: Launch) -> Result<std::sync::Arc<dyn Process>, WorldError>;

    /// The absolute working folder, for the prompt and for messages.
    fn root(&self) -> &str;
}
