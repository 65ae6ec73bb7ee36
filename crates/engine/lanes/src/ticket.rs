//! A place in a session's line, taken before its turn is ready.

use tokio::sync::oneshot;

use crate::{QueueSettings, Turn};

/// What a ticket is redeemed for.
#[derive(Debug)]
pub(crate) struct Filled {
    pub(crate) turn: Box<Turn>,
    pub(crate) settings: QueueSettings,
}

/// A place in the line. Dropping it gives the place up.
#[derive(Debug)]
#[must_use = "a ticket that is dropped gives its place up"]
pub struct Ticket {
    pub(crate) fill: oneshot::Sender<Filled>,
}

impl Ticket {
    /// The turn is ready and takes this place. Never waits.
    pub fn redeem(self, turn: Turn, settings: QueueSettings) {
        // The table is gone only when the gateway stops; the journal then answers after the next start.
        let _unredeemed = self.fill.send(Filled { turn: Box::new(turn), settings });
    }
}
