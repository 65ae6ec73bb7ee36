//! Calls to the bot: one update after the other, again and again until it says 200.

use std::sync::Arc;
use std::time::Duration;

use net::{Egress, Http, HttpConfig, Request};
use stdx::{Backoff, OsEntropy, OwnedTask};
use tokio_util::sync::CancellationToken;

use super::world::{Hook, Shared};

/// The real one waits longer; tests need not.
const FIRST_WAIT: Duration = Duration::from_millis(50);
const LONGEST_WAIT: Duration = Duration::from_secs(1);
/// Looks this often whether its vendor still exists.
const SLICE: Duration = Duration::from_secs(1);

pub(super) fn start(shared: &Arc<Shared>, hook: Hook) -> OwnedTask {
    // The world owns the task, so the task must not own the world.
    let shared = Arc::downgrade(shared);
    OwnedTask::spawn(&CancellationToken::new(), |_| async move {
        let http = Http::new(HttpConfig::default());
        let mut backoff = Backoff::new(FIRST_WAIT, LONGEST_WAIT);
        while let Some(shared) = shared.upgrade() {
            let next = shared
                .wait_for(SLICE, |world| {
                    let repeat = (!world.repeats.is_empty()).then(|| world.repeats.remove(0));
                    repeat
                        .map(|update| (None, update))
                        .or_else(|| world.updates.front().map(|(number, update)| (Some(*number), update.clone())))
                })
                .await;
            let Some((number, update)) = next else { continue };
            let mut request = Request::post(Egress::Configured, &hook.url).json(&update);
            if let Some(secret) = &hook.secret {
                request = request.header("X-Telegram-Bot-Api-Secret-Token", secret);
            }
            let status = http.send(request).await.map_or(0, |response| response.status());
            let is_taken = (200..300).contains(&status);
            shared.change(|world| {
                world.hook_answers.push(status);
                if is_taken && let Some(number) = number {
                    world.updates.retain(|(waiting, _)| *waiting != number);
                }
            });
            if is_taken {
                backoff.reset();
            } else {
                tokio::time::sleep(backoff.next_wait(&OsEntropy)).await;
            }
        }
    })
}
