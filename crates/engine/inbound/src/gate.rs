//! Holds back what is new until what the last process left has been taken up.
//!
//! Clients reach the program before that: a row or a run of theirs must not be mistaken for one that a crash cut off.

use tokio::sync::watch;

/// Closed at first; opens once.
#[derive(Debug)]
pub(crate) struct Gate(watch::Sender<bool>);

impl Default for Gate {
    fn default() -> Self {
        Self(watch::Sender::new(false))
    }
}

impl Gate {
    pub(crate) fn open(&self) {
        self.0.send_replace(true);
    }

    /// Resolves when it is open.
    pub(crate) async fn passed(&self) {
        let mut state = self.0.subscribe();
        // The sender is here, so the wait cannot fail.
        let _open = state.wait_for(|is_open| *is_open).await;
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    #[test]
    fn nobody_passes_before_it_opens_and_everybody_afterwards() {
        let gate = Gate::default();
        let mut early = Box::pin(gate.passed());
        assert_eq!((&mut early).now_or_never(), None, "closed");
        gate.open();
        assert_eq!(early.now_or_never(), Some(()));
        assert_eq!(gate.passed().now_or_never(), Some(()));
    }
}
