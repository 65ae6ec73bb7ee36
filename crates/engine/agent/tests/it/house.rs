//! Everything a run needs, in memory, with a clock that stands still.

use std::sync::Arc;
use std::time::Duration;

use agent::{Agents, Config, Folders, Host, Keyring, NoGroupRules, NoHistoryLimits, Parts, WorldSource};
use budget::Purses;
use channel::{Attachment, Descriptor};
use config::Live;
use credentials::{Candidate, CredentialError, Failure, NoCredentials};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use ids::{AccountId, AgentId, ChannelKind, EventId, RunId, SessionKey};
use jiff::tz::TimeZone;
use lanes::{
    Committed, LaneName, Queued, ReplyTo, RunContext, RunEnd, RunEvent, RunSink, RunStart, Runner as _, Sinks, Stopper,
    Turn, TurnOptions,
};
use net::{Http, HttpConfig};
use outbound::{Deliveries, Outlet};
use parking_lot::Mutex;
use protocol::sessions::list::Defaults;
use provider::{Profile, ProfileKind};
use sessions::{ModelChoice, Neighbours, Sessions};
use stdx::{AbsPath, CancellationToken, Clock, ManualClock, MemoryDisk, OwnedTask, Pool, SeededEntropy, SystemClock};
use store::{Migration, Store, StoreError, Tx};
use tokio::sync::{Notify, mpsc};
use tool::{AnyTool, Origin, Provenance, Secrecy, World};

use crate::script::{Act, Log, Look, Nowhere, Script, pass};

/// A model for nothing, one with a price, one that cannot see, each behind the same script.
pub(crate) const CONFIG: &str = r#"{
    "agents": {"defaults": {"model": {"primary": "fake/m"}, "skipBootstrap": true}},
    "models": {"providers": {
        "fake": {"baseUrl": "http://127.0.0.1:1/v1", "api": "openai-completions",
                 "models": [{"id": "m", "input": ["text", "image"], "contextWindow": 50000, "maxTokens": 1000},
                            {"id": "small", "contextWindow": 4000, "maxTokens": 500}]},
        "paid": {"baseUrl": "https://paid.example", "api": "anthropic-messages",
                 "models": [{"id": "m", "reasoning": true, "contextWindow": 50000, "maxTokens": 1000,
                             "cost": {"input": 1000, "output": 1000, "cacheRead": 0, "cacheWrite": 0}}]}
    }}}"#;

pub(crate) struct House {
    pub(crate) agents: Agents,
    pub(crate) sessions: Arc<Sessions>,
    pub(crate) store: Store,
    pub(crate) disk: Arc<MemoryDisk>,
    pub(crate) model: Arc<Script>,
    pub(crate) sink: Arc<Recorder>,
    pub(crate) keyring: Arc<Keys>,
    pub(crate) clock: ManualClock,
    pub(crate) log: Log,
    pub(crate) acting: Arc<Notify>,
    cancel: CancellationToken,
}

/// A run under way.
pub(crate) struct Running {
    pub(crate) stop: Stopper,
    pub(crate) steer: mpsc::Sender<Turn>,
    pub(crate) task: OwnedTask<RunEnd>,
}

impl Running {
    pub(crate) async fn end(self) -> RunEnd {
        self.task.join().await.done().expect("the run ends by itself")
    }
}

fn migrations() -> Vec<Migration> {
    [agent::MIGRATIONS, Sessions::MIGRATIONS, budget::MIGRATIONS].concat()
}

impl House {
    pub(crate) async fn new() -> Self {
        Self::with(CONFIG, "{}").await
    }

    pub(crate) async fn with(config: &str, budget: &str) -> Self {
        let store = Store::memory(&migrations(), Arc::new(SystemClock)).unwrap();
        Self::on(store, Arc::new(MemoryDisk::new()), config, budget, None).await
    }

    /// With the tools the program ships instead of those that log.
    pub(crate) async fn with_shipped_tools() -> Self {
        let store = Store::memory(&migrations(), Arc::new(SystemClock)).unwrap();
        let parts = sandbox::Parts {
            store: store.clone(),
            clock: Arc::new(SystemClock),
            entropy: Arc::new(SeededEntropy::new(1)),
            exec: Arc::new(|_| sandbox::Exec::default()),
            on_end: Arc::new(|_| {}),
        };
        let processes = sandbox::Processes::new(parts, &CancellationToken::new());
        let mut tools = sandbox::tools(&processes, Arc::new(SystemClock));
        let neighbours = outbound::Neighbours {
            store: store.clone(),
            outlets: Arc::new(NoNetwork),
            door: Arc::new(NoNetwork),
            clock: Arc::new(SystemClock),
        };
        let replies = Live::fixed(outbound::Config::default());
        tools.push(outbound::message_tool(&Deliveries::new(replies, neighbours, &CancellationToken::new())));
        Self::on(store, Arc::new(MemoryDisk::new()), CONFIG, "{}", Some(tools)).await
    }

    async fn on(
        store: Store,
        disk: Arc<MemoryDisk>,
        config: &str,
        budget: &str,
        tools: Option<Vec<Arc<dyn AnyTool>>>,
    ) -> Self {
        let cancel = CancellationToken::new();
        let manual = ManualClock::new(SystemClock.now_ms());
        let clock: Arc<dyn Clock> = Arc::new(manual.clone());
        let entropy = Arc::new(SeededEntropy::new(7));
        let state = AbsPath::new("/state").unwrap();
        let sessions = Sessions::new(sessions::Parts {
            store: store.clone(),
            disk: disk.clone(),
            pool: Arc::new(Pool::inline()),
            clock: Arc::clone(&clock),
            entropy: entropy.clone(),
            config: Live::fixed(sessions::Config::default()),
            state: state.clone(),
            home: AbsPath::new("/home").unwrap(),
            neighbours: Arc::new(Alone),
        });
        sessions.start(&cancel);
        let budget: budget::Config = serde_json::from_str(budget).unwrap();
        let purses = Purses::open(store.clone(), Live::fixed(budget), TimeZone::UTC).await.unwrap();
        let (model, keyring) = (Arc::new(Script::default()), Arc::new(Keys::default()));
        let (log, acting) = (Log::default(), Arc::new(Notify::new()));
        let config: Config = serde_json::from_str(config).unwrap();
        let agents = Agents::new(Parts {
            sessions: Arc::clone(&sessions),
            store: store.clone(),
            providers: vec![model.clone()],
            http: Http::new(HttpConfig::default()),
            keyring: keyring.clone(),
            purses,
            tools: tools
                .unwrap_or_else(|| vec![tool::erase(Act(log.clone(), acting.clone())), tool::erase(Look(log.clone()))]),
            worlds: Arc::new(Worlds),
            groups: Arc::new(NoGroupRules),
            limits: Arc::new(NoHistoryLimits),
            skills: Arc::new(prompt::NoSkills),
            clock,
            entropy,
            disk: disk.clone(),
            config: Live::fixed(config),
            tools_config: Live::fixed(sandbox::Config::default()),
            folders: Folders {
                home: AbsPath::new("/home").unwrap(),
                workspace: AbsPath::new("/clawd").unwrap(),
                tool_output: state.join("tool-output"),
            },
            host: Host { name: "box".into(), system: "linux 6.18 (x64)".into() },
        });
        let sink = Arc::new(Recorder::default());
        Self { agents, sessions, store, disk, model, sink, keyring, clock: manual, log, acting, cancel }
    }

    /// The program is killed and starts again on what was synced.
    pub(crate) async fn killed(self, config: &str) -> Self {
        self.cancel.cancel();
        let store = self.store.crash(3, &migrations()).unwrap();
        let disk = Arc::new(self.disk.crash(3));
        Self::on(store, disk, config, "{}", None).await
    }

    pub(crate) fn sinks(&self) -> Sinks {
        Sinks::new(vec![self.sink.clone()])
    }

    pub(crate) fn start(&self, turn: Turn) -> Running {
        let (steer, steered) = mpsc::channel(20);
        let stop = Stopper::default();
        let cx = RunContext { stop: stop.clone(), steer: steered, sinks: self.sinks() };
        let start = RunStart { turn, at: self.clock.now_ms() };
        let run = self.agents.run(start, cx);
        Running { stop, steer, task: OwnedTask::spawn(&CancellationToken::new(), |_| run) }
    }

    /// A whole run of the owner's words.
    pub(crate) async fn hears(&self, text: &str) -> RunEnd {
        self.start(turn(text)).end().await
    }

    /// The transcript's lines, without the header.
    pub(crate) async fn transcript(&self) -> Vec<serde_json::Value> {
        let (session, _) = self.sessions.existing(&key()).await.unwrap().unwrap();
        session.flush().await.unwrap();
        let bytes = stdx::Disk::read(self.disk.as_ref(), session.path(), 0, 64 << 20).unwrap();
        let text = String::from_utf8(bytes).unwrap();
        text.lines().skip(1).map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// The messages of the transcript, each as `role: text`.
    pub(crate) async fn said(&self) -> Vec<String> {
        let lines = self.transcript().await;
        let messages = lines.iter().filter(|line| line["type"] == "message").map(|line| &line["message"]);
        messages
            .map(|message| format!("{}: {}", message["role"].as_str().unwrap(), texts(&message["content"])))
            .collect()
    }

    /// The reasons that the transcript gives for answers that failed.
    pub(crate) async fn problems(&self) -> Vec<String> {
        let lines = self.transcript().await;
        let reasons = lines.iter().filter_map(|line| line.pointer("/message/errorMessage")?.as_str());
        reasons.map(str::to_owned).collect()
    }

    pub(crate) async fn record(&self) -> sessions::Record {
        self.sessions.find(&key()).await.unwrap().unwrap()
    }

    /// The kinds of the facts about the runs, in order.
    pub(crate) async fn facts(&self) -> Vec<String> {
        self.store.read(|view| view.query("SELECT kind FROM facts ORDER BY id", [], |row| row.get(0))).await.unwrap()
    }
}

fn texts(content: &serde_json::Value) -> String {
    let parts = content.as_array().unwrap().iter();
    let texts = parts.map(|part| match part["type"].as_str().unwrap() {
        "text" => part["text"].as_str().unwrap().to_owned(),
        "toolCall" => format!("<{}>", part["name"].as_str().unwrap()),
        other => format!("({other})"),
    });
    texts.collect::<Vec<_>>().join(" ")
}

pub(crate) fn key() -> SessionKey {
    "agent:main:main".parse().unwrap()
}

pub(crate) fn turn(text: &str) -> Turn {
    Turn {
        run: RunId::random(),
        key: key(),
        agent: AgentId::main(),
        causes: vec![EventId::new(1, 2)],
        text: text.to_owned(),
        files: Vec::new(),
        provenance: Provenance::new(Origin::Owner, Secrecy::Chat),
        reply: ReplyTo::Operators,
        lane: LaneName::Main,
        queued: Queued::default(),
        options: TurnOptions::default(),
    }
}

/// A world without networks.
#[derive(Debug)]
struct NoNetwork;

impl outbound::Outlets for NoNetwork {
    fn outlet(&self, _: &ChannelKind, _: &AccountId) -> Option<Outlet> {
        None
    }

    fn descriptor(&self, _: &ChannelKind) -> Option<&'static Descriptor> {
        None
    }
}

impl outbound::Door for NoNetwork {
    fn admit(&self, _: &AgentId, _: &str) -> BoxFuture<'static, Result<Attachment, String>> {
        async { Err("nothing leaves".to_owned()) }.boxed()
    }
}

/// What the run told, in order.
#[derive(Debug, Default)]
pub(crate) struct Recorder {
    pub(crate) commits: Mutex<Vec<Committed>>,
    pub(crate) events: Mutex<Vec<RunEvent>>,
    /// Commits of this kind fail.
    pub(crate) fails_on_end: Mutex<bool>,
}

impl RunSink for Recorder {
    fn on(&self, _: &RunStart, event: &RunEvent) {
        self.events.lock().push(event.clone());
    }

    fn commit(&self, _: &Tx<'_>, _: &RunStart, step: &Committed) -> Result<(), StoreError> {
        if *self.fails_on_end.lock() && matches!(step, Committed::Ended { .. }) {
            return Err(StoreError::DiskFull);
        }
        Ok(())
    }

    fn committed(&self, _: &RunStart, step: &Committed) {
        self.commits.lock().push(step.clone());
    }
}

impl Recorder {
    /// The committed steps, each in a word.
    pub(crate) fn steps(&self) -> Vec<String> {
        let word = |step: &Committed| match step {
            Committed::Started { entry } => format!("started{}", if entry.is_some() { "" } else { " again" }),
            Committed::Said { text, .. } => format!("said {text}"),
            Committed::Steered { text, causes, .. } => format!("steered {}: {text}", causes.len()),
            Committed::ToolStarted { name } => format!("tool {name}"),
            Committed::ToolEnded { name } => format!("ended {name}"),
            Committed::Noted { text, .. } => format!("noted {text}"),
            Committed::Called { about, .. } => format!("called for {}", about.as_deref().unwrap_or_default()),
            Committed::Answered { text, .. } => format!("answered {text}"),
            Committed::Ended { outcome } => match outcome {
                lanes::RunOutcome::Done => "done".to_owned(),
                lanes::RunOutcome::Aborted { cause } => format!("aborted {}", cause.as_str()),
                lanes::RunOutcome::Failed { message } => format!("failed {message}"),
            },
        };
        self.commits.lock().iter().map(word).collect()
    }
}

/// Credentials: two profiles for every provider but `none`.
#[derive(Debug, Default)]
pub(crate) struct Keys {
    pub(crate) notes: Mutex<Vec<(String, Option<Failure>)>>,
    pub(crate) profiles: Mutex<usize>,
}

impl Keyring for Keys {
    fn candidates<'a>(
        &'a self,
        provider: &'a str,
        _: &'a AgentId,
    ) -> BoxFuture<'a, Result<Vec<Candidate>, CredentialError>> {
        async move {
            if matches!(provider, "anthropic" | "none") {
                let reasons = vec!["there is no key".to_owned()];
                return Err(NoCredentials { provider: provider.to_owned(), reasons }.into());
            }
            let profile = |number: usize| Candidate {
                profile: Profile { id: format!("{provider}:{number}").into(), kind: ProfileKind::None },
                rests_until_ms: None,
            };
            Ok((0..=*self.profiles.lock()).map(profile).collect())
        }
        .boxed()
    }

    fn note<'a>(&'a self, _: &'a str, _: &'a AgentId, profile: &'a str, failure: Option<Failure>) -> BoxFuture<'a, ()> {
        self.notes.lock().push((profile.to_owned(), failure));
        std::future::ready(()).boxed()
    }
}

struct Worlds;

impl WorldSource for Worlds {
    fn host(&self, _: AbsPath) -> Arc<dyn World> {
        Arc::new(Nowhere)
    }
}

#[derive(Debug)]
struct Alone;

impl Neighbours for Alone {
    fn default_agent(&self) -> AgentId {
        AgentId::main()
    }

    fn defaults(&self) -> Defaults {
        serde_json::from_str(r#"{"modelProvider":"fake","model":"m","contextTokens":50000}"#).unwrap()
    }

    fn thinking_default(&self, _: &SessionKey) -> Option<String> {
        None
    }

    fn choose_model(&self, _: &SessionKey, word: &str) -> Result<ModelChoice, String> {
        Err(word.to_owned())
    }

    fn end_runs(&self, _: &SessionKey) -> BoxFuture<'static, bool> {
        std::future::ready(true).boxed()
    }
}

/// Lets everything that can happen happen.
pub(crate) async fn settle() {
    pass(Duration::from_secs(1)).await;
}
