//! The task that owns all lanes: receives or wakes at a deadline, asks the pure lane, performs what it says.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
    time::{Duration, Instant},
};

use futures_util::{StreamExt, future::BoxFuture, stream::FuturesUnordered};
use ids::{RunId, SessionKey};
use stdx::{CancellationToken, OwnedTask, TaskEnd, TtlMap};
use tokio::sync::{mpsc, oneshot, watch};
use tracing::{info, warn};

use super::{Command, Ended, Figures, Neighbours, OtherSession, STEER_CAPACITY, StopScope, places::Places};
use crate::{
    Accepted, Committed, Config, Effect, Event, Lane, Queued, RunContext, RunEnd, RunEvent, RunOutcome, RunStart,
    StopCause, Stopper, Turn, merge, ticket::Filled,
};

/// How long an ended run is remembered, and how many are.
const REMEMBERED_FOR: Duration = Duration::from_secs(600);
const REMEMBERED: usize = 1000;
/// A run that waits longer than this for a free place is worth a line in the log.
const PATIENCE: Duration = Duration::from_secs(2);

type Redeemed = (SessionKey, u64, Queued, Option<Filled>);
type Finished = (SessionKey, RunId, Arc<RunEnd>);

struct Current {
    start: Arc<RunStart>,
    stop: Stopper,
    steer: mpsc::Sender<Turn>,
}

#[derive(Default)]
struct Session {
    lane: Lane,
    current: Option<Current>,
    wake: Option<Instant>,
    idle: Vec<oneshot::Sender<()>>,
}

pub(super) struct Actor {
    neighbours: Neighbours,
    cancel: CancellationToken,
    sessions: HashMap<SessionKey, Session>,
    wakes: BTreeSet<(Instant, SessionKey)>,
    places: Places,
    tickets: FuturesUnordered<BoxFuture<'static, Redeemed>>,
    next_ticket: u64,
    runs: FuturesUnordered<BoxFuture<'static, Finished>>,
    ended: TtlMap<RunId, Ended>,
    followers: HashMap<RunId, Vec<oneshot::Sender<Arc<RunEnd>>>>,
    waiters: HashMap<RunId, Vec<oneshot::Sender<Ended>>>,
    draining: Option<(Instant, Vec<oneshot::Sender<()>>)>,
}

impl Actor {
    pub(super) fn new(config: Config, neighbours: Neighbours, cancel: CancellationToken) -> Self {
        Self {
            places: Places::new(&config),
            neighbours,
            cancel,
            sessions: HashMap::new(),
            wakes: BTreeSet::new(),
            tickets: FuturesUnordered::new(),
            next_ticket: 0,
            runs: FuturesUnordered::new(),
            ended: TtlMap::new(REMEMBERED, REMEMBERED_FOR),
            followers: HashMap::new(),
            waiters: HashMap::new(),
            draining: None,
        }
    }

    pub(super) async fn run(mut self, mut commands: mpsc::Receiver<Command>, figures: watch::Sender<Figures>) {
        loop {
            figures.send_replace(self.places.figures());
            let wake = self.next_wake();
            tokio::select! {
                // Ends before beginnings: a session's next turn must see that the last one is over.
                biased;
                () = self.cancel.cancelled() => return,
                Some((key, run, end)) = self.runs.next() => self.finish(&key, run, &end),
                Some((key, ticket, queued, filled)) = self.tickets.next() => self.redeem(&key, ticket, queued, filled),
                command = commands.recv() => match command {
                    Some(command) => self.command(command),
                    None => return,
                },
                () = until(wake) => self.wake(),
            }
            if self.drained() {
                return;
            }
        }
    }

    fn now(&self) -> Instant {
        self.neighbours.clock.now()
    }

    fn command(&mut self, command: Command) {
        match command {
            Command::Reserve { key, redeem } => self.reserve(key, redeem),
            Command::Stop { scope, cause, stopped } => {
                let runs = self.stop(scope, cause);
                told(stopped, runs);
            }
            Command::Follow { run, end } => {
                self.followers.retain(|_, followers| {
                    followers.retain(|follower| !follower.is_closed());
                    !followers.is_empty()
                });
                self.followers.entry(run).or_default().push(end);
            }
            Command::Wait { run, end } => self.wait(run, end),
            Command::Idle { key, idle } => match self.sessions.get_mut(&key).filter(|s| s.current.is_some()) {
                Some(session) => session.idle.push(idle),
                None => told(idle, ()),
            },
            Command::Depth { key, depth } => {
                let session = self.sessions.get(&key);
                let answer = session.map_or((0, false), |s| (s.lane.depth(), s.current.is_some()));
                told(depth, answer);
            }
            Command::Drain { grace, done } => {
                let until = self.now() + grace;
                self.draining.get_or_insert((until, Vec::new())).1.push(done);
                // Nobody is told: their rows stay open, and the next start takes them up.
                self.places.forget_all();
            }
            Command::Configure(config) => {
                self.places.configure(&config);
                self.start_waiting();
            }
        }
    }

    fn reserve(&mut self, key: SessionKey, redeem: oneshot::Receiver<Filled>) {
        if self.draining.is_some() {
            return;
        }
        let ticket = self.next_ticket;
        self.next_ticket += 1;
        let ahead = self.sessions.get(&key).map_or(0, |s| s.lane.depth() + usize::from(s.current.is_some()));
        let queued = Queued { ahead, since: self.neighbours.clock.now_ms(), ..Queued::default() };
        self.apply(&key, Event::Reserve(ticket));
        self.tickets.push(Box::pin(async move { (key, ticket, queued, redeem.await.ok()) }));
    }

    fn redeem(&mut self, key: &SessionKey, ticket: u64, queued: Queued, filled: Option<Filled>) {
        match filled {
            Some(Filled { mut turn, settings }) if self.draining.is_none() => {
                turn.queued = Queued { mode: settings.mode, priority: settings.priority, ..queued };
                let busy = self.sessions.get(key).is_some_and(|session| session.current.is_some());
                self.neighbours.sinks.accepted(&turn, if busy { Accepted::Queued } else { Accepted::Started });
                self.apply(key, Event::Fill { ticket, turn, settings });
            }
            _ => self.apply(key, Event::Withdraw(ticket)),
        }
    }

    fn apply(&mut self, key: &SessionKey, event: Event) {
        let now = self.now();
        let session = self.sessions.entry(key.clone()).or_default();
        let mut effects = Vec::new();
        let wake = session.lane.on(event, now, &mut effects);
        if session.wake != wake {
            if let Some(old) = std::mem::replace(&mut session.wake, wake) {
                self.wakes.remove(&(old, key.clone()));
            }
            if let Some(at) = wake {
                self.wakes.insert((at, key.clone()));
            }
        }
        for effect in effects {
            self.perform(key, effect);
        }
        if self.sessions.get(key).is_some_and(|s| s.lane.is_idle() && s.current.is_none()) {
            self.sessions.remove(key);
        }
    }

    fn perform(&mut self, key: &SessionKey, effect: Effect) {
        match effect {
            Effect::Start(turn) => {
                let now = self.now();
                if let Some(turn) = self.places.enter(turn, now) {
                    self.start(*turn);
                }
            }
            Effect::Steer(turn) => self.steer(key, turn),
            Effect::Stop(cause) => {
                if let Some(current) = self.sessions.get(key).and_then(|s| s.current.as_ref()) {
                    self.halt(current, cause);
                } else if let Some(turn) = self.places.withdraw(key) {
                    self.release(&turn, None);
                    self.apply(key, Event::Ended);
                }
            }
            Effect::Merged { turn, into } => self.release(&turn, Some(&into)),
            Effect::Dropped(turn) => self.release(&turn, None),
        }
    }

    /// Asks the run to stop; whoever watches hears of it at once, the first time.
    fn halt(&self, current: &Current, cause: StopCause) {
        if current.stop.cause().is_none() {
            current.stop.stop(cause);
            self.neighbours.sinks.on(&current.start, &RunEvent::Stopping { cause });
        }
    }

    /// The turn has no run of its own: those who follow it hear no more.
    fn release(&mut self, turn: &Turn, into: Option<&RunId>) {
        self.followers.remove(&turn.run);
        self.neighbours.sinks.released(turn, into);
    }

    fn steer(&mut self, key: &SessionKey, turn: Box<Turn>) {
        let current = self.sessions.get(key).and_then(|session| session.current.as_ref());
        // An answer must not go where half of its question did not come from.
        // Nor may words of a bystander enter a run that has its owner's power.
        let current = current.filter(|current| {
            let running = &current.start.turn;
            // One that is taken up again may find that its conversation started over, and ends without having listened.
            let listens = !running.options.resume;
            listens && merge::same_place(running, &turn) && running.is_trusted() == turn.is_trusted()
        });
        let refused = match current {
            Some(current) => {
                let (into, copy) = (current.start.run().clone(), (*turn).clone());
                match current.steer.try_send(*turn) {
                    // A copy without causes has its own turn in the line.
                    Ok(()) if copy.causes.is_empty() => return,
                    Ok(()) => return self.release(&copy, Some(&into)),
                    Err(mpsc::error::TrySendError::Full(turn) | mpsc::error::TrySendError::Closed(turn)) => {
                        Box::new(turn)
                    }
                }
            }
            None => turn,
        };
        self.apply(key, Event::Return(refused));
    }

    fn start(&mut self, turn: Turn) {
        let key = turn.key.clone();
        let run = turn.run.clone();
        let stop = Stopper::default();
        let (steer, steered) = mpsc::channel(STEER_CAPACITY);
        let start = RunStart { turn, at: self.neighbours.clock.now_ms() };
        let current = Current { start: Arc::new(start.clone()), stop: stop.clone(), steer };
        self.sessions.entry(key.clone()).or_default().current = Some(current);
        let cx = RunContext { stop, steer: steered, sinks: self.neighbours.sinks.clone() };
        let neighbours = self.neighbours.clone();
        let task = OwnedTask::spawn(&self.cancel, |_| neighbours.runner.run(start.clone(), cx));
        self.runs.push(Box::pin(async move {
            let end = match task.join().await {
                TaskEnd::Done(end) => end,
                TaskEnd::Panicked(what) => broken(&neighbours, &start, &what).await,
                TaskEnd::Aborted => broken(&neighbours, &start, "the task was aborted").await,
            };
            neighbours.sinks.on(&start, &RunEvent::Ended(end.clone()));
            (key, run, Arc::new(end))
        }));
    }

    fn finish(&mut self, key: &SessionKey, run: RunId, end: &Arc<RunEnd>) {
        let now = self.now();
        if let Some(session) = self.sessions.get_mut(key) {
            if let Some(current) = session.current.take() {
                self.places.leave(current.start.turn.lane);
            }
            for idle in session.idle.drain(..) {
                told(idle, ());
            }
        }
        let ended = Ended { outcome: end.outcome.clone(), started_at: end.started_at, ended_at: end.ended_at };
        for follower in self.followers.remove(&run).unwrap_or_default() {
            told(follower, Arc::clone(end));
        }
        for waiter in self.waiters.remove(&run).unwrap_or_default() {
            told(waiter, ended.clone());
        }
        self.ended.insert(run, ended, now);
        self.apply(key, Event::Ended);
        self.start_waiting();
    }

    fn start_waiting(&mut self) {
        while self.draining.is_none() {
            let Some((turn, waited)) = self.places.next(self.now()) else { return };
            if waited > PATIENCE {
                info!(run = %turn.run, waited_ms = waited.as_millis(), "a run waited for a free place");
            }
            self.start(*turn);
        }
    }

    fn stop(&mut self, scope: StopScope, cause: StopCause) -> Result<Vec<RunId>, OtherSession> {
        match scope {
            StopScope::Run(run, key) => {
                let mut running = self.sessions.iter().filter_map(|(key, s)| Some((key, s.current.as_ref()?)));
                match running.find(|(_, current)| *current.start.run() == run) {
                    Some((other, _)) if *other != key => Err(OtherSession),
                    // A run that was told before and has not ended yet is no longer there for clients.
                    Some((_, current)) if current.stop.cause().is_some() => Ok(Vec::new()),
                    Some((_, current)) => {
                        self.halt(current, cause);
                        Ok(vec![run])
                    }
                    None => Ok(if self.let_go(&run, &key) { vec![run] } else { Vec::new() }),
                }
            }
            StopScope::Session(key) => {
                let Some(session) = self.sessions.get(&key) else { return Ok(Vec::new()) };
                let current = session.current.iter().filter(|current| current.stop.cause().is_none());
                let mut runs: Vec<RunId> = current.map(|current| current.start.run().clone()).collect();
                runs.extend(self.places.waiting(&key).map(|turn| turn.run.clone()));
                runs.extend(session.lane.waiting().map(|turn| turn.run.clone()));
                self.apply(&key, Event::Stop(cause));
                Ok(runs)
            }
        }
    }

    /// Takes a run that has not started out of its line, or out of the wait for a free place.
    fn let_go(&mut self, run: &RunId, key: &SessionKey) -> bool {
        if self.places.waiting(key).is_some_and(|turn| turn.run == *run) {
            self.perform(key, Effect::Stop(StopCause::Rpc));
            return true;
        }
        let waits = self.sessions.get(key).is_some_and(|s| s.lane.waiting().any(|turn| turn.run == *run));
        if waits {
            self.apply(key, Event::Remove(run.clone()));
        }
        waits
    }

    fn wait(&mut self, run: RunId, end: oneshot::Sender<Ended>) {
        if let Some(ended) = self.ended.get(&run, self.now()) {
            told(end, ended.clone());
            return;
        }
        self.waiters.retain(|_, waiters| {
            waiters.retain(|waiter| !waiter.is_closed());
            !waiters.is_empty()
        });
        self.waiters.entry(run).or_default().push(end);
    }

    fn next_wake(&self) -> Option<Instant> {
        let lanes = self.wakes.first().map(|(at, _)| *at);
        let drain = self.draining.as_ref().map(|(at, _)| *at);
        lanes.into_iter().chain(drain).min()
    }

    fn wake(&mut self) {
        let now = self.now();
        if self.draining.as_ref().is_some_and(|(at, _)| *at <= now) {
            for current in self.sessions.values().filter_map(|session| session.current.as_ref()) {
                self.halt(current, StopCause::Shutdown);
            }
            if let Some((at, _)) = &mut self.draining {
                *at = now + Duration::from_secs(3600);
            }
        }
        while let Some((_, key)) = self.wakes.first().filter(|(at, _)| *at <= now).cloned() {
            self.apply(&key, Event::Wake);
            self.wakes.retain(|(at, k)| *k != key || *at > now);
        }
    }

    fn drained(&mut self) -> bool {
        let done = self.runs.is_empty();
        match &mut self.draining {
            Some((_, waiting)) if done => {
                waiting.drain(..).for_each(|waiting| told(waiting, ()));
                true
            }
            _ => false,
        }
    }
}

/// Answers whoever asked, who may have gone.
fn told<T>(asked: oneshot::Sender<T>, answer: T) {
    let _gone = asked.send(answer);
}

async fn until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at.into()).await,
        None => std::future::pending().await,
    }
}

/// A run that panicked has committed no end: it is committed here, so that its chat is told and nothing waits for it.
async fn broken(neighbours: &Neighbours, start: &RunStart, what: &str) -> RunEnd {
    warn!(run = %start.turn.run, what, "a run broke");
    let outcome = RunOutcome::Failed {
        message: "⚠️ Something broke inside the gateway. The log has the details; please try again.".into(),
    };
    let step = Committed::Ended { outcome: outcome.clone() };
    let (sinks, kept, kept_step) = (neighbours.sinks.clone(), start.clone(), step.clone());
    match neighbours.store.write(move |tx| sinks.commit(tx, &kept, &kept_step)).await {
        Ok(()) => neighbours.sinks.committed(start, &step),
        Err(error) => warn!(run = %start.turn.run, %error, "the end of a broken run could not be written"),
    }
    let now = neighbours.clock.now_ms();
    RunEnd {
        outcome,
        started_at: start.at,
        ended_at: now,
        texts: Vec::new(),
        session: None,
        model: None,
        usage: provider::Usage::default(),
        failovers: Vec::new(),
    }
}
