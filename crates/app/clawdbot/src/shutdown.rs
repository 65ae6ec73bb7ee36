//! The end, in order: accept nobody, tell everyone, let runs finish, flush what is written, close.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use gateway::Gateway;
use stdx::CancellationToken;
use store::Store;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

use crate::wire::House;

/// How long connections may take to hear the goodbye.
const SOCKETS: Duration = Duration::from_secs(1);
/// When a restart follows, clients are told to come back after this.
const BACK_AFTER: Duration = Duration::from_millis(1_500);

/// What comes after.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Stop,
    Restart,
}

/// Everything that stands.
#[derive(Debug)]
pub(crate) struct Standing {
    pub(crate) gateway: Arc<Gateway>,
    pub(crate) house: Arc<House>,
    pub(crate) store: Store,
    pub(crate) cancel: CancellationToken,
}

/// The signals that end a gateway, heard from the moment this exists.
#[derive(Debug)]
pub(crate) struct Signals {
    terminate: Signal,
    interrupt: Signal,
    again: Signal,
    /// Heard so that a write beyond the allowed file size fails like one on a full disk, instead of ending the process.
    _too_large: Signal,
}

impl Signals {
    /// Must come before anybody is told that the gateway is up.
    pub(crate) fn listen() -> Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            again: signal(SignalKind::user_defined1())?,
            _too_large: signal(SignalKind::from_raw(rustix::process::Signal::XFSZ.as_raw()))?,
        })
    }

    /// Waits for a signal, or for a change that needs a new start.
    pub(crate) async fn wait(mut self, mut restart: watch::Receiver<bool>) -> End {
        tokio::select! {
            _ = self.terminate.recv() => End::Stop,
            _ = self.interrupt.recv() => End::Stop,
            _ = self.again.recv() => End::Restart,
            changed = restart.wait_for(|wanted| *wanted) => if changed.is_ok() { End::Restart } else { End::Stop },
        }
    }
}

/// Ends everything. A second signal ends the process at once.
pub(crate) async fn stop(standing: Standing, end: End) {
    tracing::info!(target: "gateway", "stopping");
    tokio::select! {
        () = in_order(standing, end) => {}
        () = second_signal() => {
            tracing::warn!(target: "gateway", "a second signal: leaving at once");
            leave();
        }
    }
}

async fn in_order(standing: Standing, end: End) {
    let Standing { gateway, house, store, cancel } = standing;
    let (reason, back_after) = match end {
        End::Stop => ("gateway stopping", None),
        End::Restart => ("gateway restarting", Some(BACK_AFTER)),
    };
    gateway.announce_shutdown(reason, back_after);
    house.rest().await;
    gateway.close_all(SOCKETS).await;
    cancel.cancel();
    store.close_blocking();
}

async fn second_signal() {
    let (Ok(mut terminate), Ok(mut interrupt)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}

#[expect(clippy::disallowed_methods, reason = "the person asked twice: nothing may be waited for")]
fn leave() {
    std::process::exit(130);
}
