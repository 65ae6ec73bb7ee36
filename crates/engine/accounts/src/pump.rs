//! From the network into the inbox: one batch at a time.

use channel::{ChannelError, Inbound, Listener};
use stdx::CancellationToken;

use crate::{Arrived, accounts::Slot, neighbours::Neighbours};

/// Why no more comes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Dry {
    /// We were asked to stop.
    #[error("stopped")]
    Stopped,
    #[error(transparent)]
    Network(ChannelError),
    /// The inbox did not take a batch: the network must not be told that it arrived.
    #[error(transparent)]
    Inbox(crate::NotAccepted),
}

/// Runs until nothing more comes. Counts the batches that were taken.
pub(crate) async fn pump(
    slot: &Slot,
    neighbours: &Neighbours,
    mut listener: Box<dyn Listener>,
    cancel: &CancellationToken,
) -> (u64, Dry) {
    let mut taken = 0;
    loop {
        let batch = tokio::select! {
            () = cancel.cancelled() => return (taken, Dry::Stopped),
            batch = listener.next() => batch,
        };
        let batch = match batch {
            Ok(batch) => batch,
            Err(error) => return (taken, Dry::Network(error)),
        };
        let now = neighbours.clock.now_ms();
        slot.facts.lock().last_inbound = Some(now);
        if let Err(error) = neighbours.inbox.accept(arrived(slot, batch)).await {
            return (taken, Dry::Inbox(error));
        }
        taken += 1;
    }
}

fn arrived(slot: &Slot, batch: Vec<Inbound>) -> Vec<Arrived> {
    let with_account = |inbound| Arrived { channel: slot.channel.clone(), account: slot.id.clone(), inbound };
    batch.into_iter().map(with_account).collect()
}
