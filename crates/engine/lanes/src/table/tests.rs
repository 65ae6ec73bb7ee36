//! The lanes' task with a runner whose runs end when they are told to.

use std::time::Duration;

use futures_util::future::BoxFuture;
use stdx::SystemClock;
use tokio::sync::Semaphore;

use super::*;
use crate::{QueueMode, RunContext, RunStart};

/// Tells of every run that starts, and lets one end for each permit.
struct Held {
    started: mpsc::Sender<RunStart>,
    may_end: Arc<Semaphore>,
}

impl Runner for Held {
    fn run(&self, start: RunStart, _cx: RunContext) -> BoxFuture<'static, RunEnd> {
        let (started, may_end) = (self.started.clone(), Arc::clone(&self.may_end));
        Box::pin(async move {
            let at = start.at;
            started.send(start).await.unwrap();
            may_end.acquire().await.unwrap().forget();
            RunEnd {
                outcome: RunOutcome::Done,
                started_at: at,
                ended_at: at,
                texts: Vec::new(),
                session: None,
                model: None,
                usage: provider::Usage::default(),
                failovers: Vec::new(),
            }
        })
    }
}

#[tokio::test]
async fn a_run_that_starts_knows_its_priority_and_who_stood_before_it() {
    let (started, mut starts) = mpsc::channel(8);
    let may_end = Arc::new(Semaphore::new(0));
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let neighbours = Neighbours {
        runner: Arc::new(Held { started, may_end: Arc::clone(&may_end) }),
        sinks: Sinks::default(),
        store: Store::memory(&[], Arc::clone(&clock)).unwrap(),
        clock,
    };
    let config = Config { main: 1, ..Config::default() };
    let lanes = Lanes::start(config, neighbours, &CancellationToken::new());
    for (name, session, priority) in [("first", "a", 0), ("behind", "a", 0), ("low", "b", 0), ("high", "c", 5)] {
        let key: SessionKey = format!("agent:main:{session}").parse().unwrap();
        let turn = Turn { key: key.clone(), ..Turn::sample(name) };
        let (mode, debounce) = (QueueMode::Followup, Duration::ZERO);
        lanes.submit(turn, QueueSettings { mode, debounce, priority, ..QueueSettings::default() }).await.unwrap();
        // Answered after what was submitted has its place.
        lanes.depth(key).await;
    }
    let mut seen = Vec::new();
    for _ in 0..4 {
        let turn = starts.recv().await.unwrap().turn;
        assert_eq!(turn.queued.mode, QueueMode::Followup);
        seen.push((turn.run.to_string(), turn.queued.priority, turn.queued.ahead));
        may_end.add_permits(1);
    }
    let expected = [("first", 0, 0), ("high", 5, 0), ("low", 0, 0), ("behind", 0, 1)];
    assert_eq!(seen, expected.map(|(name, priority, ahead)| (name.to_owned(), priority, ahead)));
}
