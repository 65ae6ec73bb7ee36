//! Why something could not be taken in.

use lanes::LaneError;
use sessions::SessionsError;
use store::StoreError;

/// What the caller can do now.
#[derive(Debug, thiserror::Error)]
pub enum InboundError {
    /// The request is wrong as it stands; the text is the client's.
    #[error("{0}")]
    Invalid(String),
    /// Nothing was kept: try again.
    #[error("the inbox cannot be written: {0}")]
    Store(#[from] StoreError),
    #[error(transparent)]
    Sessions(#[from] SessionsError),
    #[error(transparent)]
    Lanes(#[from] LaneError),
}
