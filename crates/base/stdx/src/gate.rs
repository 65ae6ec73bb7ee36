//! Holds back what comes until something else has been done. Who came first passes first, in every run alike.

use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Notify;

/// Closed or open.
#[derive(Debug)]
pub struct Gate {
    is_open: AtomicBool,
    opened: Notify,
}

impl Gate {
    #[must_use]
    pub fn closed() -> Self {
        Self { is_open: AtomicBool::new(false), opened: Notify::new() }
    }

    #[must_use]
    pub fn opened() -> Self {
        Self { is_open: AtomicBool::new(true), opened: Notify::new() }
    }

    pub fn open(&self) {
        self.is_open.store(true, Ordering::SeqCst);
        self.opened.notify_waiters();
    }

    pub fn close(&self) {
        self.is_open.store(false, Ordering::SeqCst);
    }

    /// Resolves when it is open.
    pub async fn passed(&self) {
        loop {
            let mut opened = pin!(self.opened.notified());
            // In line before the look, so that no opening is missed.
            opened.as_mut().enable();
            if self.is_open.load(Ordering::SeqCst) {
                return;
            }
            opened.await;
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    #[test]
    fn nobody_passes_before_it_opens_and_everybody_afterwards() {
        let gate = Gate::closed();
        let mut early = Box::pin(gate.passed());
        assert_eq!((&mut early).now_or_never(), None, "closed");
        gate.open();
        assert_eq!(early.now_or_never(), Some(()));
        assert_eq!(gate.passed().now_or_never(), Some(()));
    }

    #[tokio::test]
    async fn who_came_first_passes_first() {
        let (gate, order) = (Gate::closed(), parking_lot::Mutex::new(Vec::new()));
        let pass = async |number: usize| {
            gate.passed().await;
            order.lock().push(number);
        };
        let open = async { gate.open() };
        futures_util::future::join(futures_util::future::join_all((0..20).map(pass)), open).await;
        assert_eq!(*order.lock(), (0..20).collect::<Vec<_>>());
    }
}
