//! Why a turn could not be taken on.

/// What the caller can do now.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LaneError {
    /// The gateway is stopping: what is in the journal is answered after the next start.
    #[error("the gateway is stopping")]
    Stopping,
}
