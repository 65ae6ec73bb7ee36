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
    /// After how many moments of the schedule the wall clock is set, and by how many milliseconds.
    pub(crate) jumps: Vec<(u64, i64)>,
    pub(crate) requests: Vec<Request>,
}

/// Something a client asks for. Its number is its place in the list; questions are numbered on from the updates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) at_ms: u64,
    pub(crate) method: &'static str,
    /// Asked once more with the same key, as after a lost answer.
    pub(crate) is_repeated: bool,
    /// The client stops the run this much later.
    pub(crate) aborted_after_ms: Option<u64>,
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
    /// In the group, to the agent.
    AskInGroup,
    /// In the group, to nobody: context of what follows.
    Aside,
    /// In the group, to the agent, by somebody who is not heard there.
    Stranger,
}

impl What {
    pub(crate) fn is_question(self) -> bool {
        matches!(self, Self::Ask | Self::AskAnew | Self::AskInGroup)
    }

    pub(crate) fn is_in_group(self) -> bool {
        matches!(self, Self::AskInGroup | Self::Aside | Self::Stranger)
    }
}

impl Update {
    /// Whether both were written in the same conversation.
    pub(crate) fn shares_room_with(&self, other: &Self) -> bool {
        match (self.what.is_in_group(), other.what.is_in_group()) {
            (true, true) => true,
            (false, false) => self.person == other.person,
            _ => false,
        }
    }
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
                0..=19 if number == 2 => What::AskInGroup,
                _ if number < 3 => What::Ask,
                0..=15 => What::AskInGroup,
                16..=23 => What::Aside,
                24..=31 => What::Stranger,
                32..=65 => What::Ask,
                66..=76 => What::AskAnew,
                77..=90 => What::Status,
                _ => What::Stop,
            };
            Update { at_ms, person: dice.below(people), what }
        });
        let updates = updates.collect();
        let first = dice.between(1, 25 + 28 * count);
        let crashes = if dice.chance(25) { vec![first, dice.between(1, 40)] } else { vec![first] };
        let (jumps, requests) = (jumps(&Dice::new(seed, 3)), requests(&Dice::new(seed, 4)));
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
            jumps,
            requests,
        }
    }

    /// What the person wrote.
    pub(crate) fn text(&self, number: usize) -> String {
        match self.updates[number].what {
            What::Ask => format!("please ask-{number}."),
            What::AskAnew => format!("/new please ask-{number}."),
            What::Status => "/status".to_owned(),
            What::Stop => "stop".to_owned(),
            What::AskInGroup => format!("@bot please ask-{number}."),
            What::Aside => format!("said aside-{number}."),
            What::Stranger => format!("@bot stranger-{number}."),
        }
    }

    /// The number by which the question of a request is known.
    pub(crate) fn question_of(&self, request: usize) -> usize {
        self.updates.len() + request
    }
}

/// Every fourth schedule has a clock that is set, by a little or by hours, forwards or backwards.
fn jumps(dice: &Dice) -> Vec<(u64, i64)> {
    const BY_MS: [i64; 8] = [-7_200_000, -60_000, -1_000, -40, 40, 1_000, 60_000, 7_200_000];
    if !dice.chance(25) {
        return Vec::new();
    }
    let first = (dice.between(1, 90), dice.pick(&BY_MS));
    if dice.chance(40) { vec![first, (first.0 + dice.between(1, 60), dice.pick(&BY_MS))] } else { vec![first] }
}

/// Every third schedule has a client at work.
fn requests(dice: &Dice) -> Vec<Request> {
    let count = if dice.chance(33) { dice.between(1, 2) } else { 0 };
    let mut at_ms = 0;
    let request = |_| {
        at_ms += dice.below(200);
        Request {
            at_ms,
            method: dice.pick(&["chat.send", "chat.send", "agent"]),
            is_repeated: dice.chance(40),
            aborted_after_ms: dice.chance(25).then(|| dice.below(80)),
        }
    };
    (0..count).map(request).collect()
}

/// The numbers that follow a word in a text: `ask-3.` has 3 after `ask-`.
pub(crate) fn numbers(text: &str, word: &str) -> Vec<usize> {
    let after = text.match_indices(word).map(|(at, _)| &text[at + word.len()..]);
    after.filter_map(|rest| rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()).collect()
}
