//! The machine stops at any moment: what was told is there, in order, once, and every line parses.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use proptest::prelude::*;
use stdx::{CancellationToken, Disk as _};

use crate::house::{House, house, key, open, says, told, user};

#[derive(Debug, Clone)]
enum Step {
    Append(usize),
    Flush,
    Read,
    Wait(u64),
    Restart,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (1..4_usize).prop_map(Step::Append),
        1 => Just(Step::Flush),
        1 => Just(Step::Read),
        1 => (1..100_u64).prop_map(Step::Wait),
        1 => Just(Step::Restart),
    ]
}

/// Does the steps, and pushes each text once it was told that it is committed.
async fn live(
    house: House,
    steps: Vec<Step>,
    asked: &std::cell::RefCell<Vec<String>>,
    committed: &std::cell::Cell<usize>,
) {
    let mut sessions = house.sessions();
    sessions.start(&CancellationToken::new());
    let mut session = open(&sessions, "agent:main:main").await;
    for step in steps {
        match step {
            Step::Append(count) => {
                let texts: Vec<String> = (0..count).map(|at| format!("n{}", asked.borrow().len() + at)).collect();
                asked.borrow_mut().extend(texts.clone());
                let entries =
                    texts.iter().enumerate().map(|(at, text)| if at % 2 == 0 { user(text) } else { says(text) });
                session.append(entries.collect()).await.unwrap();
                committed.set(asked.borrow().len());
            }
            Step::Flush => session.flush().await.unwrap(),
            Step::Read => drop(told(&session).await),
            Step::Wait(seconds) => {
                for _ in 0..seconds {
                    tokio::time::advance(std::time::Duration::from_secs(1)).await;
                    tokio::task::yield_now().await;
                }
            }
            Step::Restart => {
                drop(session);
                sessions.stop().await;
                sessions = House { seed: house.seed + 1_000 + asked.borrow().len() as u64, ..house.clone() }.sessions();
                sessions.start(&CancellationToken::new());
                session = open(&sessions, "agent:main:main").await;
            }
        }
    }
    std::future::pending::<()>().await;
}

fn texts(told: &[String]) -> Vec<String> {
    told.iter().map(|line| line.split_once(": ").unwrap().1.to_owned()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn what_was_told_survives_a_crash_in_order_and_once(
        steps in prop::collection::vec(step(), 1..12), polls in 1..120_usize, seed: u64,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        let (asked, committed) = (std::cell::RefCell::new(Vec::new()), std::cell::Cell::new(0));
        let house = house();
        runtime.block_on(async {
            let mut life = pin!(live(house.clone(), steps, &asked, &committed));
            for _ in 0..polls {
                let mut cx = Context::from_waker(Waker::noop());
                prop_assert!(matches!(life.as_mut().poll(&mut cx), Poll::Pending));
                tokio::task::yield_now().await;
            }
            Ok(())
        })?;
        let (asked, committed) = (asked.into_inner(), committed.get());
        let mut after = house.crash(seed);
        drop(runtime);
        // Twice, because the second start must find the same as the first.
        for round in 0..2 {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
            let found = runtime.block_on(async {
                let sessions = after.sessions();
                sessions.start(&CancellationToken::new());
                let session = open(&sessions, "agent:main:main").await;
                session.append(vec![user(&format!("after {round}"))]).await.unwrap();
                session.flush().await.unwrap();
                let lines = after.text(session.path());
                for line in lines.lines() {
                    serde_json::from_str::<serde_json::Value>(line).unwrap();
                }
                texts(&told(&session).await)
            });
            let old: Vec<_> = found.iter().filter(|text| text.starts_with('n')).cloned().collect();
            prop_assert!(old.len() >= committed && asked.starts_with(&old), "{asked:?} {committed} {old:?}");
            prop_assert_eq!(found.iter().filter(|text| text.starts_with("after")).count(), round + 1);
            after = after.crash(seed ^ 1);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn entries_that_were_committed_before_a_kill_reach_the_file_without_anybody_opening_the_session() {
    let house = house();
    let file = {
        // Without its tasks nothing writes the file, as if the process had died right after the commit.
        let sessions = house.sessions();
        let session = open(&sessions, "agent:main:main").await;
        session.append(vec![user("a"), says("b")]).await.unwrap();
        session.path().clone()
    };
    assert!(house.disk.stat(&file).is_err());
    let after = house.crash(1);
    let sessions = after.with_threads();
    sessions.start(&CancellationToken::new());
    sessions.find(&key("agent:main:main")).await.unwrap().unwrap();
    assert_eq!(after.lines(&file).len(), 3, "who asks first after the start reads all of it");
    while after.count("pending_entries") > 0 {
        tokio::task::yield_now().await;
    }
    let session = sessions.existing(&key("agent:main:main")).await.unwrap().unwrap().0;
    assert_eq!(told(&session).await, ["user: a", "assistant: b"]);
}
