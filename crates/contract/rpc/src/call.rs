//! One call in flight.

use std::sync::Arc;

use parking_lot::Mutex;
use serde::Serialize;
use serde_json::value::RawValue;
use tokio_util::sync::CancellationToken;

use crate::Caller;

/// Takes an interim reply to the client.
pub type Accept = Box<dyn FnOnce(Box<RawValue>) + Send>;

/// What a handler knows of its call besides its params.
#[derive(Clone)]
pub struct Call {
    pub caller: Arc<Caller>,
    /// Ends when the connection does. Long work belongs to an engine and outlives it.
    pub cancel: CancellationToken,
    accept: Arc<Mutex<Option<Accept>>>,
}

impl Call {
    #[must_use]
    pub fn new(caller: Arc<Caller>, cancel: CancellationToken, accept: Accept) -> Self {
        Self { caller, cancel, accept: Arc::new(Mutex::new(Some(accept))) }
    }

    /// Sends the interim reply of a method that answers twice. Only the first call of this does anything.
    pub fn accepted(&self, payload: &impl Serialize) {
        let accept = self.accept.lock().take();
        if let (Some(accept), Ok(raw)) = (accept, serde_json::value::to_raw_value(payload)) {
            accept(raw);
        }
    }
}

impl std::fmt::Debug for Call {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Call").field("caller", &self.caller).finish_non_exhaustive()
    }
}
