//! What can go wrong with the database, by what the caller can do about it.

use rusqlite::ErrorCode;

/// One error may be told to all members of a group, so it can be copied.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Nothing was changed. Make room, then try again.
    #[error("the disk is full: make room, then try again")]
    DiskFull,
    /// Nothing was changed. Make the folder writable, or this is a store opened for reading.
    #[error("the database cannot be written: it is read-only")]
    ReadOnly,
    /// Another process holds the database: a second gateway, or a tool that writes to it.
    #[error("the database is in use by another process")]
    Busy,
    /// Another process has taken the state folder over; this one must end.
    #[error("another process has taken over the state folder")]
    Fenced,
    /// Restore a backup or move the file away.
    #[error("the database file is damaged or is not ours: {0}")]
    Damaged(String),
    /// Start the release that wrote it, or a later one.
    #[error("the database was written by a later, incompatible release (layout {found}, this one knows {known})")]
    TooNew { found: u32, known: u32 },
    /// A migration that would change or remove something; a programming error, seen at the first open.
    #[error("migration {owner} {version} does more than add: `{statement}`")]
    NotAdditive { owner: &'static str, version: u32, statement: String },
    /// The store was closed, or the process that had it crashed (in a simulation).
    #[error("the database is closed")]
    Closed,
    /// The closure itself gave up; its changes were undone.
    #[error("{0}")]
    Abandoned(String),
    /// The closure panicked; its changes were undone.
    #[error("a database transaction panicked: {0}")]
    Panicked(String),
    /// The machine failed to read or write.
    #[error("the database could not be read or written: {0}; see that its disk has room and works, then try again")]
    Io(String),
    /// A statement was refused: wrong SQL, a broken constraint, a value of the wrong type.
    #[error("database: {0}")]
    Statement(String),
}

impl StoreError {
    /// For a closure that gives up and wants its changes undone.
    pub fn abandoned(reason: impl std::fmt::Display) -> Self {
        Self::Abandoned(reason.to_string())
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        let Some(code) = error.sqlite_error_code() else { return Self::Statement(error.to_string()) };
        match code {
            ErrorCode::DiskFull => Self::DiskFull,
            ErrorCode::ReadOnly | ErrorCode::PermissionDenied => Self::ReadOnly,
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => Self::Busy,
            ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => Self::Damaged(error.to_string()),
            ErrorCode::SystemIoFailure | ErrorCode::CannotOpen | ErrorCode::OutOfMemory => Self::Io(error.to_string()),
            _ => Self::Statement(error.to_string()),
        }
    }
}

impl From<std::io::Error> for StoreError {
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded | std::io::ErrorKind::FileTooLarge => {
                Self::DiskFull
            }
            std::io::ErrorKind::ReadOnlyFilesystem | std::io::ErrorKind::PermissionDenied => Self::ReadOnly,
            _ => Self::Io(error.to_string()),
        }
    }
}

impl From<serde_json::Error> for StoreError {
    fn from(error: serde_json::Error) -> Self {
        Self::Abandoned(format!("a value could not be written as JSON: {error}"))
    }
}
