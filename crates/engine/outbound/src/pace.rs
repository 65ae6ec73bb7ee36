//! How fast pieces leave: at most so many in a span for an account and for each of its conversations, and none at all
//! for a while after the network asked to wait. Pure.
//!
//! A piece counts until its span has passed since the end of its attempt: somewhere between beginning and end the
//! network took it, and from then on the network counts.
//!
//! A network that asks to wait does not say for what. One conversation that is refused is held alone; a second one that
//! is refused meanwhile shows that it is the account.

use std::{
    collections::{HashMap, VecDeque},
    time::{Duration, Instant},
};

use channel::{Pace, Rate};
use ids::{AccountId, ChannelKind, PeerId};

use crate::Place;

/// When to ask again while every place is taken by an attempt that has not ended.
const LOOK_AGAIN: Duration = Duration::from_millis(50);
/// From so many conversations on those that rest are forgotten. What is left is bounded by the account's own pace.
const SWEPT_FROM: usize = 256;

/// What leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Leaving {
    /// Counts for its conversation and for the account.
    Message,
    /// A reaction, a deletion, the typing indicator: counts for the account alone.
    Sign,
}

/// What has left lately, by account.
#[derive(Debug, Default)]
pub(crate) struct Paces(HashMap<(ChannelKind, AccountId), Account>);

#[derive(Debug, Default)]
struct Account {
    all: Window,
    conversations: HashMap<PeerId, Conversation>,
    held_until: Option<Instant>,
}

#[derive(Debug, Default)]
struct Conversation {
    window: Window,
    held_until: Option<Instant>,
}

/// The attempts that still count.
#[derive(Debug, Default)]
struct Window {
    span: Duration,
    under_way: usize,
    ended: VecDeque<Instant>,
}

impl Paces {
    /// Counts what leaves now; [`Paces::ended`] follows when its attempt is over.
    ///
    /// # Errors
    /// It may not leave yet: the time after which to ask again.
    pub(crate) fn begin(
        &mut self,
        place: &Place,
        what: Leaving,
        pace: Option<Pace>,
        now: Instant,
    ) -> Result<(), Duration> {
        let account = self.0.entry(account_of(place)).or_default();
        let conversation = account.conversations.get(&place.target.peer);
        let held = account.held_until.max(conversation.and_then(|conversation| conversation.held_until));
        if let Some(until) = held.filter(|until| *until > now) {
            return Err(until.saturating_duration_since(now));
        }
        let Some(pace) = pace else { return Ok(()) };
        account.all.has_room(pace.account, now)?;
        if what == Leaving::Message {
            let window = &mut account.conversation(place, now).window;
            window.has_room((pace.conversation)(&place.target), now)?;
            window.under_way += 1;
        }
        account.all.under_way += 1;
        Ok(())
    }

    /// An attempt is over.
    pub(crate) fn ended(&mut self, place: &Place, what: Leaving, now: Instant) {
        let Some(account) = self.0.get_mut(&account_of(place)) else { return };
        let conversation = account.conversations.get_mut(&place.target.peer).filter(|_| what == Leaving::Message);
        let own = conversation.map(|conversation| &mut conversation.window);
        for window in own.into_iter().chain([&mut account.all]).filter(|window| window.under_way > 0) {
            window.under_way -= 1;
            window.ended.push_back(now);
        }
    }

    /// The network asked to wait until that moment.
    pub(crate) fn hold(&mut self, place: &Place, until: Instant, now: Instant) {
        let account = self.0.entry(account_of(place)).or_default();
        let others = account.conversations.iter().filter(|(peer, _)| **peer != place.target.peer);
        if others.into_iter().any(|(_, conversation)| conversation.held_until.is_some_and(|until| until > now)) {
            account.held_until = account.held_until.max(Some(until));
        }
        let conversation = account.conversation(place, now);
        conversation.held_until = conversation.held_until.max(Some(until));
    }
}

impl Account {
    fn conversation(&mut self, place: &Place, now: Instant) -> &mut Conversation {
        if self.conversations.len() >= SWEPT_FROM {
            self.conversations.retain(|_, conversation| !conversation.rests(now));
        }
        self.conversations.entry(place.target.peer.clone()).or_default()
    }
}

impl Conversation {
    fn rests(&mut self, now: Instant) -> bool {
        self.window.rests(now) && self.held_until.is_none_or(|until| until <= now)
    }
}

impl Window {
    fn has_room(&mut self, rate: Rate, now: Instant) -> Result<(), Duration> {
        self.span = Duration::from_secs(rate.seconds.into());
        self.forget(now);
        if self.under_way + self.ended.len() < usize::from(rate.messages) {
            return Ok(());
        }
        let first = self.ended.front().map(|at| (*at + self.span).saturating_duration_since(now));
        Err(first.unwrap_or(LOOK_AGAIN))
    }

    fn rests(&mut self, now: Instant) -> bool {
        self.forget(now);
        self.under_way == 0 && self.ended.is_empty()
    }

    fn forget(&mut self, now: Instant) {
        while self.ended.front().is_some_and(|at| *at + self.span <= now) {
            self.ended.pop_front();
        }
    }
}

fn account_of(place: &Place) -> (ChannelKind, AccountId) {
    (place.channel.clone(), place.account.clone())
}

#[cfg(test)]
mod tests {
    use channel::Target;
    use stdx::{Clock as _, ManualClock};

    use super::*;

    fn place(peer: &str) -> Place {
        Place {
            channel: "pigeon".parse().unwrap(),
            account: AccountId::default_account(),
            target: Target { peer: peer.parse().unwrap(), thread: None },
        }
    }

    fn pace() -> Option<Pace> {
        let conversation = |target: &Target| match target.peer.as_str() {
            "group" => Rate { messages: 2, seconds: 60 },
            _ => Rate { messages: 3, seconds: 3 },
        };
        Some(Pace { account: Rate { messages: 5, seconds: 1 }, conversation })
    }

    struct Sending {
        paces: Paces,
        clock: ManualClock,
    }

    impl Sending {
        fn new() -> Self {
            Self { paces: Paces::default(), clock: ManualClock::new(0) }
        }

        fn begin(&mut self, peer: &str) -> Result<(), Duration> {
            self.paces.begin(&place(peer), Leaving::Message, pace(), self.clock.now())
        }

        fn ended(&mut self, peer: &str) {
            self.paces.ended(&place(peer), Leaving::Message, self.clock.now());
        }

        fn send(&mut self, peer: &str) -> Result<(), Duration> {
            self.begin(peer)?;
            self.ended(peer);
            Ok(())
        }

        fn sign(&mut self, peer: &str) -> Result<(), Duration> {
            self.paces.begin(&place(peer), Leaving::Sign, pace(), self.clock.now())?;
            self.paces.ended(&place(peer), Leaving::Sign, self.clock.now());
            Ok(())
        }

        /// The network refuses and asks for so many seconds.
        fn hold(&mut self, peer: &str, seconds: u64) {
            let now = self.clock.now();
            self.paces.hold(&place(peer), now + Duration::from_secs(seconds), now);
        }

        fn pass(&self, ms: u64) {
            self.clock.advance(Duration::from_millis(ms));
        }
    }

    #[test]
    fn a_short_burst_leaves_at_once_and_the_next_piece_waits_for_its_span() {
        let mut sending = Sending::new();
        assert_eq!([sending.send("ann"), sending.send("ann"), sending.send("ann")], [Ok(()), Ok(()), Ok(())]);
        sending.pass(1000);
        assert_eq!(sending.send("ann"), Err(Duration::from_secs(2)));
        assert_eq!(sending.send("bob"), Ok(()));
        sending.pass(2000);
        assert_eq!(sending.send("ann"), Ok(()));
    }

    #[test]
    fn a_group_has_a_pace_of_its_own() {
        let mut sending = Sending::new();
        assert_eq!([sending.send("group"), sending.send("group")], [Ok(()), Ok(())]);
        sending.pass(10_000);
        assert_eq!(sending.send("group"), Err(Duration::from_secs(50)));
    }

    #[test]
    fn the_conversations_of_an_account_share_its_pace() {
        let mut sending = Sending::new();
        for peer in ["a", "b", "c", "d", "e"] {
            assert_eq!(sending.send(peer), Ok(()));
            sending.pass(100);
        }
        assert_eq!(sending.send("f"), Err(Duration::from_millis(500)));
    }

    #[test]
    fn an_attempt_counts_from_its_end() {
        let mut sending = Sending::new();
        for peer in ["a", "b", "c", "d", "e"] {
            assert_eq!(sending.begin(peer), Ok(()));
        }
        sending.pass(5000);
        assert_eq!(sending.begin("f"), Err(LOOK_AGAIN));
        sending.ended("a");
        assert_eq!(sending.begin("f"), Err(Duration::from_secs(1)));
        sending.pass(1000);
        assert_eq!(sending.begin("f"), Ok(()));
    }

    #[test]
    fn signs_count_for_the_account_and_not_for_their_conversation() {
        let mut sending = Sending::new();
        assert_eq!([sending.sign("group"), sending.sign("group"), sending.sign("group")], [Ok(()), Ok(()), Ok(())]);
        assert_eq!([sending.send("group"), sending.send("group")], [Ok(()), Ok(())]);
        assert_eq!(sending.sign("group"), Err(Duration::from_secs(1)), "the account's five are gone");
        assert_eq!(sending.send("ann"), Err(Duration::from_secs(1)));
    }

    #[test]
    fn a_network_that_asks_to_wait_holds_the_conversation_that_it_refused() {
        let mut sending = Sending::new();
        sending.hold("ann", 7);
        sending.hold("ann", 2);
        assert_eq!(sending.send("ann"), Err(Duration::from_secs(7)));
        assert_eq!(sending.sign("ann"), Err(Duration::from_secs(7)));
        assert_eq!(sending.send("bob"), Ok(()));
        let unpaced = sending.paces.begin(&place("ann"), Leaving::Message, None, sending.clock.now());
        assert_eq!(unpaced, Err(Duration::from_secs(7)));
        sending.pass(7000);
        assert_eq!(sending.send("ann"), Ok(()));
    }

    #[test]
    fn a_second_conversation_that_is_refused_meanwhile_shows_that_it_is_the_account() {
        let mut sending = Sending::new();
        sending.hold("ann", 7);
        sending.pass(1000);
        sending.hold("bob", 5);
        assert_eq!(sending.send("cid"), Err(Duration::from_secs(5)));
        assert_eq!(sending.send("ann"), Err(Duration::from_secs(6)));
        sending.pass(6000);
        sending.hold("bob", 5);
        assert_eq!(sending.send("cid"), Ok(()), "by now ann's wait is over");
    }

    #[test]
    fn conversations_that_rest_are_forgotten() {
        let mut sending = Sending::new();
        for number in 0..2000 {
            assert_eq!(sending.send(&format!("p{number}")), Ok(()));
            sending.pass(200);
        }
        let known: usize = sending.paces.0.values().map(|account| account.conversations.len()).sum();
        assert!(known <= SWEPT_FROM, "{known}");
    }
}
