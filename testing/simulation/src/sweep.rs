//! Many schedules on all cores, told in the order of their seeds.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use crate::fault::Fault;
use crate::schedule::{Bench, Report};

/// What a sweep found.
#[derive(Debug, Default)]
pub struct Found {
    /// Schedules that were run.
    pub schedules: u64,
    pub moments: u64,
    /// Fewest moments in one schedule.
    pub fewest: u64,
    /// Schedules in which an invariant did not hold, by seed.
    pub broken: Vec<Report>,
    pub took: Duration,
}

/// Runs `count` schedules from a seed on. Stops at the first broken one when `until_first`; that one then has the
/// lowest seed of all broken ones.
#[must_use]
pub fn sweep(from: u64, count: u64, fault: Option<Fault>, until_first: bool) -> Found {
    let threads = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let (next, is_done) = (AtomicU64::new(from), AtomicBool::new(false));
    let all = Mutex::new(Found { fewest: u64::MAX, ..Found::default() });
    let began = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let bench = Bench::new();
                // A schedule that began before the first broken one was found is finished: its seed is lower.
                while !is_done.load(Ordering::SeqCst) {
                    let seed = next.fetch_add(1, Ordering::SeqCst);
                    if seed >= from.saturating_add(count) {
                        return;
                    }
                    let report = bench.run(seed, fault);
                    let mut all = all.lock();
                    all.schedules += 1;
                    all.moments += report.moments;
                    all.fewest = all.fewest.min(report.moments);
                    if !report.wrongs.is_empty() {
                        is_done.fetch_or(until_first, Ordering::SeqCst);
                        all.broken.push(report);
                    }
                }
            });
        }
    });
    let mut found = all.into_inner();
    found.broken.sort_by_key(|report| report.seed);
    found.took = began.elapsed();
    found
}
