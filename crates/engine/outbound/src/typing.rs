//! The typing indicator: shown while a run works for a conversation, gone with the run.

use std::{collections::HashMap, sync::Arc, time::Duration};

use channel::Activity;
use ids::RunId;
use parking_lot::Mutex;
use stdx::{CancellationToken, OwnedTask};
use tracing::debug;

use crate::{Place, pace::Leaving, way::Ways};

/// Longest time one run is shown as typing.
const MOST: Duration = Duration::from_secs(600);

/// Who is shown as typing.
#[derive(Debug)]
pub(crate) struct Typing {
    ways: Arc<Ways>,
    cancel: CancellationToken,
    shown: Mutex<HashMap<RunId, OwnedTask>>,
}

impl Typing {
    pub(crate) fn new(ways: Arc<Ways>, cancel: CancellationToken) -> Self {
        Self { ways, cancel, shown: Mutex::default() }
    }

    pub(crate) fn start(&self, run: &RunId, place: Place) {
        let every = self.ways.descriptor(&place.channel).map_or(0, |network| network.limits.typing_seconds);
        if every == 0 || self.shown.lock().contains_key(run) {
            return;
        }
        let every = Duration::from_secs(u64::from(every.saturating_sub(1).max(1)));
        let ways = Arc::clone(&self.ways);
        let task = OwnedTask::spawn(&self.cancel, |_| async move {
            let shown = async {
                loop {
                    show(&ways, &place).await;
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

/// Now or not at all: a network that has no room for it is not asked.
async fn show(ways: &Ways, place: &Place) {
    let Some(actions) = ways.outlet(place).and_then(|outlet| outlet.actions) else { return };
    let Ok(under_way) = ways.begin(place, Leaving::Sign) else { return };
    let shown = actions.show(&place.target, Activity::Typing).await;
    under_way.heard(&shown);
    if let Err(error) = shown {
        debug!(%error, "typing could not be shown");
    }
}
