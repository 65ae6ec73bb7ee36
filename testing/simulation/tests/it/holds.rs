//! What the shipped engines promise, in every schedule.

use simulation::sweep;

/// Schedules of the test command.
const SCHEDULES: u64 = 10_000;

#[test]
fn every_invariant_holds_in_ten_thousand_schedules_with_crashes() {
    let found = sweep(0, SCHEDULES, None, false);
    let told: Vec<String> =
        found.broken.iter().take(5).map(|report| format!("seed {}: {:#?}", report.seed, report.wrongs)).collect();
    assert!(found.broken.is_empty(), "{} broken: {}", found.broken.len(), told.join("\n"));
    assert_eq!(found.schedules, SCHEDULES);
    assert!(found.fewest >= 30, "a schedule had only {} steps", found.fewest);
}
