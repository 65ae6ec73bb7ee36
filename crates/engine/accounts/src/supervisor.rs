//! Connects an account, and again whenever its connection ends.

use std::sync::Arc;
use std::time::Duration;

use channel::{Account, ChannelError};
use stdx::{Backoff, CancellationToken, OwnedTask, TaskEnd};
use tokio::sync::watch;
use tracing::{error, info, warn};

use crate::accounts::Slot;
use crate::neighbours::Neighbours;
use crate::online::Online;
use crate::pump::{Dry, pump};

const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// Refused credentials are a person's business; only they, or a change of heart at the vendor, mend it.
const WAIT_AFTER_REFUSAL: Duration = Duration::from_secs(600);
/// Somebody else uses the account: two that fight for it would keep each other from it.
const WAIT_AFTER_CONFLICT: Duration = Duration::from_secs(5);
/// A connection that lived this long was a good one.
const GOOD: Duration = Duration::from_secs(60);

/// Runs until it is cancelled.
pub(crate) async fn supervise(
    slot: Arc<Slot>,
    neighbours: Neighbours,
    changes: watch::Sender<u64>,
    cancel: CancellationToken,
) {
    let mut backoff = Backoff::new(FIRST_WAIT, LONGEST_WAIT);
    {
        let mut facts = slot.facts.lock();
        facts.running = true;
        facts.last_start = Some(neighbours.clock.now_ms());
    }
    while !cancel.is_cancelled() {
        let began = neighbours.clock.now();
        let (taken, end) = guarded(&slot, &neighbours, &changes, &cancel).await;
        if end == Dry::Stopped {
            // What runs still say until the end finds its way.
            break;
        }
        slot.goes_offline(neighbours.clock.now());
        slot.facts.lock().lost(end.to_string());
        changes.send_modify(|count| *count += 1);
        if taken > 0 || neighbours.clock.now().saturating_duration_since(began) >= GOOD {
            backoff.reset();
        }
        let wait = wait_after(&end, backoff.next_wait(neighbours.entropy.as_ref()));
        match &end {
            Dry::Network(ChannelError::Auth(_)) => {
                warn!(channel = %slot.channel, account = %slot.id, error = %end, "the account cannot connect");
            }
            _ => {
                let wait_ms = wait.as_millis();
                info!(channel = %slot.channel, account = %slot.id, error = %end, wait_ms, "reconnecting");
            }
        }
        tokio::select! {
            () = cancel.cancelled() => break,
            () = tokio::time::sleep(wait) => {}
        }
    }
    slot.facts.lock().stopped(neighbours.clock.now_ms());
    changes.send_modify(|count| *count += 1);
}

/// One connection in a task of its own, so that an adapter that panics loses its connection and not its account.
async fn guarded(
    slot: &Arc<Slot>,
    neighbours: &Neighbours,
    changes: &watch::Sender<u64>,
    cancel: &CancellationToken,
) -> (u64, Dry) {
    let (slot, neighbours, changes) = (Arc::clone(slot), neighbours.clone(), changes.clone());
    let task =
        OwnedTask::spawn(cancel, |cancel| async move { connection(&slot, &neighbours, &changes, &cancel).await });
    match task.join().await {
        TaskEnd::Done(end) => end,
        TaskEnd::Panicked(panic) => {
            error!(panic, "the adapter panicked");
            (0, Dry::Network(ChannelError::Ended))
        }
        TaskEnd::Aborted => (0, Dry::Stopped),
    }
}

/// One connection, from its beginning to its end.
async fn connection(
    slot: &Slot,
    neighbours: &Neighbours,
    changes: &watch::Sender<u64>,
    cancel: &CancellationToken,
) -> (u64, Dry) {
    let account: Arc<dyn Account> = slot.account();
    let cx = slot.context(neighbours, cancel.child_token());
    let connected = tokio::select! {
        () = cancel.cancelled() => return (0, Dry::Stopped),
        connected = account.connect(cx) => connected,
    };
    let (online, listener, webhook) = match connected {
        Ok(connected) => Online::split(connected),
        Err(error) => return (0, Dry::Network(error)),
    };
    info!(channel = %slot.channel, account = %slot.id, name = online.profile.username, "connected");
    let _mounted = webhook.map(|webhook| neighbours.mounts.mount(webhook));
    slot.goes_online(online);
    slot.facts.lock().connected(neighbours.clock.now_ms());
    changes.send_modify(|count| *count += 1);
    pump(slot, neighbours, listener, cancel).await
}

fn wait_after(end: &Dry, usual: Duration) -> Duration {
    match end {
        Dry::Network(ChannelError::Auth(_)) => WAIT_AFTER_REFUSAL,
        Dry::Network(ChannelError::Conflict(_)) => usual.max(WAIT_AFTER_CONFLICT),
        Dry::Network(ChannelError::RateLimited { after: Some(after) }) => *after,
        Dry::Network(_) | Dry::Inbox(_) | Dry::Stopped => usual,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_follows_what_the_network_said() {
        let usual = Duration::from_secs(2);
        let wait = |error| wait_after(&Dry::Network(error), usual);
        assert_eq!(wait(ChannelError::Ended), usual);
        assert_eq!(wait(ChannelError::Conflict(String::new())), WAIT_AFTER_CONFLICT);
        let after = Some(Duration::from_secs(40));
        assert_eq!(wait(ChannelError::RateLimited { after }), Duration::from_secs(40));
        assert_eq!(wait(ChannelError::RateLimited { after: None }), usual);
        assert_eq!(wait(ChannelError::Auth(String::new())), WAIT_AFTER_REFUSAL);
    }
}
