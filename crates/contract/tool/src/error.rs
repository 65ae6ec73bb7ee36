//! Why a call gave no result. All but `Cancelled` are read by the model and never end the run.

/// What went wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ToolError {
    /// The model wrote parameters the tool cannot read: it can mend them.
    #[error("invalid parameters: {0}")]
    BadInput(String),
    /// A rule or a person said no.
    #[error("not allowed: {0}")]
    Denied(String),
    /// It was tried and failed.
    #[error("{0}")]
    Failed(String),
    /// The run was stopped.
    #[error("cancelled")]
    Cancelled,
}
