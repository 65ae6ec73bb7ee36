//! One run, from the first commit to the last word.
//!
//! The loop: commit what was said, ask the model, commit its answer, run its tools, commit their results, ask again.
//! Money is reserved in the commit before each call and settled in the one after it.

mod ask; // one call to a model, with failover
mod batch; // one transaction
mod begin; // everything before the first call
mod calls; // the tools an answer asks for
mod end; // the last word, whatever it is
mod pin; // which credentials a session goes on with
mod said; // answers and words as entries
mod shrink; // compaction

use std::collections::VecDeque;
use std::sync::Arc;

pub(crate) use begin::chosen;
pub(crate) use said::{derived, notice};

use budget::Reservation;
use lanes::{Committed, Failover, RunContext, RunEnd, RunEvent, RunOutcome, RunStart, Sinks, StopCause, Stopper, Turn};
use provider::{Model, ModelRef, Profile, Thinking, Usage};
use serde_json::Value;
use sessions::Session;
use store::StoreError;
use tokio::sync::mpsc;

use crate::advice;
use crate::agents::Inner;
use crate::config::Config;
use crate::models::Unusable;
use crate::runs::{self, RowChange};
use crate::stream::Answer;
use crate::tool_call::gate::Standing;
use crate::tool_call::offer::Offer;
use pin::Pin;

/// Rounds of tools in one run: a model that never comes to an end is stopped here.
const MOST_ROUNDS: usize = 200;

/// A run at work.
pub(crate) struct Run {
    agents: Arc<Inner>,
    start: Arc<RunStart>,
    stop: Stopper,
    steer: mpsc::Receiver<Turn>,
    sinks: Sinks,
    session: Session,
    config: Arc<Config>,
    tools_config: Arc<sandbox::Config>,
    chain: Arc<[Result<Arc<Model>, Unusable>]>,
    /// Where in the chain we are, and the profiles of that model that are left, the current one first.
    at: usize,
    profiles: Option<VecDeque<Profile>>,
    pin: Option<Pin>,
    is_new_session: bool,
    /// How often the conversation had been summarised before this run.
    compactions_before: u64,
    standing: Standing,
    offer: Offer,
    thinking: Option<Thinking>,
    /// The level that a vendor takes which refused the wanted one.
    level_taken: Option<(ModelRef, Thinking)>,
    /// The prompt, for the model it was built for: it stays the same throughout the run.
    system: Option<(ModelRef, Arc<str>)>,
    /// Only so many of the last words of a person are sent, with what follows them.
    turns_sent: Option<usize>,
    /// The run before this one was stopped.
    after_abort: bool,
    verbose_tools: bool,
    shown: Shown,
    default_model: String,
    reservation: Option<(Arc<Model>, Reservation)>,
    /// Told with the next commit.
    facts: Vec<(&'static str, Value)>,
    /// Tokens the prompt took in the last call, if no compaction came since.
    context: Option<u64>,
    compactions: u32,
    texts: Vec<String>,
    usage: Usage,
    answered: Option<Arc<Model>>,
    failovers: Vec<Failover>,
}

/// What the session's person wants to see beside answers.
#[derive(Debug, Clone, Copy, Default)]
struct Shown {
    reasoning: bool,
    tools: ToolsShown,
    usage: UsageShown,
}

/// Which lines about tools stand between answers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum ToolsShown {
    #[default]
    Off,
    Calls,
    /// Their results too.
    Results,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum UsageShown {
    #[default]
    Off,
    Tokens,
    Full,
}

/// Why a run ends before its answer is whole.
pub(crate) enum Halt {
    /// It was asked to; what there is of the current answer.
    Stopped(Option<Box<(Arc<Model>, Answer)>>),
    /// For the person, and the error as the transcript keeps it.
    Failed { message: String, error: String },
    /// Nothing can be written any more.
    Store(StoreError),
}

impl From<StoreError> for Halt {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// Carries a run to its end.
pub(crate) async fn carry(agents: Arc<Inner>, start: RunStart, cx: RunContext) -> RunEnd {
    let started_at = start.at;
    tracing::info!(agent = start.turn.agent.as_str(), "run started");
    let clock = Arc::clone(&agents.parts.clock);
    let mut run = match Run::open(agents, start, cx).await {
        Ok(run) => run,
        Err(outcome) => return ended(outcome, started_at, clock.now_ms()),
    };
    let _timer = run.timer();
    let outcome = match run.work().await {
        Ok(()) => RunOutcome::Done,
        Err(halt) => run.halt(halt).await,
    };
    RunEnd {
        session: Some(run.session.id().clone()),
        model: run
            .answered
            .as_ref()
            .map(|model| (model.reference.provider.to_string(), model.reference.model.to_string())),
        usage: run.usage,
        failovers: std::mem::take(&mut run.failovers),
        texts: std::mem::take(&mut run.texts),
        ..ended(outcome, started_at, clock.now_ms())
    }
}

/// A run that panicked is over all the same: its row is closed and its chat is told, or it would run again after the
/// next start.
pub(crate) async fn broken(agents: &Inner, start: &RunStart, sinks: &Sinks) -> RunEnd {
    let outcome = RunOutcome::Failed { message: advice::BROKEN.to_owned() };
    tracing::error!(run = %start.run(), "a run panicked");
    let step = Committed::Ended { outcome: outcome.clone() };
    let (told, kept, change) = (sinks.clone(), start.clone(), RowChange::Close(outcome.clone()));
    let written = agents.parts.store.write(move |tx| {
        runs::apply(tx, &kept, &change)?;
        tx.fact(kept.run().as_str(), "run.ended", &"panicked")?;
        told.commit(tx, &kept, &step)?;
        Ok(step)
    });
    match written.await {
        Ok(step) => sinks.committed(start, &step),
        Err(error) => tracing::error!(run = %start.run(), %error, "the end of a run could not be written"),
    }
    ended(outcome, start.at, agents.parts.clock.now_ms())
}

/// The end of a run that said nothing.
pub(crate) fn ended(outcome: RunOutcome, started_at: i64, ended_at: i64) -> RunEnd {
    let (texts, failovers, usage) = (Vec::new(), Vec::new(), Usage::default());
    RunEnd { outcome, started_at, ended_at, texts, session: None, model: None, usage, failovers }
}

impl Run {
    async fn work(&mut self) -> Result<(), Halt> {
        self.begin().await?;
        for _ in 0..MOST_ROUNDS {
            self.shrink_if_needed().await?;
            let (model, answer) = self.ask().await?;
            if self.take(&model, answer).await? {
                return Ok(());
            }
        }
        let message = format!("I stopped after {MOST_ROUNDS} rounds of tools without an end: tell me how to go on.");
        Err(Halt::Failed { error: message.clone(), message })
    }

    fn tell(&self, event: &RunEvent) {
        self.sinks.on(&self.start, event);
    }

    fn is_stopped(&self) -> bool {
        self.stop.token().is_cancelled()
    }

    fn stop_cause(&self) -> StopCause {
        self.stop.cause().unwrap_or(StopCause::Shutdown)
    }

    fn now_ms(&self) -> i64 {
        self.agents.parts.clock.now_ms()
    }

    /// Turns steered into the run since the last look.
    fn steered(&mut self) -> Vec<Turn> {
        std::iter::from_fn(|| self.steer.try_recv().ok()).collect()
    }
}
