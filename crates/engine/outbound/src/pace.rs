//! How fast pieces leave: at most so many in a span for an account and for each of its conversations, and none at all
//! for a while after the network asked to wait. Pure.
//!
//! A piece counts until its span has passed since the end of its attempt: somewhere between beginning and end the
//! network took it, and from then on the network counts.

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

/// What has left lately, by account.
#[derive(Debug, Default)]
pub(crate) struct Paces(HashMap<(ChannelKind, AccountId), Account>);

#[derive(Debug, Default)]
struct Account {
    all: Window,
    conversations: HashMap<PeerId, Window>,
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
    /// Counts a piece that leaves now; [`Paces::ended`] follows when its attempt is over.
    ///
    /// # Errors
    /// It may not leave yet: the time after which to ask again.
    pub(crate) fn begin(&mut self, place: &Place, pace: Option<Pace>, now: Instant) -> Result<(), Duration> {
        let account = self.0.entry(account_of(place)).or_default();
        if let Some(until) = account.held_until.filter(|until| *until > now) {
            return Err(until.saturating_duration_since(now));
        }
        let Some(pace) = pace else { return Ok(()) };
        if account.conversations.len() >= SWEPT_FROM {
            account.conversations.retain(|_, window| !window.rests(now));
        }
        account.all.has_room(pace.account, now)?;
        let conversation = account.conversations.entry(place.target.peer.clone()).or_default();
        conversation.has_room((pace.conversation)(&place.target), now)?;
        conversation.under_way += 1;
        account.all.under_way += 1;
        Ok(())
    }

    /// An attempt is over.
    pub(crate) fn ended(&mut self, place: &Place, now: Instant) {
        let Some(account) = self.0.get_mut(&account_of(place)) else { return };
        let conversation = account.conversations.get_mut(&place.target.peer);
        for window in conversation.into_iter().chain([&mut account.all]).filter(|window| window.under_way > 0) {
            window.under_way -= 1;
            window.ended.push_back(now);
        }
    }

    /// The network asked to wait: nothing of the account leaves before that moment.
    pub(crate) fn hold(&mut self, place: &Place, until: Instant) {
        let account = self.0.entry(account_of(place)).or_default();
        account.held_until = account.held_until.max(Some(until));
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
            self.paces.begin(&place(peer), pace(), self.clock.now())
        }

        fn send(&mut self, peer: &str) -> Result<(), Duration> {
            self.begin(peer)?;
            self.paces.ended(&place(peer), self.clock.now());
            Ok(())
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
        sending.paces.ended(&place("a"), sending.clock.now());
        assert_eq!(sending.begin("f"), Err(Duration::from_secs(1)));
        sending.pass(1000);
        assert_eq!(sending.begin("f"), Ok(()));
    }

    #[test]
    fn a_network_that_asks_to_wait_holds_the_whole_account() {
        let mut sending = Sending::new();
        sending.paces.hold(&place("ann"), sending.clock.now() + Duration::from_secs(7));
        sending.paces.hold(&place("ann"), sending.clock.now() + Duration::from_secs(2));
        assert_eq!(sending.send("bob"), Err(Duration::from_secs(7)));
        let unpaced = sending.paces.begin(&place("bob"), None, sending.clock.now());
        assert_eq!(unpaced, Err(Duration::from_secs(7)));
        sending.pass(7000);
        assert_eq!(sending.send("bob"), Ok(()));
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
