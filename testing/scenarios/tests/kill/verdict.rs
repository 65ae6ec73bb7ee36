//! The counts at the end, held against what is allowed.

use std::collections::BTreeMap;

use serde_json::json;

use crate::book::{Book, Notices};
use crate::letter::{Letter, Place};
use crate::mark::Mark;
use crate::people::{call, said};
use crate::stage::Stage;

/// The sends whose end nobody knew, as `clawdbot explain` tells them of a message.
async fn unknown_sends(stage: &Stage, letter: &Letter) -> anyhow::Result<usize> {
    let Place::Telegram { chat, message } = letter.place else { return Ok(0) };
    let chain = stage.gateway.cli_json(&["explain", &format!("telegram:{chat}:{message}"), "--json"]).await?;
    let steps = chain["steps"].as_array().cloned().unwrap_or_default();
    Ok(steps.iter().filter(|step| step["kind"] == "outbound.unknown").count())
}

/// What came out.
#[derive(Debug, Default)]
pub(crate) struct Verdict {
    pub(crate) messages: usize,
    pub(crate) lost: Vec<String>,
    pub(crate) window_doubles: Vec<String>,
    pub(crate) telegram_doubles: usize,
    /// Sends that a kill found *sending*: so many doubles are allowed.
    pub(crate) in_doubt: usize,
    /// Doubles beyond that, or that `explain` does not show.
    pub(crate) unexplained: Vec<String>,
    pub(crate) executed_twice: Vec<String>,
    pub(crate) interrupted: usize,
    pub(crate) problems: Vec<String>,
}

impl Verdict {
    pub(crate) async fn of(stage: &Stage, book: &Book) -> anyhow::Result<Self> {
        let mut verdict = Self::default();
        let letters: Vec<(Mark, Letter)> = {
            let pages = book.pages.lock();
            verdict.problems.extend(pages.problems.iter().cloned());
            verdict.interrupted = pages.cut.len();
            for (chat, notices) in &pages.notices {
                verdict.notices(*chat, notices);
            }
            pages.letters.iter().map(|(mark, letter)| (mark.clone(), letter.clone())).collect()
        };
        verdict.messages = letters.len();
        for (mark, letter) in &letters {
            verdict.letter(mark, letter);
            if letter.copies > 1 {
                let shown = unknown_sends(stage, letter).await?;
                if shown + 1 < letter.copies {
                    verdict.unexplained.push(format!("{mark}: {} copies, explain shows {shown}", letter.copies));
                }
            }
        }
        verdict.notices_explained(stage, book, &letters).await?;
        let (executed, problems) = verdict.problems.drain(..).partition(|problem| problem.contains("the model was"));
        (verdict.executed_twice, verdict.problems) = (executed, problems);
        verdict.traces(&stage.traces(), &letters);
        verdict.transcripts(stage, &letters).await?;
        Ok(verdict)
    }

    fn letter(&mut self, mark: &Mark, letter: &Letter) {
        let is_answered = match &letter.place {
            Place::Telegram { .. } => letter.copies > 0 || (letter.is_cut && letter.is_over),
            Place::Window { .. } => letter.is_over,
        };
        if !is_answered {
            self.lost.push(format!("{mark}: no answer in {:?}", letter.place));
        }
        if letter.is_cut && letter.copies > 0 {
            self.executed_twice.push(format!("{mark}: reported as interrupted, and answered"));
        }
        let doubles = letter.copies.saturating_sub(1);
        self.telegram_doubles += doubles;
        self.in_doubt += letter.in_doubt;
        if doubles > letter.in_doubt {
            self.unexplained.push(format!("{mark}: {} copies, {} in doubt", letter.copies, letter.in_doubt));
        }
        if letter.ends > 1 {
            self.window_doubles.push(format!("{mark}: ended {} times", letter.ends));
        }
    }

    /// One notice for each run that was cut off with its tool at work, and doubles as for answers.
    fn notices(&mut self, chat: i64, notices: &Notices) {
        let doubles = notices.taken.saturating_sub(notices.runs.len());
        self.in_doubt += notices.in_doubt;
        self.telegram_doubles += doubles;
        let counts = format!("chat {chat}: {} notices of {} interruptions", notices.taken, notices.runs.len());
        if notices.taken < notices.runs.len() {
            self.lost.push(counts);
        } else if doubles > notices.in_doubt {
            self.unexplained.push(counts);
        }
    }

    async fn notices_explained(
        &mut self,
        stage: &Stage,
        book: &Book,
        letters: &[(Mark, Letter)],
    ) -> anyhow::Result<()> {
        let doubled = {
            let pages = book.pages.lock();
            let doubles = |notices: &Notices| notices.taken.saturating_sub(notices.runs.len());
            pages.notices.iter().map(|(chat, notices)| (*chat, doubles(notices))).collect::<Vec<_>>()
        };
        for (chat, doubles) in doubled.into_iter().filter(|(_, doubles)| *doubles > 0) {
            let mut shown = 0;
            for (_, letter) in letters.iter().filter(|(_, it)| it.is_cut && it.place.chat() == Some(chat)) {
                shown += unknown_sends(stage, letter).await?;
            }
            if shown < doubles {
                self.unexplained.push(format!("chat {chat}: {doubles} notices too many, explain shows {shown}"));
            }
        }
        Ok(())
    }

    /// Each tool did its work once; less only if it was cut off.
    fn traces(&mut self, traces: &[Mark], letters: &[(Mark, Letter)]) {
        let mut times: BTreeMap<&Mark, usize> = BTreeMap::new();
        traces.iter().for_each(|mark| *times.entry(mark).or_default() += 1);
        for (mark, letter) in letters.iter().filter(|(mark, _)| mark.wants_tool()) {
            match times.get(mark) {
                None if letter.is_cut => {}
                None => self.lost.push(format!("{mark}: its tool did nothing")),
                Some(1) => {}
                Some(times) => self.executed_twice.push(format!("{mark}: its tool worked {times} times")),
            }
        }
    }

    /// Each message and each answer stands once in its session.
    async fn transcripts(&mut self, stage: &Stage, letters: &[(Mark, Letter)]) -> anyhow::Result<()> {
        let client = stage.gateway.client().await?;
        let mut sessions: BTreeMap<String, Vec<&(Mark, Letter)>> = BTreeMap::new();
        letters.iter().for_each(|letter| sessions.entry(letter.1.place.session()).or_default().push(letter));
        for (session, letters) in sessions {
            let history = call(&client, "chat.history", &json!({ "sessionKey": session, "limit": 1000 })).await?;
            let said = said(&history);
            for (mark, letter) in letters {
                let times = |who: &str, what: &str| {
                    said.iter().filter(|(role, text)| role == who && text.contains(what)).count()
                };
                let (asked, answered) = (times("user", &mark.wish()), times("assistant", mark.as_str()));
                let expected = usize::from(!letter.is_cut);
                if asked < 1 || answered < expected {
                    self.lost.push(format!("{mark}: in {session} {asked} times asked, {answered} times answered"));
                }
                if asked > 1 || answered > expected {
                    let double = format!("{mark}: in {session} {asked} times asked, {answered} times answered");
                    match letter.place {
                        Place::Window { .. } => self.window_doubles.push(double),
                        Place::Telegram { .. } => self.executed_twice.push(double),
                    }
                }
            }
        }
        Ok(())
    }

    /// What the program itself says of the first messages that it failed.
    pub(crate) async fn chains(&self, stage: &Stage, book: &Book) -> anyhow::Result<String> {
        const SHOWN: usize = 3;
        let mut text = String::new();
        let mut marks: Vec<Mark> = self.failures().iter().flat_map(|failure| Mark::all_in(failure)).collect();
        marks.dedup();
        for mark in marks.into_iter().take(SHOWN) {
            let place = book.pages.lock().letters.get(&mark).map(|letter| letter.place.clone());
            let name = match place {
                Some(Place::Telegram { chat, message }) => format!("telegram:{chat}:{message}"),
                _ => mark.to_string(),
            };
            let told = stage.gateway.cli(&["explain", &name]).await?;
            text.push_str(&format!("\n{mark}\n{}", String::from_utf8_lossy(&told.stdout)));
        }
        Ok(text)
    }

    /// What speaks against the program.
    pub(crate) fn failures(&self) -> Vec<String> {
        let all = [
            ("lost", &self.lost),
            ("double in a window", &self.window_doubles),
            ("double without a doubt", &self.unexplained),
            ("executed twice", &self.executed_twice),
            ("strange", &self.problems),
        ];
        all.into_iter().flat_map(|(what, list)| list.iter().map(move |text| format!("{what}: {text}"))).collect()
    }
}
