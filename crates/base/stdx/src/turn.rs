//! Giving way to the tasks that are ready now.

use std::future::poll_fn;
use std::task::Poll;

/// Goes to the end of the line of ready tasks, once.
///
/// Tokio's own `yield_now` asks the operating system for news first, which costs more than most of what one gives way
/// to.
pub async fn give_way() {
    let mut has_waited = false;
    poll_fn(|cx| {
        if has_waited {
            return Poll::Ready(());
        }
        has_waited = true;
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::give_way;

    #[tokio::test]
    async fn what_was_ready_runs_before_the_one_who_gives_way() {
        let ran = Cell::new(0);
        let other = async { ran.set(ran.get() + 1) };
        let gives_way = async {
            assert_eq!(ran.get(), 0);
            give_way().await;
            assert_eq!(ran.get(), 1);
        };
        futures_util::future::join(gives_way, other).await;
    }
}
