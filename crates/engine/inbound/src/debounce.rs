//! Merges quick messages of one sender into one turn, and the parts of an album or of a cut text. Pure.
//!
//! Text only, besides albums: media and commands go straight through, because people expect them to act at once.
//! Never reorders messages of one sender.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use channel::MergeKey;
use ids::{AccountId, ChannelKind, PeerId, SenderId, ThreadId};

/// Messages held for one sender before they flush.
pub(crate) const BUFFER_CAPACITY: usize = 20;
/// The pictures of one album follow each other closely.
const ALBUM: Duration = Duration::from_millis(500);
/// An app sends the next piece of a cut text a moment later.
const SPLIT_TEXT: Duration = Duration::from_millis(1500);

/// Whose messages are joined.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Voice {
    pub(crate) channel: ChannelKind,
    pub(crate) account: AccountId,
    pub(crate) peer: PeerId,
    pub(crate) thread: Option<ThreadId>,
    pub(crate) sender: SenderId,
}

/// How one message may be held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Hold {
    /// Straight through, behind what is held.
    No,
    /// With others that come within the time.
    Texts(Duration),
    Parts(MergeKey),
}

#[derive(Debug)]
struct Buffer<T> {
    held: Vec<T>,
    hold: Hold,
    until: Instant,
    /// Its place among all that were ever begun.
    number: u64,
}

/// What is held, for all senders.
#[derive(Debug)]
pub(crate) struct Debounce<T> {
    buffers: HashMap<Voice, Buffer<T>>,
    begun: u64,
}

impl<T> Default for Debounce<T> {
    fn default() -> Self {
        Self { buffers: HashMap::new(), begun: 0 }
    }
}

impl<T> Debounce<T> {
    /// Takes a message; gives the groups that are ready, in order.
    pub(crate) fn push(&mut self, voice: Voice, hold: Hold, item: T, now: Instant) -> Vec<Vec<T>> {
        let mut ready = Vec::new();
        let joins = self.buffers.get(&voice).is_some_and(|buffer| match (&buffer.hold, &hold) {
            (Hold::Texts(_), Hold::Texts(_)) => true,
            (Hold::Parts(a), Hold::Parts(b)) => a == b,
            _ => false,
        });
        if !joins && let Some(buffer) = self.buffers.remove(&voice) {
            ready.push(buffer.held);
        }
        let wait = match &hold {
            Hold::Texts(wait) if !wait.is_zero() => *wait,
            Hold::Parts(MergeKey::Album(_)) => ALBUM,
            Hold::Parts(MergeKey::SplitText(_)) => SPLIT_TEXT,
            Hold::No | Hold::Texts(_) => {
                ready.push(vec![item]);
                return ready;
            }
        };
        let until = now + wait;
        let number = self.begun;
        self.begun += 1;
        let buffer = self.buffers.entry(voice.clone()).or_insert(Buffer { held: Vec::new(), hold, until, number });
        buffer.held.push(item);
        buffer.until = until;
        if buffer.held.len() >= BUFFER_CAPACITY
            && let Some(buffer) = self.buffers.remove(&voice)
        {
            ready.push(buffer.held);
        }
        ready
    }

    /// Groups whose time has come; of those that come together, the one that was begun first.
    pub(crate) fn due(&mut self, now: Instant) -> Vec<Vec<T>> {
        let is_due = self.buffers.iter().filter(|(_, buffer)| buffer.until <= now);
        let mut due: Vec<_> = is_due.map(|(voice, b)| (b.until, b.number, voice.clone())).collect();
        due.sort_by_key(|(until, number, _)| (*until, *number));
        due.into_iter().filter_map(|(_, _, voice)| self.buffers.remove(&voice)).map(|buffer| buffer.held).collect()
    }

    /// When [`Debounce::due`] has something next.
    pub(crate) fn next(&self) -> Option<Instant> {
        self.buffers.values().map(|buffer| buffer.until).min()
    }

    /// Everything, now.
    #[cfg(test)]
    pub(crate) fn flush(&mut self) -> Vec<Vec<T>> {
        self.buffers.drain().map(|(_, buffer)| buffer.held).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn voice(sender: &str) -> Voice {
        Voice {
            channel: "net".parse().unwrap(),
            account: AccountId::default_account(),
            peer: "1".parse().unwrap(),
            thread: None,
            sender: sender.parse().unwrap(),
        }
    }

    const QUICK: Duration = Duration::from_millis(200);

    #[test]
    fn quick_texts_of_one_sender_become_one_group() {
        let now = Instant::now();
        let mut debounce = Debounce::default();
        assert!(debounce.push(voice("a"), Hold::Texts(QUICK), 1, now).is_empty());
        assert!(debounce.push(voice("a"), Hold::Texts(QUICK), 2, now + QUICK / 2).is_empty());
        assert!(debounce.due(now + QUICK).is_empty());
        assert_eq!(debounce.due(now + QUICK + QUICK / 2), [[1, 2]]);
    }

    #[test]
    fn a_picture_flushes_what_was_held_and_goes_straight_through() {
        let now = Instant::now();
        let mut debounce = Debounce::default();
        debounce.push(voice("a"), Hold::Texts(QUICK), 1, now);
        assert_eq!(debounce.push(voice("a"), Hold::No, 2, now), [[1], [2]]);
    }

    #[test]
    fn the_parts_of_an_album_are_one_group_even_without_debounce() {
        let now = Instant::now();
        let mut debounce = Debounce::default();
        let album = || Hold::Parts(MergeKey::Album("x".into()));
        debounce.push(voice("a"), album(), 1, now);
        debounce.push(voice("a"), album(), 2, now);
        let other = Hold::Parts(MergeKey::Album("y".into()));
        assert_eq!(debounce.push(voice("a"), other, 3, now), [[1, 2]]);
        assert_eq!(debounce.due(now + ALBUM), [[3]]);
        assert_eq!(debounce.next(), None);
    }

    #[test]
    fn the_next_piece_of_a_cut_text_may_come_later_than_the_next_picture_of_an_album() {
        let now = Instant::now();
        let mut debounce = Debounce::default();
        let piece = || Hold::Parts(MergeKey::SplitText("x".into()));
        debounce.push(voice("a"), piece(), 1, now);
        assert!(debounce.due(now + ALBUM).is_empty());
        debounce.push(voice("a"), piece(), 2, now + ALBUM);
        assert_eq!(debounce.due(now + ALBUM + SPLIT_TEXT), [[1, 2]]);
    }

    #[test]
    fn groups_that_come_due_together_come_in_the_order_in_which_they_were_begun() {
        let mut debounce = Debounce::default();
        let (now, wait) = (Instant::now(), Duration::from_millis(5));
        let names: Vec<String> = (0..20).map(|number| format!("s{number}")).collect();
        for name in &names {
            assert!(debounce.push(voice(name), Hold::Texts(wait), name.clone(), now).is_empty());
        }
        assert_eq!(debounce.due(now + wait).concat(), names);
    }

    proptest! {
        #[test]
        fn every_message_comes_out_once_and_in_the_order_of_its_sender(
            steps in prop::collection::vec((0usize..3, 0u8..3, 0u64..300), 0..80),
        ) {
            let mut now = Instant::now();
            let mut debounce = Debounce::default();
            let mut out: Vec<(usize, usize)> = Vec::new();
            let total = steps.len();
            for (number, (sender, hold, wait)) in steps.into_iter().enumerate() {
                now += Duration::from_millis(wait);
                let hold = match hold {
                    0 => Hold::No,
                    1 => Hold::Texts(QUICK),
                    _ => Hold::Parts(MergeKey::SplitText("s".into())),
                };
                for group in debounce.due(now).into_iter().chain(debounce.push(voice(&sender.to_string()), hold, (sender, number), now)) {
                    out.extend(group);
                }
            }
            out.extend(debounce.flush().into_iter().flatten());
            prop_assert_eq!(out.len(), total);
            for sender in 0..3 {
                let numbers: Vec<usize> = out.iter().filter(|(s, _)| *s == sender).map(|(_, n)| *n).collect();
                prop_assert!(numbers.is_sorted());
            }
        }
    }
}
