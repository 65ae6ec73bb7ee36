//! `kill -9` from another process at 200 seeded moments of a load of fifty chats, counted at the vendors and windows.
//!
//! `KILLS`, `KILL_SEED` change the run; `KILL_REPORT=1` keeps the report in docs/measurements.md.

#![cfg(test)]
#![expect(clippy::print_stdout, reason = "the report is the result")]

mod aftermath;
mod aim;
mod bell;
mod book;
mod journal;
mod letter;
mod mark;
mod people;
mod report;
mod stage;
mod step;
mod verdict;

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rand::{Rng as _, SeedableRng as _, rngs::StdRng};
use tokio::task::JoinSet;

use aim::Aim;
use book::Book;
use journal::Journal;
use report::Report;
use stage::Stage;
use verdict::Verdict;

const ON_TELEGRAM: u32 = 30;
const AT_WINDOWS: u32 = 20;
const KILLS: usize = 200;
/// So many kills must have met each step.
const LEAST: usize = 5;
/// How long the last answers may take after the last start.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long a kill waits for the moment it is aimed at.
const AIMING: Duration = Duration::from_secs(2);

/// How long a life gets on before a kill is aimed.
const LIFE_MS: std::ops::Range<u64> = 60..260;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_kills_lose_nothing_and_double_only_what_nobody_knew() -> anyhow::Result<()> {
    let kills = asked("KILLS").map(usize::try_from).transpose()?.unwrap_or(KILLS);
    let seed = asked("KILL_SEED").unwrap_or(1);
    let began = Instant::now();
    let book = Arc::new(Book::new());
    let mut stage = Stage::set(&book, ON_TELEGRAM).await?;
    let mut people = JoinSet::new();
    for (chat, person) in (0..).zip(stage.people.clone()) {
        let book = Arc::clone(&book);
        people.spawn(async move {
            people::on_telegram(book, person, seed, chat).await;
            Ok(())
        });
    }
    for chat in ON_TELEGRAM..ON_TELEGRAM + AT_WINDOWS {
        people.spawn(people::at_a_window(Arc::clone(&book), stage.line(), seed, chat));
    }
    let mut rng = StdRng::seed_from_u64(seed);
    let mut standings = Vec::new();
    for _ in 0..kills {
        aimed(&book, Aim::next(kills, &standings), &mut rng).await;
        stage.kill().await?;
        let journal = Journal::read(&stage.gateway.home().state())?;
        standings.push(book.killed(&journal, &stage.telegram.unconfirmed_texts()));
        stage.restart().await?;
    }
    book.stop();
    let ended = async {
        while let Some(ended) = people.join_next().await {
            ended??;
        }
        anyhow::Ok(())
    };
    // Who has no answer by then is found in the book.
    let _late = tokio::time::timeout(PATIENCE, ended).await;
    let verdict = Verdict::of(&stage, &book).await?;
    let report = Report { seed, kills, met: Report::met(&standings), took: began.elapsed(), verdict };
    println!("{report}");
    if asked("KILL_REPORT").is_some() {
        report.keep_in(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/measurements.md"))?;
    }
    let failures = report.verdict.failures();
    let chains = report.verdict.chains(&stage, &book).await?;
    assert!(failures.is_empty(), "{} failures:\n{}\n{chains}", failures.len(), failures.join("\n"));
    let left = Journal::read(&stage.gateway.home().state())?;
    assert!(left.is_done(), "left in the journal: {left:#?}");
    let missed = report.missed(if kills < KILLS { 0 } else { LEAST });
    assert!(missed.is_empty(), "fewer than {LEAST} kills met {missed:?}");
    Ok(())
}

/// Lets the life get on, then waits for the moment: the schedule of kills, by the seed.
async fn aimed(book: &Book, aim: Option<Aim>, rng: &mut StdRng) {
    tokio::time::sleep(Duration::from_millis(rng.random_range(LIFE_MS))).await;
    let Some(aim) = aim else { return };
    book.next(aim.moment, AIMING).await;
    let later = aim.after(rng);
    if later > 0 {
        tokio::time::sleep(Duration::from_millis(later)).await;
    }
}

#[expect(clippy::disallowed_methods, reason = "tests are told by the environment what to run")]
fn asked(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}
