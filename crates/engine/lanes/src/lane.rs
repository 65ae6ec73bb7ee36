//! One session's line: who runs, who waits, who is merged, steered or dropped. Pure.
//!
//! Turns never overtake an earlier place in the line. At most one run at a time.

use std::{collections::VecDeque, time::Instant};

use ids::RunId;

use crate::{DropPolicy, QueueMode, QueueSettings, StopCause, Turn, merge};

/// A place in a line, in order of arrival.
#[derive(Debug)]
pub enum Waiting {
    /// Taken, and its turn is still being made ready.
    Reserved(u64),
    /// `held` turns arrived while the session was busy: the queue mode applies to them.
    Ready { turn: Box<Turn>, held: bool },
}

/// What happens to a line.
#[derive(Debug)]
pub enum Event {
    Reserve(u64),
    Fill {
        ticket: u64,
        turn: Box<Turn>,
        settings: QueueSettings,
    },
    Withdraw(u64),
    /// A steered turn that the run could not take any more.
    Return(Box<Turn>),
    /// The run is over.
    Ended,
    /// A person said stop: the run ends and nothing that waits follows.
    Stop(StopCause),
    /// A person let go of one turn that waits.
    Remove(RunId),
    /// The time returned earlier has come.
    Wake,
}

/// What the owner of the line must do.
#[derive(Debug)]
pub enum Effect {
    Start(Box<Turn>),
    Steer(Box<Turn>),
    Stop(StopCause),
    /// The turn runs as part of another; its own run will never be.
    Merged {
        turn: Box<Turn>,
        into: RunId,
    },
    /// The turn will never run.
    Dropped(Box<Turn>),
}

/// One session's line.
#[derive(Debug, Default)]
pub struct Lane {
    running: bool,
    line: VecDeque<Waiting>,
    settings: QueueSettings,
    /// Lines about turns dropped under the `summarize` policy.
    notes: Vec<String>,
    quiet_from: Option<Instant>,
}

impl Lane {
    /// Nothing runs and nothing waits: the lane may be forgotten.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        !self.running && self.line.is_empty()
    }

    /// The turns that are ready and wait, in order.
    pub fn waiting(&self) -> impl Iterator<Item = &Turn> {
        self.line.iter().filter_map(|waiting| match waiting {
            Waiting::Ready { turn, .. } => Some(&**turn),
            Waiting::Reserved(_) => None,
        })
    }

    #[must_use]
    pub fn depth(&self) -> usize {
        self.line.len()
    }

    /// Never waits, never spawns: the caller performs the effects and comes back at the returned time.
    pub fn on(&mut self, event: Event, now: Instant, effects: &mut Vec<Effect>) -> Option<Instant> {
        match event {
            Event::Reserve(ticket) => self.line.push_back(Waiting::Reserved(ticket)),
            Event::Fill { ticket, turn, settings } => {
                self.settings = settings;
                self.fill(ticket, turn, now, effects);
            }
            Event::Withdraw(ticket) => self.line.retain(|w| !matches!(w, Waiting::Reserved(t) if *t == ticket)),
            Event::Return(turn) => {
                // A copy whose own turn waits here is not needed: that turn follows anyway.
                if !self.line.iter().any(|w| matches!(w, Waiting::Ready { turn: own, .. } if own.run == turn.run)) {
                    self.line.push_front(Waiting::Ready { turn, held: true });
                }
                self.quiet_from = Some(now);
            }
            Event::Ended => self.running = false,
            Event::Stop(cause) => self.stop(cause, effects),
            Event::Remove(run) => self.remove(&run, effects),
            Event::Wake => {}
        }
        self.advance(now, effects)
    }

    fn fill(&mut self, ticket: u64, turn: Box<Turn>, now: Instant, effects: &mut Vec<Effect>) {
        let Some(place) = self.line.iter().position(|w| matches!(w, Waiting::Reserved(t) if *t == ticket)) else {
            effects.push(Effect::Dropped(turn));
            return;
        };
        let busy = self.running || self.line.iter().take(place).any(|w| matches!(w, Waiting::Ready { .. }));
        if busy {
            self.quiet_from = Some(now);
        }
        let first = place == 0;
        match self.settings.mode {
            QueueMode::Steer if self.running && first && !turn.options.resume => {
                self.line.remove(place);
                effects.push(Effect::Steer(turn));
            }
            QueueMode::SteerBacklog if self.running && first && !turn.options.resume => {
                let mut steered = turn.clone();
                steered.causes.clear();
                effects.push(Effect::Steer(steered));
                self.put(place, turn, true);
            }
            QueueMode::Interrupt if busy => {
                self.put(place, turn, false);
                self.drop_ready_before(place, effects);
                if self.running {
                    effects.push(Effect::Stop(StopCause::Interrupt));
                }
            }
            QueueMode::Collect
            | QueueMode::Followup
            | QueueMode::Steer
            | QueueMode::SteerBacklog
            | QueueMode::Interrupt => {
                self.put(place, turn, busy);
                self.enforce_cap(effects);
            }
        }
    }

    fn put(&mut self, place: usize, turn: Box<Turn>, held: bool) {
        if let Some(slot) = self.line.get_mut(place) {
            *slot = Waiting::Ready { turn, held };
        }
    }

    fn remove(&mut self, run: &RunId, effects: &mut Vec<Effect>) {
        let place = self.line.iter().position(|w| matches!(w, Waiting::Ready { turn, .. } if turn.run == *run));
        if let Some(Waiting::Ready { turn, .. }) = place.and_then(|place| self.line.remove(place)) {
            effects.push(Effect::Dropped(turn));
        }
    }

    fn drop_ready_before(&mut self, place: usize, effects: &mut Vec<Effect>) {
        let mut index = 0;
        self.line = std::mem::take(&mut self.line)
            .into_iter()
            .filter_map(|waiting| {
                let before = index < place;
                index += 1;
                match waiting {
                    Waiting::Ready { turn, .. } if before => {
                        effects.push(Effect::Dropped(turn));
                        None
                    }
                    other => Some(other),
                }
            })
            .collect();
    }

    fn enforce_cap(&mut self, effects: &mut Vec<Effect>) {
        let held = |w: &Waiting| matches!(w, Waiting::Ready { held: true, .. });
        while self.line.iter().filter(|w| held(w)).count() > self.settings.cap.max(1) {
            let place = match self.settings.drop {
                DropPolicy::New => self.line.iter().rposition(held),
                DropPolicy::Old | DropPolicy::Summarize => self.line.iter().position(held),
            };
            let Some(Waiting::Ready { turn, .. }) = place.and_then(|place| self.line.remove(place)) else { return };
            if self.settings.drop == DropPolicy::Summarize {
                self.notes.push(merge::summary_line(&turn));
                let most = self.settings.cap.max(1);
                let excess = self.notes.len().saturating_sub(most);
                self.notes.drain(..excess);
            }
            effects.push(Effect::Dropped(turn));
        }
    }

    fn stop(&mut self, cause: StopCause, effects: &mut Vec<Effect>) {
        for waiting in std::mem::take(&mut self.line) {
            match waiting {
                Waiting::Ready { turn, .. } => effects.push(Effect::Dropped(turn)),
                reserved @ Waiting::Reserved(_) => self.line.push_back(reserved),
            }
        }
        self.notes.clear();
        if self.running {
            effects.push(Effect::Stop(cause));
        }
    }

    /// Starts what may start.
    fn advance(&mut self, now: Instant, effects: &mut Vec<Effect>) -> Option<Instant> {
        if self.running {
            return None;
        }
        let Some(Waiting::Ready { held, .. }) = self.line.front() else { return None };
        if *held {
            let quiet = self.quiet_from.map(|from| from + self.settings.debounce);
            if let Some(at) = quiet.filter(|at| *at > now) {
                return Some(at);
            }
        }
        let collects = *held && self.settings.mode == QueueMode::Collect;
        let turns = self.take_front(if collects { usize::MAX } else { 1 });
        let names = if turns.len() > 1 { turns.clone() } else { Vec::new() };
        let (turn, rest) = merge::collect(turns, &mut self.notes)?;
        let merged = names.len().saturating_sub(rest.len());
        for swallowed in names.into_iter().take(merged).filter(|swallowed| swallowed.run != turn.run) {
            effects.push(Effect::Merged { turn: Box::new(swallowed), into: turn.run.clone() });
        }
        for turn in rest.into_iter().rev() {
            self.line.push_front(Waiting::Ready { turn: Box::new(turn), held: true });
        }
        self.running = true;
        effects.push(Effect::Start(Box::new(turn)));
        None
    }

    fn take_front(&mut self, most: usize) -> Vec<Turn> {
        let mut turns = Vec::new();
        while turns.len() < most {
            match self.line.pop_front() {
                Some(Waiting::Ready { turn, .. }) => turns.push(*turn),
                Some(reserved) => {
                    self.line.push_front(reserved);
                    break;
                }
                None => break,
            }
        }
        turns
    }
}

#[cfg(test)]
mod tests;
