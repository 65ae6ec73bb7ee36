//! One process: the shipped engines, put together and taken up again as the program does it.

use std::sync::Arc;
use std::time::Duration;

use accounts::Inbox;
use agent::{Agents, Folders, Host, NoGroupRules, NoHistoryLimits, Unfinished};
use anyhow::Result;
use audit::Audit;
use budget::Purses;
use config::Live;
use ids::AccountId;
use inbound::{Closing, Cut, Intake, SystemEvents};
use jiff::tz::TimeZone;
use lanes::{Lanes, QueueMode, Runner, Sinks};
use net::{Http, HttpConfig};
use outbound::Deliveries;
use serde_json::json;
use sessions::Sessions;
use stdx::{AbsPath, CancellationToken, Clock, Disk, OwnedTask, Pool, SeededEntropy};
use store::{Migration, Store};

use crate::client;
use crate::disk::MortalDisk;
use crate::fault::Fault;
use crate::model::Talker;
use crate::neighbours::{Commands, Neighbour};
use crate::network::{KIND, Line, listen, person};
use crate::outside::Outside;
use crate::planted::{ForgetfulRunner, HastyInbox, LooseSender, Reopening, TwiceRunner};
use crate::tools::tools;

/// A model with a price, and another to fall back on.
const MODELS: &str = r#"{
    "agents": {"defaults": {"model": {"primary": "fake/m", "fallbacks": ["fake/n"]}, "skipBootstrap": true,
                            "timeoutSeconds": 20}},
    "models": {"providers": {"fake": {"baseUrl": "http://127.0.0.1:1/v1", "api": "openai-completions", "models": [
        {"id": "m", "contextWindow": 500000, "maxTokens": 1000, "cost": {"input": 1000, "output": 1000, "cacheRead": 0, "cacheWrite": 0}},
        {"id": "n", "contextWindow": 500000, "maxTokens": 1000, "cost": {"input": 1000, "output": 1000, "cacheRead": 0, "cacheWrite": 0}}
    ]}}}}"#;

/// All tables.
pub(crate) fn migrations() -> Vec<Migration> {
    let all = [
        Audit::MIGRATIONS,
        Sessions::MIGRATIONS,
        inbound::MIGRATIONS,
        agent::MIGRATIONS,
        outbound::MIGRATIONS,
        budget::MIGRATIONS,
    ];
    all.into_iter().flatten().copied().collect()
}

/// What every process has and no schedule changes.
#[derive(Debug)]
pub(crate) struct Ground {
    pub(crate) http: Http,
    pub(crate) models: agent::Config,
}

impl Ground {
    pub(crate) fn new() -> Self {
        Self { http: Http::new(HttpConfig::default()), models: serde_json::from_str(MODELS).expect("good config") }
    }
}

/// A process.
pub(crate) struct House {
    outside: Arc<Outside>,
    store: Store,
    pub(crate) sessions: Arc<Sessions>,
    agents: Agents,
    deliveries: Deliveries,
    lanes: Lanes,
    intake: Intake,
    sinks: Sinks,
    cancel: CancellationToken,
    account: Vec<OwnedTask>,
}

impl House {
    /// Builds the process and takes up what the last one left.
    #[expect(clippy::too_many_lines, reason = "one list of engines in the order in which they need each other")]
    pub(crate) async fn start(outside: Arc<Outside>, ground: &Ground, store: Store, disk: MortalDisk) -> Result<Self> {
        let cancel = CancellationToken::new();
        let seed = outside.plan.seed.wrapping_mul(1_000_003).wrapping_add(u64::try_from(outside.life())?);
        let entropy = Arc::new(SeededEntropy::new(seed));
        let clock = Arc::new(OutsideClock(Arc::clone(&outside)));
        let disk: Arc<dyn Disk> = Arc::new(disk);
        let (home, state) = (AbsPath::new("/home")?, AbsPath::new("/state")?);
        let sessions = Sessions::new(sessions::Parts {
            store: store.clone(),
            disk: Arc::clone(&disk),
            pool: Arc::new(Pool::inline()),
            clock: clock.clone(),
            entropy: entropy.clone(),
            config: Live::fixed(sessions::Config::default()),
            state: state.clone(),
            home: home.clone(),
            neighbours: Arc::new(Neighbour),
        });
        let purses = Purses::open(store.clone(), Live::fixed(budget::Config::default()), TimeZone::UTC).await?;
        let connects = Duration::from_millis(outside.plan.connects_after_ms);
        let line = Line {
            outside: Arc::clone(&outside),
            store: store.clone(),
            connected_at: tokio::time::Instant::now() + connects,
        };
        let line = Arc::new(line);
        let deliveries = Deliveries::new(
            Live::fixed(replies(&outside)),
            outbound::Neighbours {
                store: store.clone(),
                outlets: line.clone(),
                door: Arc::new(Neighbour),
                clock: clock.clone(),
            },
            &cancel,
        );
        let agents = Agents::new(agent::Parts {
            sessions: Arc::clone(&sessions),
            store: store.clone(),
            providers: vec![Arc::new(Talker { outside: Arc::clone(&outside), store: store.clone() })],
            http: ground.http.clone(),
            keyring: Arc::new(Neighbour),
            purses,
            tools: tools(&outside),
            worlds: Arc::new(Neighbour),
            groups: Arc::new(NoGroupRules),
            limits: Arc::new(NoHistoryLimits),
            skills: Arc::new(prompt::NoSkills),
            clock: clock.clone(),
            entropy: entropy.clone(),
            disk,
            config: Live::fixed(ground.models.clone()),
            tools_config: Live::fixed(sandbox::Config::default()),
            folders: Folders { home, workspace: AbsPath::new("/clawd")?, tool_output: state.join("tool-output") },
            host: Host { name: "box".into(), system: "linux".into() },
        });
        let sinks = sinks(&outside, &deliveries, &store, &sessions, &line, &cancel);
        let lanes = Lanes::start(
            lanes::Config { main: outside.plan.places, ..lanes::Config::default() },
            lanes::Neighbours {
                runner: runner(&outside, &agents),
                sinks: sinks.clone(),
                clock: clock.clone(),
                store: store.clone(),
            },
            &cancel,
        );
        let intake = Intake::start(
            inbound::Parts {
                store: store.clone(),
                clock,
                entropy,
                config: Live::fixed(rules(&outside)?),
                zone: TimeZone::UTC,
                sessions: Arc::clone(&sessions),
                lanes: lanes.clone(),
                deliveries: deliveries.clone(),
                people: Arc::new(Neighbour),
                networks: Arc::new(Neighbour),
                conversation: Arc::new(Commands { sessions: Arc::clone(&sessions), agents: agents.clone() }),
                lists: Arc::new(Neighbour),
                shown: Arc::new(Neighbour),
                system_events: Arc::new(SystemEvents::default()),
            },
            &cancel,
        );
        let account = Vec::new();
        let mut house = Self { outside, store, sessions, agents, deliveries, lanes, intake, sinks, cancel, account };
        house.wake().await?;
        house.connect();
        Ok(house)
    }

    /// As the program: transcripts, runs, messages, answers.
    async fn wake(&self) -> Result<()> {
        self.sessions.start(&self.cancel);
        let mut resumed = Vec::new();
        for run in self.agents.unfinished().await? {
            if self.outside.has(Fault::RunsNotRecovered) {
                continue;
            }
            if run.tool_in_flight.is_some() && !self.outside.has(Fault::ResumedAfterEffects) {
                self.close(&run).await?;
                continue;
            }
            let turn = run.turn;
            resumed.push(Cut {
                run: turn.run,
                key: turn.key,
                agent: turn.agent,
                causes: turn.causes,
                reply: turn.reply,
                provenance: turn.provenance,
            });
        }
        if !self.outside.has(Fault::InboxNotRecovered) {
            let again = resumed.clone();
            self.intake.recover(resumed).await?;
            if self.outside.has(Fault::ReplayedTwice) {
                self.intake.recover(again).await?;
            }
        } else {
            self.intake.open();
        }
        if !self.outside.has(Fault::OutboxNotRecovered) {
            self.deliveries.recover().await?;
        }
        Ok(())
    }

    async fn close(&self, run: &Unfinished) -> Result<()> {
        if !self.outside.has(Fault::InterruptionNotTold) {
            return Ok(self.agents.close_interrupted(run, &self.sinks).await?);
        }
        let id = run.turn.run.to_string();
        let closed = self.store.write(move |tx| {
            tx.execute("UPDATE runs SET ended_at = 1, outcome = '{\"outcome\":\"done\"}' WHERE run = ?1", [&id])?;
            tx.execute("UPDATE inbox SET state = 'closed' WHERE run = ?1", [&id])?;
            Ok(())
        });
        Ok(closed.await?)
    }

    /// The account begins to listen, and pieces that wait for it leave.
    fn connect(&mut self) {
        let (outside, deliveries) = (Arc::clone(&self.outside), self.deliveries.clone());
        let wait = Duration::from_millis(outside.plan.connects_after_ms);
        let inbox: Arc<dyn Inbox> = match outside.has(Fault::AcceptedUnsynced) {
            true => Arc::new(HastyInbox::new(self.intake.clone(), &self.cancel)),
            false => Arc::new(self.intake.clone()),
        };
        self.account.push(OwnedTask::spawn(&self.cancel, |_| async move {
            tokio::time::sleep(wait).await;
            if let Ok(kind) = KIND.parse() {
                deliveries.connected(&kind, &AccountId::default_account());
            }
            listen(outside, inbox).await;
        }));
        let table = client::methods(&self.intake, &self.lanes, &self.sessions);
        let outside = Arc::clone(&self.outside);
        self.account.push(OwnedTask::spawn(&self.cancel, |_| client::work(outside, table)));
    }

    /// Waits until nothing is left to do; what is left when the patience is over.
    pub(crate) async fn rest(&self) -> Result<(), String> {
        let mut pause = 150;
        let patience = tokio::time::Instant::now() + Duration::from_secs(3600);
        loop {
            tokio::time::sleep(Duration::from_millis(pause)).await;
            let plan = &self.outside.plan;
            let all_told = self.outside.vendor.lock().acknowledged >= plan.updates.len()
                && self.outside.client.lock().done >= plan.requests.len();
            let left = self.left();
            if all_told && left.is_empty() {
                return Ok(());
            }
            if tokio::time::Instant::now() > patience {
                return Err(format!("it does not come to rest: all told {all_told}, left {left:?}"));
            }
            pause = (pause * 3 / 2).min(20_000);
        }
    }

    /// Rows that something is still owed.
    fn left(&self) -> Vec<String> {
        let sql = "SELECT 'inbox ' || event || ' ' || state FROM inbox WHERE state <> 'closed'
                   UNION ALL SELECT 'outbox ' || key || ' ' || state FROM outbox
                   UNION ALL SELECT 'run ' || run FROM runs WHERE ended_at IS NULL
                   UNION ALL SELECT 'ledger ' || id FROM ledger WHERE spent IS NULL";
        self.store.read_blocking(|view| view.query(sql, [], |row| row.get(0))).unwrap_or_default()
    }
}

/// The outside's clock, for engines.
#[derive(Debug)]
struct OutsideClock(Arc<Outside>);

impl Clock for OutsideClock {
    fn now_ms(&self) -> i64 {
        self.0.clock.now_ms()
    }

    fn now(&self) -> std::time::Instant {
        self.0.clock.now()
    }
}

fn runner(outside: &Arc<Outside>, agents: &Agents) -> Arc<dyn Runner> {
    if outside.has(Fault::UserEntryNotStaged) {
        return Arc::new(ForgetfulRunner(agents.clone()));
    }
    if outside.has(Fault::RunTwice) {
        return Arc::new(TwiceRunner(agents.clone()));
    }
    Arc::new(agents.clone())
}

#[expect(clippy::too_many_arguments, reason = "each planted sink needs another neighbour")]
fn sinks(
    outside: &Arc<Outside>,
    deliveries: &Deliveries,
    store: &Store,
    sessions: &Arc<Sessions>,
    line: &Arc<Line>,
    cancel: &CancellationToken,
) -> Sinks {
    let config = Live::fixed(inbound::Config::default());
    let closing = Closing::new(store.clone(), Arc::clone(sessions), deliveries.clone(), config, cancel);
    let mut all: Vec<Arc<dyn lanes::RunSink>> = vec![Arc::new(deliveries.clone()), Arc::new(closing)];
    if outside.has(Fault::RunRowNotClosed) {
        all.push(Arc::new(Reopening));
    }
    if outside.has(Fault::SentWithoutRow) {
        all.push(Arc::new(LooseSender::new(Arc::clone(line), cancel)));
    }
    Sinks::new(all)
}

fn replies(outside: &Outside) -> outbound::Config {
    let chunk_limit = [(KIND.to_owned(), outside.plan.piece)].into();
    outbound::Config { chunk_limit, ..outbound::Config::default() }
}

fn rules(outside: &Outside) -> Result<inbound::Config> {
    let plan = &outside.plan;
    let mode = if outside.has(Fault::QueueModeIgnored) { QueueMode::Interrupt } else { plan.mode };
    let config = json!({
        "channels": {KIND: {
            "groupAllowFrom": [person(0), person(1)],
            "groupPolicy": "allowlist",
            "groups": {"*": {"requireMention": !outside.has(Fault::GateOpen)}},
        }},
        "session": {"dmScope": "per-peer"},
        "messages": {
            "inbound": {"debounceMs": plan.join_ms},
            "queue": {"mode": mode, "debounceMs": plan.quiet_ms},
        },
    });
    Ok(serde_json::from_value(config)?)
}
