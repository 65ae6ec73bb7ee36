//! The engine's handle: takes batches from accounts and requests from clients, and takes up what a crash left.

mod actor;
mod greeting;
mod judge;
mod turns;

use std::{fmt, sync::Arc};

use ::config::Live;
use accounts::{Arrived, Inbox, NotAccepted};
use async_trait::async_trait;
use channel::{Change, SendKey};
use ids::{AgentId, EventId, RunId, SessionKey};
use jiff::tz::TimeZone;
use lanes::{Lanes, ReplyTo, Turn, TurnOptions};
use outbound::Deliveries;
use sessions::Sessions;
use stdx::{CancellationToken, Clock, Entropy, Gate, OwnedTask, OwnedTasks};
use store::{Store, Tx};
use tokio::sync::mpsc;
use tool::Provenance;
use tracing::info;

use crate::{
    Admission, AllowLists, Config, Conversation, InboundError, Networks, Parsed, People, Shown, SystemEvents,
    journal::{self, Draft, Item, Message, OpenRow, Request},
    parse_directive,
};
use actor::Actor;
use greeting::{Greeting, Strangers};
use judge::{Judge, Judged};

/// Batches that wait for the intake task; an account that fills it is not asked for more.
pub(crate) const INTAKE_CAPACITY: usize = 64;
/// Messages whose files are fetched, or whose command runs, at once.
pub(crate) const PREPARING_CAPACITY: u32 = 64;

/// What the engine is made of.
pub struct Parts {
    pub store: Store,
    pub clock: Arc<dyn Clock>,
    pub entropy: Arc<dyn Entropy>,
    pub config: Live<Config>,
    pub zone: TimeZone,
    pub sessions: Arc<Sessions>,
    pub lanes: Lanes,
    pub deliveries: Deliveries,
    pub people: Arc<dyn People>,
    pub networks: Arc<dyn Networks>,
    pub conversation: Arc<dyn Conversation>,
    pub lists: Arc<dyn AllowLists>,
    pub shown: Arc<dyn Shown>,
    pub system_events: Arc<SystemEvents>,
}

impl fmt::Debug for Parts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Parts")
    }
}

pub(crate) struct Inner {
    pub(crate) store: Store,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) config: Live<Config>,
    pub(crate) zone: TimeZone,
    pub(crate) sessions: Arc<Sessions>,
    pub(crate) lanes: Lanes,
    pub(crate) deliveries: Deliveries,
    pub(crate) people: Arc<dyn People>,
    pub(crate) networks: Arc<dyn Networks>,
    pub(crate) conversation: Arc<dyn Conversation>,
    pub(crate) lists: Arc<dyn AllowLists>,
    pub(crate) shown: Arc<dyn Shown>,
    pub(crate) system_events: Arc<SystemEvents>,
    pub(crate) tasks: OwnedTasks,
    /// Clients reach the program before what the last process left is taken up: a row or a run of theirs must not be
    /// mistaken for one that a crash cut off.
    pub(crate) gate: Gate,
    judge: Judge,
    strangers: Strangers,
    work: mpsc::Sender<Work>,
}

/// A journalled message on its way to a turn.
#[derive(Debug, Clone)]
pub(crate) struct Fresh {
    pub(crate) event: EventId,
    pub(crate) message: Box<Message>,
}

pub(crate) enum Work {
    Messages(Vec<Fresh>),
    Request(EventId, Box<Request>),
}

/// A run that was cut off, as the agent engine found it.
#[derive(Debug, Clone)]
pub struct Cut {
    pub run: RunId,
    pub key: SessionKey,
    pub agent: AgentId,
    pub causes: Vec<EventId>,
    pub reply: ReplyTo,
    pub provenance: Provenance,
}

/// The engine's handle.
#[derive(Clone)]
pub struct Intake {
    pub(crate) inner: Arc<Inner>,
    _task: Arc<OwnedTask>,
}

impl fmt::Debug for Intake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Intake")
    }
}

impl Intake {
    /// Starts the engine. Nothing is taken before [`Intake::recover`] or [`Intake::open`].
    #[must_use]
    pub fn start(parts: Parts, cancel: &CancellationToken) -> Self {
        let (work, inbox) = mpsc::channel(INTAKE_CAPACITY);
        let Parts { store, clock, entropy, config, zone, sessions, lanes, deliveries, people, networks, .. } = parts;
        let inner = Arc::new(Inner {
            judge: Judge::default(),
            strangers: Strangers::default(),
            gate: Gate::closed(),
            tasks: OwnedTasks::new("intake", cancel, PREPARING_CAPACITY),
            work,
            store,
            clock,
            entropy,
            config,
            zone,
            sessions,
            lanes,
            deliveries,
            people,
            networks,
            conversation: parts.conversation,
            lists: parts.lists,
            shown: parts.shown,
            system_events: parts.system_events,
        });
        let actor = Actor::new(Arc::clone(&inner));
        let task = OwnedTask::spawn(cancel, |cancel| actor.run(inbox, cancel));
        Self { inner, _task: Arc::new(task) }
    }

    /// Takes up what the last process left: cut runs go on, and rows without a run get theirs, in the order in which
    /// they were taken. Rows that are part of a cut run end with it.
    ///
    /// # Errors
    /// The store's.
    pub async fn recover(&self, cut: Vec<Cut>) -> Result<usize, InboundError> {
        let rows = self.inner.store.read(journal::open).await?;
        self.inner.store.write(journal::sweep).await?;
        // What was steered into a run belongs to it as much as what began it.
        let resumed: Vec<RunId> = cut.iter().map(|run| run.run.clone()).collect();
        let is_resumed = |row: &OpenRow| row.run.as_ref().is_some_and(|run| resumed.iter().any(|r| r.as_str() == run));
        let mut count = cut.len();
        for run in cut {
            info!(run = %run.run, session = %run.key, "a run that was cut off goes on");
            let channel = match &run.reply {
                ReplyTo::Channel { channel, .. } => channel.as_str(),
                ReplyTo::Operators => journal::CLIENTS,
            };
            let settings = self.inner.config.get().queue(channel);
            self.inner.lanes.submit(resumed_turn(run), settings).await?;
        }
        for OpenRow { event, item, .. } in rows.into_iter().filter(|row| !is_resumed(row)) {
            count += 1;
            let work = match item {
                Item::Message(message) => Work::Messages(vec![Fresh { event, message }]),
                Item::Request(request) => Work::Request(event, request),
            };
            self.inner.hand_on(work).await;
        }
        self.open();
        Ok(count)
    }

    /// What the last process left is not taken up here: what is new need not wait for it.
    pub fn open(&self) {
        self.inner.gate.open();
    }
}

fn resumed_turn(cut: Cut) -> Turn {
    Turn {
        run: cut.run,
        key: cut.key,
        agent: cut.agent,
        causes: cut.causes,
        text: String::new(),
        files: Vec::new(),
        provenance: cut.provenance,
        reply: cut.reply,
        lane: lanes::LaneName::Main,
        queued: lanes::Queued::default(),
        options: TurnOptions { resume: true, ..TurnOptions::default() },
    }
}

impl Inner {
    pub(crate) fn new_event(&self) -> EventId {
        let mut bytes = [0; 16];
        self.entropy.fill(&mut bytes);
        EventId::new(u64::try_from(self.clock.now_ms()).unwrap_or(0), u128::from_le_bytes(bytes))
    }

    pub(crate) fn new_run(&self) -> RunId {
        let mut bytes = [0; 16];
        self.entropy.fill(&mut bytes);
        let text = uuid::Builder::from_random_bytes(bytes).into_uuid().to_string();
        // A uuid always parses as a name.
        text.parse().unwrap_or_else(|_| RunId::random())
    }

    /// Room for work that is about to be journalled; `None` when the gateway stops.
    pub(crate) async fn room(&self) -> Option<mpsc::OwnedPermit<Work>> {
        self.work.clone().reserve_owned().await.ok()
    }

    pub(crate) async fn hand_on(&self, work: Work) {
        // The receiver is gone only when the gateway stops: the rows are taken up after the next start.
        let _stopping = self.work.send(work).await;
    }

    /// Judges and journals a batch, and hands it on; resolves when it is on disk.
    async fn journal(&self, batch: Vec<Arrived>) -> Result<(), InboundError> {
        self.gate.passed().await;
        let mut drafts = Vec::with_capacity(batch.len());
        for arrived in batch {
            let (draft, greeting) = self.draft(arrived).await?;
            drafts.push((draft, greeting));
        }
        let deliveries = self.deliveries.clone();
        let room = self.room().await;
        let places = self
            .store
            .write(move |tx| {
                let mut fresh = Vec::new();
                let mut places = Vec::new();
                for (draft, greeting) in drafts {
                    if !journal::accept(tx, &draft)? {
                        continue;
                    }
                    if let Some(greeting) = greeting
                        && greeting.stage(tx, &deliveries, &draft)?
                    {
                        places.push(greeting.place);
                    }
                    if let Item::Message(message) = draft.item {
                        fresh.push(Fresh { event: draft.event, message });
                    }
                }
                if !fresh.is_empty() {
                    hand_on_with(tx, room, Work::Messages(fresh));
                }
                Ok(places)
            })
            .await?;
        places.iter().for_each(|place| self.deliveries.wake(place));
        Ok(())
    }

    async fn draft(&self, mut arrived: Arrived) -> Result<(Draft, Option<Greeting>), InboundError> {
        let config = self.config.get();
        let is_ours = self.is_about_ours(&mut arrived).await?;
        let Judged { mut verdict, route, ack, me } = self.judge.judge(self, &config, &arrived, is_ours).await?;
        let event = self.new_event();
        let Arrived { channel, account, .. } = &arrived;
        info!(%event, %channel, %account, verdict = ?verdict.admission, rule = %verdict.rule, "a message arrived");
        let mut greeting = None;
        if verdict.admission == Admission::Pair {
            match self.strangers.greet(self, &arrived).await {
                Ok(greeted) => greeting = greeted,
                Err(problem) => verdict.rule.push_str(&format!("; no code, because {problem}")),
            }
        }
        let Arrived { channel, account, inbound } = arrived;
        let vendor = inbound.event.clone();
        let run = self.new_run();
        let message = Message { channel, account, inbound, verdict, route: Some(route), run, ack, me };
        Ok((Draft { event, vendor, item: Item::Message(Box::new(message)) }, greeting))
    }

    /// What a message commands. The account may not be connected when it is taken up again.
    fn parse(&self, message: &Message) -> Parsed {
        // Rows of earlier versions do not say who we were.
        let me = message.me.clone().or_else(|| self.networks.username(&message.channel, &message.account));
        parse_directive(&message.inbound.text, me.as_deref())
    }
}

impl Inner {
    /// Whether a reaction is to a message of ours. Networks may not say in which thread that stands; we know.
    async fn is_about_ours(&self, arrived: &mut Arrived) -> Result<bool, InboundError> {
        let Arrived { channel, account, inbound } = arrived;
        if inbound.change != Change::Reacted {
            return Ok(false);
        }
        let sent = self.deliveries.sent_in(channel, account, &inbound.peer.id, &inbound.message).await?;
        let is_ours = sent.is_some();
        inbound.thread = inbound.thread.take().or(sent.flatten());
        Ok(is_ours)
    }
}

/// Hands work on in its own commit: whoever asked may go away meanwhile, and its row would wait for the next start.
pub(crate) fn hand_on_with(tx: &Tx<'_>, room: Option<mpsc::OwnedPermit<Work>>, work: Work) {
    if let Some(room) = room {
        tx.after_commit(move || drop(room.send(work)));
    }
}

#[async_trait]
impl Inbox for Intake {
    async fn accept(&self, batch: Vec<Arrived>) -> Result<(), NotAccepted> {
        self.inner.journal(batch).await.map_err(|error| NotAccepted(error.to_string()))
    }
}

/// The key of an answer's pieces.
#[must_use]
pub(crate) fn answer_name(event: &EventId) -> String {
    let SendKey(name) = SendKey(format!("{event}:answer").into());
    name.to_string()
}
