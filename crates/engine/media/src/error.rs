//! What can go wrong with a file, in words that a person and a model may read.

use channel::ChannelError;
use stdx::PoolError;

/// Why there is no file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MediaError {
    #[error("the file is larger than {} MB", .limit >> 20)]
    TooLarge {
        /// In bytes.
        limit: u64,
    },
    /// The network did not give it: what to do depends on its error.
    #[error("the file could not be fetched: {0}")]
    Fetch(#[from] ChannelError),
    #[error("the picture cannot be read: {0}")]
    Picture(String),
    /// A file that an agent names is not there, or is no file.
    #[error("{0}")]
    NotAFile(String),
    #[error("the file could not be stored: {0}")]
    Disk(String),
}

impl From<PoolError> for MediaError {
    fn from(error: PoolError) -> Self {
        Self::Disk(error.to_string())
    }
}
