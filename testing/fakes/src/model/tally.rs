//! What happened so far, and waiting for it to happen.

use std::collections::VecDeque;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::{Semaphore, watch};

use super::seen::Seen;

#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Counts {
    pub(crate) arrived: usize,
    pub(crate) stalled: usize,
    pub(crate) finished: usize,
    pub(crate) abandoned: usize,
    pub(crate) connections: usize,
}

#[derive(Debug)]
pub(crate) struct Tally {
    counts: watch::Sender<Counts>,
    kept: Mutex<Kept>,
    released: Semaphore,
}

#[derive(Debug)]
struct Kept {
    requests: VecDeque<Arc<Seen>>,
    most: usize,
}

impl Default for Tally {
    fn default() -> Self {
        let kept = Kept { requests: VecDeque::new(), most: usize::MAX };
        Self { counts: watch::Sender::default(), kept: Mutex::new(kept), released: Semaphore::new(0) }
    }
}

impl Tally {
    pub(crate) fn remember(&self, count: usize) {
        self.kept.lock().most = count;
    }

    /// Numbers the request and keeps it.
    pub(crate) fn arrived(&self, build: impl FnOnce(usize) -> Seen) -> Arc<Seen> {
        let mut kept = self.kept.lock();
        let number = self.counts.borrow().arrived + 1;
        let seen = Arc::new(build(number));
        kept.requests.push_back(Arc::clone(&seen));
        while kept.requests.len() > kept.most {
            kept.requests.pop_front();
        }
        self.count(|counts| counts.arrived = number);
        seen
    }

    pub(crate) fn count(&self, change: impl FnOnce(&mut Counts)) {
        self.counts.send_modify(change);
    }

    pub(crate) fn connections(&self) -> usize {
        self.counts.borrow().connections
    }

    pub(crate) fn requests(&self) -> Vec<Arc<Seen>> {
        self.kept.lock().requests.iter().cloned().collect()
    }

    pub(crate) async fn request(&self, number: usize) -> Arc<Seen> {
        self.wait(|counts| counts.arrived >= number).await;
        let kept = self.kept.lock();
        let wanted = kept.requests.iter().find(|seen| seen.number == number);
        #[expect(clippy::expect_used, reason = "a test asked for what it told the fake to forget")]
        let seen = wanted.expect("the request is no longer remembered");
        Arc::clone(seen)
    }

    pub(crate) async fn wait(&self, until: impl Fn(&Counts) -> bool) {
        let mut counts = self.counts.subscribe();
        // The sender lives in `self`, so the wait cannot fail.
        let _happened = counts.wait_for(until).await;
    }

    pub(crate) fn release(&self) {
        self.released.add_permits(1);
    }

    pub(crate) async fn stall(&self) {
        self.count(|counts| counts.stalled += 1);
        if let Ok(permit) = self.released.acquire().await {
            permit.forget();
        }
    }
}
