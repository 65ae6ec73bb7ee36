//! What happens in one schedule, drawn from its seed before it begins: who writes what and when, how the house is set,
//! and when the machine stops.

use channel::Guarantee;
use lanes::QueueMode;

use crate::dice::Dice;

/// One schedule.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) seed: u64,
    pub(crate) guarantee: Guarantee,
    pub(crate) mode: QueueMode,
    /// Quiet time before messages to a busy session are taken up.
    pub(crate) quiet_ms: u64,
    /// Quick texts of one person are joined within this.
    pub(crate) join_ms: u64,
    /// Characters of one piece.
    pub(crate) piece: usize,
    /// Runs at once.
    pub(crate) places: usize,
    /// The account connects this long after the start of the process.
    pub(crate) connects_after_ms: u64,
    /// Percent of calls, sends and the like that go wrong.
    pub(crate) trouble: u64,
    pub(crate) updates: Vec<Update>,
    /// For each life of the process: the moment at which it ends.
    pub(crate) crashes: Vec<u64>,
}

/// Something a person writes. Its number is its place in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Update {
    pub(crate) at_ms: u64,
    pub(crate) person: u64,
    pub(crate) what: What,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum What {
    Ask,
    /// A fresh start, and a question with it.
    AskAnew,
    Status,
    Stop,
}

impl Plan {
    pub(crate) fn of(seed: u64) -> Self {
        let dice = Dice::new(seed, 1);
        let guarantee = dice.pick(&[Guarantee::ClientKey, Guarantee::Query, Guarantee::None]);
        let mode = dice.pick(&[
            QueueMode::Collect,
            QueueMode::Collect,
            QueueMode::Followup,
            QueueMode::Steer,
            QueueMode::SteerBacklog,
            QueueMode::Interrupt,
        ]);
        let (people, count) = (dice.between(1, 2), dice.between(3, 4));
        let mut at_ms = 0;
        let updates = (0..count).map(|number| {
            at_ms += if dice.chance(35) { 0 } else { dice.below(250) };
            let what = match dice.below(100) {
                // A schedule without questions would be no path of a message.
                _ if number < 3 => What::Ask,
                0..=65 => What::Ask,
                66..=76 => What::AskAnew,
                77..=90 => What::Status,
                _ => What::Stop,
            };
            Update { at_ms, person: dice.below(people), what }
        });
        let updates = updates.collect();
        let first = dice.between(1, 25 + 28 * count);
        let crashes = if dice.chance(25) { vec![first, dice.between(1, 40)] } else { vec![first] };
        Self {
            seed,
            guarantee,
            mode,
            quiet_ms: dice.pick(&[0, 20, 300]),
            join_ms: dice.pick(&[0, 0, 15]),
            piece: dice.pick(&[24, 400]),
            places: dice.pick(&[1, 2, 4]),
            connects_after_ms: dice.pick(&[0, 0, 0, 60]),
            trouble: dice.pick(&[0, 5, 12]),
            updates,
            crashes,
        }
    }

    /// What the person wrote.
    pub(crate) fn text(&self, number: usize) -> String {
        match self.updates[number].what {
            What::Ask => format!("please ask-{number}."),
            What::AskAnew => format!("/new please ask-{number}."),
            What::Status => "/status".to_owned(),
            What::Stop => "stop".to_owned(),
        }
    }
}

/// The numbers that follow a word in a text: `ask-3.` has 3 after `ask-`.
pub(crate) fn numbers(text: &str, word: &str) -> Vec<usize> {
    let after = text.match_indices(word).map(|(at, _)| &text[at + word.len()..]);
    after.filter_map(|rest| rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()).collect()
}
