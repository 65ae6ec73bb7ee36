//! One kill, judged: where each message stood, and what the next life may therefore repeat.

use std::collections::BTreeMap;

use fakes::model::Moment as ModelMoment;

use crate::book::{Book, NOTICE, Pages};
use crate::journal::{Journal, Open};
use crate::letter::{Letter, Place};
use crate::mark::Mark;
use crate::step::Step;

/// How many messages stood at each step.
pub(crate) type Standing = BTreeMap<Step, usize>;

impl Book {
    /// Notes what a kill left, before the next start.
    pub(crate) fn killed(&self, journal: &Journal, unconfirmed: &[String]) -> Standing {
        let pages = &mut *self.pages.lock();
        let unconfirmed: Vec<Mark> = unconfirmed.iter().flat_map(|text| Mark::all_in(text)).collect();
        let mut standing = Standing::new();
        let open: BTreeMap<&Mark, &Open> =
            journal.inbox.iter().flat_map(|row| row.marks.iter().map(move |mark| (mark, row))).collect();
        cut_runs(pages, journal);
        let waiting = pieces(pages, journal, &mut standing);
        let life = pages.life;
        for (mark, letter) in &mut pages.letters {
            let mut stands = |step| *standing.entry(step).or_default() += 1;
            if let Some(row) = open.get(mark) {
                letter.was_journalled = true;
                let is_told = match letter.place {
                    Place::Telegram { .. } => !unconfirmed.contains(mark),
                    Place::Window { .. } => letter.is_acknowledged,
                };
                if !is_told {
                    stands(Step::Journalled);
                }
                if letter.is_committed || (letter.is_over && !letter.is_cut) {
                    pages.problems.insert(format!("{mark}: open again after its end"));
                }
                stands(in_run(letter, row, journal, life));
            } else if letter.questions.is_empty() && !letter.was_journalled && !letter.is_over {
                stands(Step::Waiting);
            } else if !letter.questions.is_empty() {
                let is_news = !letter.is_committed;
                letter.is_committed = true;
                match letter.place {
                    Place::Window { .. } if !letter.is_over => stands(Step::Untold),
                    Place::Telegram { .. } if is_news && !waiting.contains(mark) => stands(Step::Over),
                    Place::Window { .. } if is_news => stands(Step::Over),
                    _ => {}
                }
            }
            letter.copies_before = letter.copies;
        }
        pages.life += 1;
        standing
    }
}

/// Where a message with an open row stands.
fn in_run(letter: &Letter, row: &Open, journal: &Journal, life: u32) -> Step {
    let Some(run) = &row.run else { return Step::Queued };
    if journal.runs.get(run).is_some_and(Option::is_some) {
        return Step::ToolAtWork;
    }
    match letter.asked_in(life) {
        // A run that was cut off behind its tool goes on from there.
        None if journal.tool_ended.contains(run) => Step::ToolAnswered,
        None => Step::Started,
        Some(question) => match question.at {
            ModelMoment::Asked => Step::Called,
            ModelMoment::Begun => Step::Streaming,
            ModelMoment::Said if question.round == 0 && journal.tool_ended.contains(run) => Step::ToolAnswered,
            ModelMoment::Said => Step::Answered,
        },
    }
}

/// Runs whose tool was at work: their chats are told, and they are not carried on.
fn cut_runs(pages: &mut Pages, journal: &Journal) {
    for (run, _) in journal.runs.iter().filter(|(_, tool)| tool.is_some()) {
        pages.cut.insert(run.clone());
        for mark in journal.inbox.iter().filter(|row| row.run.as_ref() == Some(run)).flat_map(|row| &row.marks) {
            let Some(letter) = pages.letters.get_mut(mark) else { continue };
            letter.is_cut = true;
            if let Some(chat) = letter.place.chat() {
                pages.notices.entry(chat).or_default().runs.insert(run.clone());
            }
        }
    }
}

/// Pieces without a receipt: what stood in *sending* may be doubled. Gives the marks that wait in the outbox.
fn pieces(pages: &mut Pages, journal: &Journal, standing: &mut Standing) -> Vec<Mark> {
    let mut waiting = Vec::new();
    for piece in &journal.outbox {
        let marks = Mark::all_in(&piece.text);
        // A row that stood there at an earlier kill already, and was not tried since, is the same doubt.
        let is_news =
            piece.is_sending && pages.doubted.insert(piece.key.clone(), piece.attempts) < Some(piece.attempts);
        let mut is_taken = false;
        for mark in &marks {
            let Some(letter) = pages.letters.get_mut(mark) else { continue };
            is_taken |= letter.copies > letter.copies_before;
            letter.in_doubt += usize::from(is_news);
        }
        if is_news && piece.text.contains(NOTICE) {
            pages.notices.entry(piece.chat).or_default().in_doubt += 1;
        }
        let step = match (piece.is_sending, is_taken) {
            (false, _) => Step::Prepared,
            (true, false) => Step::Sending,
            (true, true) => Step::Taken,
        };
        *standing.entry(step).or_default() += 1;
        waiting.extend(marks);
    }
    waiting
}
