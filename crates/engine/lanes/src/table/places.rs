//! Free places per lane name, and who waits for one. Pure; first come, first served.

use std::collections::VecDeque;

use crate::{Config, LaneName, Turn};

#[derive(Debug, Default)]
struct Place {
    most: usize,
    taken: usize,
    waiting: VecDeque<Box<Turn>>,
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
    pub(super) fn enter(&mut self, turn: Box<Turn>) -> Option<Box<Turn>> {
        let place = self.of(turn.lane);
        if place.taken < place.most && place.waiting.is_empty() {
            place.taken += 1;
            return Some(turn);
        }
        place.waiting.push_back(turn);
        None
    }

    /// A run left its place.
    pub(super) fn leave(&mut self, lane: LaneName) {
        let place = self.of(lane);
        place.taken = place.taken.saturating_sub(1);
    }

    /// The next turn that may run now.
    pub(super) fn next(&mut self) -> Option<Box<Turn>> {
        [LaneName::Main, LaneName::Subagent, LaneName::Cron].into_iter().find_map(|lane| {
            let place = self.of(lane);
            if place.taken >= place.most {
                return None;
            }
            let turn = place.waiting.pop_front()?;
            place.taken += 1;
            Some(turn)
        })
    }

    /// The session's turn that waits for a place.
    pub(super) fn waiting(&self, key: &ids::SessionKey) -> Option<&Turn> {
        let places = [&self.main, &self.subagent, &self.cron];
        places.into_iter().flat_map(|place| &place.waiting).find(|turn| turn.key == *key).map(|turn| &**turn)
    }

    /// Takes a waiting turn of the session out again.
    pub(super) fn withdraw(&mut self, key: &ids::SessionKey) -> Option<Box<Turn>> {
        [LaneName::Main, LaneName::Subagent, LaneName::Cron].into_iter().find_map(|lane| {
            let place = self.of(lane);
            let at = place.waiting.iter().position(|turn| turn.key == *key)?;
            place.waiting.remove(at)
        })
    }

    /// What waits goes without having run.
    pub(super) fn forget_all(&mut self) {
        for lane in [LaneName::Main, LaneName::Subagent, LaneName::Cron] {
            self.of(lane).waiting.clear();
        }
    }
}
