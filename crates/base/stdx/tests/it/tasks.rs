//! Tasks end with their owner, and a panic is a value.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use stdx::{CancellationToken, Full, OwnedTask, OwnedTasks, TaskEnd};

struct SetOnDrop(Arc<AtomicBool>);

impl Drop for SetOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

#[tokio::test]
async fn a_dropped_task_is_cancelled_and_its_future_goes_away() {
    let root = CancellationToken::new();
    let gone = Arc::new(AtomicBool::new(false));
    let guard = SetOnDrop(Arc::clone(&gone));
    let task = OwnedTask::spawn(&root, |_| async move {
        let _guard = guard;
        std::future::pending::<()>().await;
    });
    tokio::task::yield_now().await;
    drop(task);
    while !gone.load(Ordering::SeqCst) {
        tokio::task::yield_now().await;
    }
    assert!(!root.is_cancelled());
}

#[tokio::test]
async fn stop_lets_a_task_say_its_last_word() {
    let task = OwnedTask::spawn(&CancellationToken::new(), |cancel| async move {
        cancel.cancelled().await;
        "saved"
    });
    assert_eq!(task.stop(Duration::from_secs(5)).await, TaskEnd::Done("saved"));
}

#[tokio::test(start_paused = true)]
async fn stop_aborts_a_task_that_does_not_listen() {
    let task = OwnedTask::spawn(&CancellationToken::new(), |_| std::future::pending::<()>());
    assert_eq!(task.stop(Duration::from_secs(5)).await, TaskEnd::Aborted);
}

#[tokio::test]
async fn a_panic_of_a_task_is_told_to_whoever_joins_it() {
    let task = OwnedTask::<()>::spawn(&CancellationToken::new(), |_| async { panic!("no such peer") });
    assert_eq!(task.join().await, TaskEnd::Panicked("no such peer".to_owned()));
}

#[tokio::test]
async fn a_full_set_refuses_and_has_room_again_after_a_panic() {
    let tasks = OwnedTasks::new("test", &CancellationToken::new(), 1);
    tasks.try_spawn(|_| async { panic!("once") }).unwrap();
    assert_eq!(tasks.try_spawn(|_| async {}), Err(Full));
    tasks.idle().await;
    assert_eq!(tasks.try_spawn(|_| async {}), Ok(()));
}

#[tokio::test(start_paused = true)]
async fn a_stopped_set_ends_within_its_grace() {
    let tasks = OwnedTasks::new("test", &CancellationToken::new(), 4);
    tasks.spawn(|cancel| async move { cancel.cancelled().await }).await;
    tasks.spawn(|_| std::future::pending()).await;
    tasks.stop(Duration::from_secs(1)).await;
    tasks.idle().await;
    assert_eq!(tasks.running(), 0);
}
