//! What waits to be sent to one client, bounded in bytes.
//!
//! A reader that falls behind loses what may be lost and is closed over anything else; nobody ever waits for it.

use std::{
    collections::VecDeque,
    task::{Context, Poll, Waker},
};

use parking_lot::Mutex;
use protocol::Delivery;

use crate::ws::Wire;

/// A connection with more than this waiting takes nothing more.
pub(crate) const OUTBOX_BYTES: usize = 1_572_864;

/// Close reasons are cut to this.
pub(crate) const REASON_BYTES: usize = 120;

/// What became of something that was put in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Put {
    Queued,
    Skipped,
    /// This one made the connection a slow consumer: it is being closed.
    Overflowed,
    /// The connection is closing.
    Closed,
}

/// One connection's outbox: filled by many, emptied by the connection's task.
#[derive(Debug, Default)]
pub(crate) struct Outbox(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    frames: VecDeque<Wire>,
    /// Bytes of the first frame that left already.
    sent: usize,
    bytes: usize,
    is_closing: bool,
    waker: Option<Waker>,
}

impl Outbox {
    pub(crate) fn put(&self, wire: Wire, delivery: Delivery) -> Put {
        let mut state = self.0.lock();
        if state.is_closing {
            return Put::Closed;
        }
        if state.bytes > OUTBOX_BYTES {
            return match delivery {
                Delivery::Droppable => Put::Skipped,
                Delivery::Keep => {
                    state.close(Wire::close(Some(1008), "slow consumer", REASON_BYTES));
                    Put::Overflowed
                }
            };
        }
        state.push(wire);
        Put::Queued
    }

    /// Queues what the client asked for, however much waits: a connection whose outbox is full is not read from, so
    /// only calls in flight can add to it.
    pub(crate) fn reply(&self, wire: Wire) {
        let mut state = self.0.lock();
        if !state.is_closing {
            state.push(wire);
        }
    }

    pub(crate) fn is_full(&self) -> bool {
        self.0.lock().bytes > OUTBOX_BYTES
    }

    /// Says goodbye behind what waits. Only the first goodbye counts.
    pub(crate) fn close(&self, code: Option<u16>, reason: &str) {
        let mut state = self.0.lock();
        if !state.is_closing {
            state.push(Wire::close(code, reason, REASON_BYTES));
            state.is_closing = true;
        }
    }

    pub(crate) fn is_closing(&self) -> bool {
        self.0.lock().is_closing
    }

    /// The next frames and how many bytes of the first to leave out; `None` when the goodbye was sent.
    pub(crate) fn poll_batch(&self, most: usize, cx: &mut Context<'_>) -> Poll<Option<(Vec<Wire>, usize)>> {
        let mut state = self.0.lock();
        if !state.frames.is_empty() {
            return Poll::Ready(Some((state.frames.iter().take(most).cloned().collect(), state.sent)));
        }
        if state.is_closing {
            return Poll::Ready(None);
        }
        if !state.waker.as_ref().is_some_and(|waker| waker.will_wake(cx.waker())) {
            state.waker = Some(cx.waker().clone());
        }
        Poll::Pending
    }

    /// So many bytes left.
    pub(crate) fn written(&self, count: usize) {
        let mut state = self.0.lock();
        state.sent += count;
        while let Some(len) = state.frames.front().map(Wire::len).filter(|len| *len <= state.sent) {
            state.frames.pop_front();
            state.sent -= len;
            state.bytes = state.bytes.saturating_sub(len);
        }
        if state.frames.is_empty() {
            // An idle connection keeps nothing.
            state.frames = VecDeque::new();
        }
    }
}

impl State {
    fn push(&mut self, wire: Wire) {
        self.bytes += wire.len();
        self.frames.push_back(wire);
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }

    /// Drops what waits, but for a frame that left in part, and says goodbye.
    fn close(&mut self, goodbye: Wire) {
        self.frames.truncate(usize::from(self.sent > 0));
        self.push(goodbye);
        self.is_closing = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn big() -> Wire {
        Wire::text(vec![b'x'; OUTBOX_BYTES])
    }

    fn waiting(outbox: &Outbox) -> usize {
        match outbox.poll_batch(100, &mut Context::from_waker(Waker::noop())) {
            Poll::Ready(Some((frames, _))) => frames.len(),
            _ => 0,
        }
    }

    #[test]
    fn a_full_outbox_skips_what_may_be_lost() {
        let outbox = Outbox::default();
        assert_eq!(outbox.put(big(), Delivery::Keep), Put::Queued);
        assert_eq!(outbox.put(Wire::text("a"), Delivery::Droppable), Put::Skipped);
        assert_eq!(waiting(&outbox), 1);
    }

    #[test]
    fn a_full_outbox_that_may_lose_nothing_more_says_goodbye() {
        let outbox = Outbox::default();
        outbox.put(big(), Delivery::Keep);
        outbox.put(Wire::text("b"), Delivery::Droppable);
        assert_eq!(outbox.put(Wire::text("a"), Delivery::Keep), Put::Overflowed);
        assert_eq!(outbox.put(Wire::text("a"), Delivery::Keep), Put::Closed);
        assert_eq!(waiting(&outbox), 1, "only the goodbye is left");
    }

    #[test]
    fn a_frame_that_left_in_part_leaves_whole_before_the_goodbye() {
        let outbox = Outbox::default();
        outbox.put(big(), Delivery::Keep);
        outbox.written(1);
        outbox.put(Wire::text("a"), Delivery::Keep);
        assert_eq!(waiting(&outbox), 2);
        outbox.written(big().len() - 1);
        assert_eq!(waiting(&outbox), 1);
    }

    #[test]
    fn an_answer_is_queued_even_when_the_outbox_is_full() {
        let outbox = Outbox::default();
        outbox.put(big(), Delivery::Keep);
        assert!(outbox.is_full());
        outbox.reply(Wire::text("a"));
        assert_eq!(waiting(&outbox), 2);
    }

    #[test]
    fn bytes_that_left_make_room_again() {
        let outbox = Outbox::default();
        outbox.put(big(), Delivery::Keep);
        outbox.written(big().len());
        assert_eq!(outbox.put(Wire::text("a"), Delivery::Keep), Put::Queued);
    }
}
