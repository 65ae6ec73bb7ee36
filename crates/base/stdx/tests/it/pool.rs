//! Blocking work runs beside the runtime, in bounds.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::future::join_all;
use stdx::{Pool, PoolError};

#[tokio::test]
async fn no_more_work_runs_at_once_than_there_are_threads() {
    let pool = Pool::new("test", 2, 4);
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let work = (0..50).map(|number| {
        let (now, most) = (Arc::clone(&now), Arc::clone(&most));
        pool.run(move || {
            most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            std::thread::yield_now();
            now.fetch_sub(1, Ordering::SeqCst);
            number
        })
    });
    let results: Vec<i32> = join_all(work).await.into_iter().map(Result::unwrap).collect();
    assert_eq!(results, (0..50).collect::<Vec<_>>());
    assert!(most.load(Ordering::SeqCst) <= 2);
}

#[tokio::test]
async fn a_panic_in_the_pool_costs_only_its_caller() {
    let pool = Pool::new("test", 1, 1);
    let failed = pool.run(|| -> u8 { panic!("bad picture") }).await;
    assert_eq!(failed, Err(PoolError::Panicked("bad picture".to_owned())));
    assert_eq!(pool.run(|| 7).await, Ok(7));
}
