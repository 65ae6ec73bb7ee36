//! A seed is a schedule: the same one, whenever and wherever it is run.

use simulation::{Bench, Fault};

#[test]
fn the_same_seed_gives_the_same_moments_in_the_same_order() {
    let (first, second) = (Bench::new(), Bench::new());
    for seed in 0..300 {
        let once = first.run(seed, None);
        let again = second.run(seed, None);
        assert_eq!((once.trace, once.moments, once.wrongs), (again.trace, again.moments, again.wrongs), "seed {seed}");
    }
}

#[test]
fn a_broken_schedule_breaks_in_the_same_way_when_it_is_run_again() {
    let bench = Bench::new();
    let mut broken = 0;
    for seed in 0..40 {
        let once = bench.run(seed, Some(Fault::ReplayedTwice));
        assert_eq!(once, bench.run(seed, Some(Fault::ReplayedTwice)));
        broken += usize::from(!once.wrongs.is_empty());
    }
    assert!(broken > 0);
}
