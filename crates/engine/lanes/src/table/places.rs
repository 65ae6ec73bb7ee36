//! Free places per lane name, and who waits for one. Pure.
//!
//! The highest priority goes first, then the oldest. Whoever has waited long counts as the highest, so that nobody waits
//! for ever.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use crate::{Config, LaneName, Turn, table::Figures};

/// A turn that has waited so long goes before every other, whatever its priority.
const LONG: Duration = Duration::from_secs(30);

#[derive(Debug)]
struct Waiting {
    turn: Box<Turn>,
    since: Instant,
}

#[derive(Debug, Default)]
struct Place {
    most: usize,
    taken: usize,
    /// In the order in which they came.
    waiting: VecDeque<Waiting>,
}

impl Place {
    fn foremost(&self, now: Instant) -> Option<usize> {
        let has_waited_long = |waiting: &Waiting| now.saturating_duration_since(waiting.since) >= LONG;
        let rank = |waiting: &Waiting| {
            if has_waited_long(waiting) { i32::MAX } else { waiting.turn.queued.priority }
        };
        // The last of equals is taken: seen from the back, that is the oldest.
        self.waiting.iter().enumerate().rev().max_by_key(|(_, waiting)| rank(waiting)).map(|(at, _)| at)
    }
}

/// All lanes' places.
#[derive(Debug)]
pub(super) struct Places {
    main: Place,
    subagent: Place,
    cron: Place,
}

impl Places {
    pub(super) fn new(config: &Config) -> Self {
        let mut places = Self { main: Place::default(), subagent: Place::default(), cron: Place::default() };
        places.configure(config);
        places
    }

    pub(super) fn configure(&mut self, config: &Config) {
        self.main.most = config.main.max(1);
        self.subagent.most = config.subagent.max(1);
        self.cron.most = config.cron.max(1);
    }

    fn of(&mut self, lane: LaneName) -> &mut Place {
        match lane {
            LaneName::Main => &mut self.main,
            LaneName::Subagent => &mut self.subagent,
            LaneName::Cron => &mut self.cron,
        }
    }

    /// The turn back if it may run now; else it waits here.
    pub(super) fn enter(&mut self, turn: Box<Turn>, now: Instant) -> Option<Box<Turn>> {
        let place = self.of(turn.lane);
        if place.taken < place.most && place.waiting.is_empty() {
            place.taken += 1;
            return Some(turn);
        }
        place.waiting.push_back(Waiting { turn, since: now });
        None
    }

    /// A run left its place.
    pub(super) fn leave(&mut self, lane: LaneName) {
        let place = self.of(lane);
        place.taken = place.taken.saturating_sub(1);
    }

    /// The next turn that may run now, and how long it waited.
    pub(super) fn next(&mut self, now: Instant) -> Option<(Box<Turn>, Duration)> {
        [LaneName::Main, LaneName::Subagent, LaneName::Cron].into_iter().find_map(|lane| {
            let place = self.of(lane);
            if place.taken >= place.most {
                return None;
            }
            let Waiting { turn, since } = place.waiting.remove(place.foremost(now)?)?;
            place.taken += 1;
            Some((turn, now.saturating_duration_since(since)))
        })
    }

    /// How full each lane is.
    pub(super) fn figures(&self) -> Figures {
        let of = |place: &Place| (place.taken, place.waiting.len());
        let [main, subagent, cron] = [of(&self.main), of(&self.subagent), of(&self.cron)];
        Figures {
            running: main.0 + subagent.0 + cron.0,
            waiting: [(LaneName::Main, main.1), (LaneName::Subagent, subagent.1), (LaneName::Cron, cron.1)],
        }
    }

    /// The session's turn that waits for a place.
    pub(super) fn waiting(&self, key: &ids::SessionKey) -> Option<&Turn> {
        let places = [&self.main, &self.subagent, &self.cron];
        places.into_iter().flat_map(|place| &place.waiting).map(|waiting| &*waiting.turn).find(|turn| turn.key == *key)
    }

    /// Takes a waiting turn of the session out again.
    pub(super) fn withdraw(&mut self, key: &ids::SessionKey) -> Option<Box<Turn>> {
        [LaneName::Main, LaneName::Subagent, LaneName::Cron].into_iter().find_map(|lane| {
            let place = self.of(lane);
            let at = place.waiting.iter().position(|waiting| waiting.turn.key == *key)?;
            place.waiting.remove(at).map(|waiting| waiting.turn)
        })
    }

    /// What waits goes without having run.
    pub(super) fn forget_all(&mut self) {
        for lane in [LaneName::Main, LaneName::Subagent, LaneName::Cron] {
            self.of(lane).waiting.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(main: usize) -> Places {
        Places::new(&Config { main, ..Config::default() })
    }

    fn turn(name: &str, priority: i32) -> Box<Turn> {
        let mut turn = Turn::sample(name);
        turn.queued.priority = priority;
        Box::new(turn)
    }

    /// Lets one run after the other end, and gives the names of those that follow.
    fn follow(places: &mut Places, now: Instant) -> Vec<String> {
        let mut names = Vec::new();
        loop {
            places.leave(LaneName::Main);
            let Some((turn, _)) = places.next(now) else { return names };
            names.push(turn.run.to_string());
        }
    }

    #[test]
    fn the_highest_goes_first_and_of_equals_the_oldest() {
        let (mut places, now) = (places(1), Instant::now());
        assert!(places.enter(turn("running", 0), now).is_some());
        for (name, priority) in [("low", -1), ("first", 0), ("high", 5), ("second", 0), ("higher", 9)] {
            assert!(places.enter(turn(name, priority), now).is_none());
        }
        assert_eq!(follow(&mut places, now), ["higher", "high", "first", "second", "low"]);
    }

    #[test]
    fn whoever_has_waited_long_goes_before_the_highest() {
        let (mut places, now) = (places(1), Instant::now());
        places.enter(turn("running", 0), now);
        places.enter(turn("low", -1), now);
        places.enter(turn("middle", 0), now + LONG / 2);
        places.enter(turn("high", 5), now + LONG / 2);
        places.leave(LaneName::Main);
        let almost = now + LONG.saturating_sub(Duration::from_millis(1));
        assert_eq!(places.next(almost).map(|(turn, _)| turn.run.to_string()).as_deref(), Some("high"));
        places.enter(turn("highest", 9), now + LONG);
        assert_eq!(follow(&mut places, now + LONG), ["low", "highest", "middle"]);
    }

    #[test]
    fn no_more_run_at_once_than_the_owner_allows_whatever_their_priority() {
        let (mut places, now) = (places(2), Instant::now());
        assert!(places.enter(turn("a", 0), now).is_some());
        assert!(places.enter(turn("b", 0), now).is_some());
        assert!(places.enter(turn("c", i32::MAX), now).is_none());
        assert!(places.next(now + LONG).is_none());
        places.configure(&Config { main: 3, ..Config::default() });
        let (turn, waited) = places.next(now + LONG).unwrap();
        assert_eq!((turn.run.as_str(), waited), ("c", LONG));
        assert!(places.enter(turn, now).is_none());
    }
}
