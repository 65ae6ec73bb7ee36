//! What really happened: every message, what the model was asked about it, and what came back, counted outside.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use fakes::model::Moment as ModelMoment;
use fakes::telegram::Accepted;
use parking_lot::Mutex;
use tokio::sync::{broadcast, watch};

use crate::letter::{Letter, Place};
use crate::mark::Mark;

/// A moment that a kill can be aimed at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moment {
    Written,
    Acknowledged,
    ModelAsked,
    ModelBegun,
    ModelSaid,
    /// The same, to somebody at a window.
    WindowAnswered,
    ToolCalled,
    ToolEnds,
    SendArrived,
    SendTaken,
}

/// Moments that wait for the one who aims.
const MOMENTS: usize = 1024;

/// What a chat is told of a run that was cut off with a tool at work.
pub(crate) const NOTICE: &str = "I was restarted while";

pub(crate) struct Book {
    pub(crate) pages: Mutex<Pages>,
    bell: watch::Sender<u64>,
    moments: broadcast::Sender<Moment>,
}

#[derive(Default)]
pub(crate) struct Pages {
    /// Counts the starts of the program.
    pub(crate) life: u32,
    pub(crate) letters: BTreeMap<Mark, Letter>,
    pub(crate) notices: BTreeMap<i64, Notices>,
    /// Runs that were cut off with a tool at work.
    pub(crate) cut: BTreeSet<String>,
    /// The attempts of each piece that a kill found *sending*.
    pub(crate) doubted: BTreeMap<String, u32>,
    /// What must not happen and did.
    pub(crate) problems: BTreeSet<String>,
    pub(crate) stopping: bool,
}

/// Notices in one chat of the network.
#[derive(Debug, Default)]
pub(crate) struct Notices {
    pub(crate) taken: usize,
    pub(crate) runs: BTreeSet<String>,
    /// Kills that found one *sending*.
    pub(crate) in_doubt: usize,
}

impl Book {
    pub(crate) fn new() -> Self {
        Self { pages: Mutex::default(), bell: watch::Sender::new(0), moments: broadcast::Sender::new(MOMENTS) }
    }

    fn write<T>(&self, change: impl FnOnce(&mut Pages) -> T) -> T {
        let done = change(&mut self.pages.lock());
        self.bell.send_modify(|count| *count += 1);
        done
    }

    pub(crate) fn tell(&self, moment: Moment) {
        // Most of the time nobody aims.
        let _nobody = self.moments.send(moment);
    }

    /// Waits for the next moment of this kind, not for ever.
    pub(crate) async fn next(&self, wanted: Moment, patience: Duration) {
        let mut moments = self.moments.subscribe();
        let hit = async { while !matches!(moments.recv().await, Ok(moment) if moment == wanted) {} };
        // One that does not come in time makes this a kill at any moment.
        let _late = tokio::time::timeout(patience, hit).await;
    }

    pub(crate) fn written(&self, mark: &Mark, place: Place) {
        self.write(|pages| pages.letters.insert(mark.clone(), Letter::new(place)));
        self.tell(Moment::Written);
    }

    /// The network gave it this number.
    pub(crate) fn posted(&self, mark: &Mark, number: i64) {
        self.write(|pages| {
            if let Some(Place::Telegram { message, .. }) = pages.letters.get_mut(mark).map(|letter| &mut letter.place) {
                *message = number;
            }
        });
    }

    pub(crate) fn acknowledged(&self, mark: &Mark) {
        self.write(|pages| {
            if let Some(letter) = pages.letters.get_mut(mark) {
                letter.is_acknowledged = true;
            }
        });
        self.tell(Moment::Acknowledged);
    }

    /// The model is at this moment of an answer about these messages.
    pub(crate) fn model(&self, marks: &[Mark], round: u32, moment: ModelMoment) {
        let at_a_window = self.write(|pages| {
            let life = pages.life;
            let mut at_a_window = false;
            for mark in marks {
                let Some(letter) = pages.letters.get_mut(mark) else { continue };
                at_a_window |= letter.place.chat().is_none();
                if let Err(problem) = letter.model(life, round, moment) {
                    pages.problems.insert(format!("{mark}: {problem}"));
                }
            }
            at_a_window
        });
        self.tell(match moment {
            ModelMoment::Asked => Moment::ModelAsked,
            ModelMoment::Begun => Moment::ModelBegun,
            ModelMoment::Said if round == 0 && marks.iter().any(Mark::wants_tool) => Moment::ToolCalled,
            ModelMoment::Said if at_a_window => Moment::WindowAnswered,
            ModelMoment::Said => Moment::ModelSaid,
        });
    }

    /// The network took a message of the bot.
    pub(crate) fn taken(&self, accepted: &Accepted) {
        let marks = Mark::all_in(&accepted.text);
        self.write(|pages| {
            if accepted.text.contains(NOTICE) {
                pages.notices.entry(accepted.chat).or_default().taken += 1;
                let here = |letter: &&mut Letter| letter.place.chat() == Some(accepted.chat) && letter.is_cut;
                pages.letters.values_mut().filter(here).for_each(|letter| letter.is_over = true);
            } else if marks.is_empty() {
                pages.problems.insert(format!("the bot said something strange: {}", accepted.text));
            }
            for mark in &marks {
                let Some(letter) = pages.letters.get_mut(mark) else { continue };
                letter.copies += 1;
                letter.is_over = true;
                if letter.place.chat() != Some(accepted.chat) {
                    pages.problems.insert(format!("{mark}: answered in another chat"));
                }
            }
        });
        self.tell(Moment::SendTaken);
    }

    /// A window was told of a run's end.
    pub(crate) fn told(&self, run: &str, state: &str) {
        self.write(|pages| {
            let Some(mark) = Mark::all_in(run).pop() else { return };
            let Some(letter) = pages.letters.get_mut(&mark) else { return };
            letter.ends += 1;
            letter.is_over |= state == "final" || letter.is_cut;
            if letter.ends > 1 {
                pages.problems.insert(format!("{mark}: the window was told {} times of the end", letter.ends));
            }
            if state != "final" && !letter.is_cut {
                pages.problems.insert(format!("{mark}: the run ended as {state}"));
            }
        });
    }

    /// A window found the answer in the history.
    pub(crate) fn found(&self, mark: &Mark) {
        self.write(|pages| {
            if let Some(letter) = pages.letters.get_mut(mark) {
                letter.is_over = true;
            }
        });
    }

    pub(crate) fn is_cut(&self, mark: &Mark) -> bool {
        self.pages.lock().letters.get(mark).is_some_and(|letter| letter.is_cut)
    }

    pub(crate) fn is_stopping(&self) -> bool {
        self.pages.lock().stopping
    }

    pub(crate) fn stop(&self) {
        self.write(|pages| pages.stopping = true);
    }

    /// Resolves when the message was answered.
    pub(crate) async fn over(&self, mark: &Mark) {
        let mut bell = self.bell.subscribe();
        while !self.pages.lock().letters.get(mark).is_some_and(|letter| letter.is_over) {
            if bell.changed().await.is_err() {
                return;
            }
        }
    }
}
