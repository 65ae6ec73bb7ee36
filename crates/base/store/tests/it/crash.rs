//! The store in memory keeps at a crash what the real one keeps.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use proptest::prelude::*;
use store::{Store, StoreError};

use crate::{NOTES, clock, folder, insert, notes, open};

/// Polls a future a few times, as a scheduler that stops the machine in between.
fn poll_times<F: Future>(future: std::pin::Pin<&mut F>, times: usize) -> Option<F::Output> {
    let mut future = future;
    let mut cx = Context::from_waker(Waker::noop());
    for _ in 0..times {
        if let Poll::Ready(output) = future.as_mut().poll(&mut cx) {
            return Some(output);
        }
    }
    None
}

proptest! {
    #[test]
    fn a_write_that_was_told_survives_and_one_that_never_ran_leaves_nothing(polls in 0..4_usize, seed: u64) {
        let store = Store::memory(NOTES, clock()).unwrap();
        let mut write = pin!(insert(&store, "a"));
        let told = poll_times(write.as_mut(), polls);
        let after = store.crash(seed, NOTES).unwrap();
        let found = notes(&after);
        match (told.is_some(), polls) {
            (true, _) => prop_assert_eq!(&found, &["a"]),
            (false, 0) => prop_assert!(found.is_empty()),
            (false, _) => prop_assert!(found.len() <= 1),
        }
        // The dead process gets no answer and can write nothing more.
        if told.is_none() && polls > 0 {
            let answer = poll_times(write.as_mut(), 3).unwrap();
            prop_assert!(answer == Err(StoreError::Closed) || found == ["a"]);
        }
        prop_assert_eq!(notes(&after), found);
        prop_assert!(store.fence() < after.fence());
    }
}

#[test]
fn both_outcomes_of_a_crash_before_the_commit_are_reached() {
    let outcomes: Vec<usize> = (0..20)
        .map(|seed| {
            let store = Store::memory(NOTES, clock()).unwrap();
            let mut write = pin!(insert(&store, "a"));
            assert!(poll_times(write.as_mut(), 1).is_none());
            notes(&store.crash(seed, NOTES).unwrap()).len()
        })
        .collect();
    assert!(outcomes.contains(&0) && outcomes.contains(&1), "{outcomes:?}");
}

#[test]
fn queued_writes_are_committed_together_in_their_order() {
    let store = Store::memory(NOTES, clock()).unwrap();
    let (mut one, mut two) = (pin!(insert(&store, "a")), pin!(insert(&store, "b")));
    poll_times(one.as_mut(), 1);
    poll_times(two.as_mut(), 1);
    poll_times(two.as_mut(), 1);
    assert_eq!(notes(&store), ["a", "b"]);
    assert_eq!((poll_times(one, 3), poll_times(two, 3)), (Some(Ok(1)), Some(Ok(1))));
}

#[test]
fn a_planted_fault_reaches_every_caller_and_changes_nothing() {
    let store = Store::memory(NOTES, clock()).unwrap();
    store.fail_commits(Some(StoreError::DiskFull));
    assert_eq!(poll_times(pin!(insert(&store, "a")), 5), Some(Err(StoreError::DiskFull)));
    store.fail_commits(None);
    assert!(notes(&store).is_empty());
}

#[test]
fn a_fork_goes_its_own_way() {
    let store = Store::memory(NOTES, clock()).unwrap();
    store.write_blocking(|tx| tx.execute("INSERT INTO notes (text) VALUES ('both')", [])).unwrap();
    let fork = store.fork(clock()).unwrap();
    fork.write_blocking(|tx| tx.execute("INSERT INTO notes (text) VALUES ('fork')", [])).unwrap();
    assert_eq!((notes(&store).len(), notes(&fork).len()), (1, 2));
}

#[derive(Debug, Clone)]
enum Step {
    /// Transactions queued together: each inserts a text, and some give up afterwards.
    Group(Vec<(String, bool)>),
    Reopen,
}

fn step() -> impl Strategy<Value = Step> {
    let write = ("[a-e]{1,2}", prop::bool::weighted(0.8));
    prop_oneof![4 => prop::collection::vec(write, 1..5).prop_map(Step::Group), 1 => Just(Step::Reopen)]
}

async fn play(mut store: Store, steps: &[Step], reopen: impl Fn(Store) -> Store) -> Vec<String> {
    let mut seen = Vec::new();
    for step in steps {
        match step {
            Step::Group(writes) => {
                let write = |(text, keep): &(String, bool)| {
                    let (text, keep) = (text.clone(), *keep);
                    store.write(move |tx| {
                        tx.execute("INSERT INTO notes (text) VALUES (?1)", [&text])?;
                        tx.fact("cause", "noted", &text)?;
                        if keep { Ok(tx.last_id()) } else { Err(StoreError::abandoned("gave up")) }
                    })
                };
                let results = futures_util::future::join_all(writes.iter().map(write)).await;
                seen.extend(results.iter().map(|result| format!("{result:?}")));
            }
            Step::Reopen => store = reopen(store),
        }
    }
    seen.extend(notes(&store));
    let facts = store.read(|view| view.query("SELECT body FROM facts ORDER BY id", [], |row| row.get(0)));
    seen.extend(facts.await.unwrap());
    seen
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn the_store_in_memory_answers_like_the_one_on_disk(steps in prop::collection::vec(step(), 0..12)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let folder = folder();
        let on_disk = runtime.block_on(play(open(&folder), &steps, |store| {
            store.close_blocking();
            open(&folder)
        }));
        let memory = Store::memory(NOTES, clock()).unwrap();
        let in_memory = runtime.block_on(play(memory, &steps, |store| store.crash(0, NOTES).unwrap()));
        prop_assert_eq!(on_disk, in_memory);
    }
}
