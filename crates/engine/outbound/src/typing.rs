//! The typing indicator: shown while a run works for a conversation, gone with the run.

use std::{collections::HashMap, sync::Arc, time::Duration};

use channel::Activity;
use ids::RunId;
use parking_lot::Mutex;
use stdx::{CancellationToken, OwnedTask};
use tracing::debug;

use crate::{Outlets, Place};

/// Longest time one run is shown as typing.
const MOST: Duration = Duration::from_secs(600);

/// Who is shown as typing.
#[derive(Debug)]
pub(crate) struct Typing {
    outlets: Arc<dyn Outlets>,
    cancel: CancellationToken,
    shown: Mutex<HashMap<RunId, OwnedTask>>,
}

impl Typing {
    pub(crate) fn new(outlets: Arc<dyn Outlets>, cancel: CancellationToken) -> Self {
        Self { outlets, cancel, shown: Mutex::default() }
    }

    pub(crate) fn start(&self, run: &RunId, place: Place) {
        let every = self.outlets.descriptor(&place.channel).map_or(0, |network| network.limits.typing_seconds);
        if every == 0 || self.shown.lock().contains_key(run) {
            return;
        }
        let every = Duration::from_secs(u64::from(every.saturating_sub(1).max(1)));
        let outlets = Arc::clone(&self.outlets);
        let task = OwnedTask::spawn(&self.cancel, |_| async move {
            let shown = async {
                loop {
                    let outlet = outlets.outlet(&place.channel, &place.account);
                    if let Some(actions) = outlet.and_then(|outlet| outlet.actions)
                        && let Err(error) = actions.show(&place.target, Activity::Typing).await
                    {
                        debug!(%error, "typing could not be shown");
                    }
                    tokio::time::sleep(every).await;
                }
            };
            // A run that is forgotten stops looking alive by itself.
            tokio::time::timeout(MOST, shown).await.unwrap_or(());
        });
        self.shown.lock().insert(run.clone(), task);
    }

    pub(crate) fn stop(&self, run: &RunId) {
        let task = self.shown.lock().remove(run);
        drop(task);
    }
}
