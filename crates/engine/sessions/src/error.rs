//! What can go wrong with a conversation, by what the caller can do.

use stdx::AbsPath;
use store::StoreError;

#[derive(Debug, Clone, thiserror::Error)]
pub enum SessionsError {
    /// The request cannot be met as it stands; the text is for the client.
    #[error("{0}")]
    Invalid(String),
    /// A transcript cannot be read or written. What was committed is safe in the database and written later.
    #[error("transcript {path}: {reason}")]
    Transcript { path: AbsPath, reason: String },
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The session is being stopped or the program ends.
    #[error("sessions are closed")]
    Closed,
}

impl SessionsError {
    pub(crate) fn transcript(path: &AbsPath, error: &std::io::Error) -> Self {
        Self::Transcript { path: path.clone(), reason: error.to_string() }
    }
}

impl From<SessionsError> for rpc::RpcError {
    fn from(error: SessionsError) -> Self {
        match error {
            SessionsError::Invalid(text) => Self::invalid(text),
            SessionsError::Transcript { .. } | SessionsError::Store(_) | SessionsError::Closed => {
                Self::unavailable(format!("Error: {error}"))
            }
        }
    }
}
