//! Constructs everything and answers for engines that may not know each other. The only place that has seen them all.

mod conversation; // what chat commands show and do
mod cut_off; // commands that a crash ended
mod discreet; // keys that the log does not tell
mod foundation; // what engines stand on
mod groups; // which tools a group may use
mod limits; // how much of a conversation is sent
mod lists; // who lets whom in
mod mirror; // what operators send, kept in the session
mod neighbours; // what sessions ask
mod networks; // what is known of networks and accounts
mod people; // whom we know
mod system_events; // what machines report
mod told; // people hear that they were let in
mod webhooks; // networks that call us

use std::sync::Arc;
use std::time::Duration;

use accounts::{Accounts, Mounts};
use agent::Agents;
use anyhow::Result;
use audit::Audit;
use budget::Purses;
use config::{Change, ConfigPath, Live};
use credentials::Credentials;
use inbound::{Closing, Intake, SystemEvents};
use jiff::tz::TimeZone;
use lanes::{Announce, Lanes, Sinks};
use media::{Keep, MediaStore};
use net::{Http, HttpConfig};
use outbound::Deliveries;
use pairing::Pairing;
use rpc::{Events, Methods};
use sandbox::{Processes, Worlds};
use sessions::Sessions;
use stdx::{CancellationToken, OwnedTask, OwnedTasks, Pool, Secret};
use store::Store;
use tool::AnyTool;

use crate::config::{CommandsSection, PairingSection, RepliesSection, section};
use conversation::Commands;
use cut_off::ReportsCutOff;
use discreet::Discreet;
use groups::GroupTools;
use limits::ChannelLimits;
use lists::Lists;
use mirror::KeepSent;
use networks::Networks;
use people::KnownPeople;
use told::TellPeople;

pub(crate) use foundation::{Foundation, machine_address, machine_family, machine_name, migrations, system};
pub(crate) use neighbours::Neighbourhood;
pub(crate) use system_events::{ToMainSession, main_session};
pub(crate) use webhooks::OnGateway;

/// How long runs may take to finish before they are stopped; they go on after the next start.
const RUNS: Duration = Duration::from_secs(5);
const LISTENERS: Duration = Duration::from_secs(1);
const COMMANDS: Duration = Duration::from_secs(4);
const CLOSINGS: Duration = Duration::from_secs(1);
const DELIVERIES: Duration = Duration::from_secs(3);

/// Chores under way at once; a change that finds no room is taken over at the next one.
const CHORES: u32 = 8;

/// Every engine, standing and connected. Nothing of the last process is taken up before [`House::wake`].
#[derive(Debug)]
pub(crate) struct House {
    pub(crate) store: Store,
    pub(crate) sessions: Arc<Sessions>,
    pub(crate) agents: Agents,
    pub(crate) lanes: Arc<Lanes>,
    pub(crate) deliveries: Deliveries,
    pub(crate) intake: Intake,
    pub(crate) accounts: Arc<Accounts>,
    pub(crate) audit: Arc<Audit>,
    media: Arc<MediaStore>,
    pub(crate) worlds: Arc<Worlds>,
    pub(crate) processes: Arc<Processes>,
    pub(crate) pairing: Arc<Pairing>,
    pub(crate) system_events: Arc<SystemEvents>,
    pub(crate) config: Configs,
    credentials: Arc<Credentials>,
    sinks: Sinks,
    events: Events,
    /// Short work that follows a change of the config.
    chores: OwnedTasks,
}

/// What lies before the house: operators, the port, and what machines report.
#[derive(Debug)]
pub(crate) struct Outside {
    pub(crate) events: Events,
    pub(crate) mounts: Arc<dyn Mounts>,
    pub(crate) system_events: Arc<SystemEvents>,
}

/// The sections that engines follow.
#[derive(Debug, Clone)]
pub(crate) struct Configs {
    pub(crate) agent: Live<agent::Config>,
    pub(crate) sessions: Live<sessions::Config>,
    pub(crate) inbound: Live<inbound::Config>,
    pub(crate) replies: Live<RepliesSection>,
    pub(crate) sandbox: Live<sandbox::Config>,
}

impl Configs {
    fn follow(base: &Foundation) -> Result<Self> {
        Ok(Self {
            agent: base.live()?,
            sessions: base.live()?,
            inbound: base.live()?,
            replies: base.live()?,
            sandbox: base.live()?,
        })
    }
}

/// Builds the house on its foundation. Engines come before those that use them; what must be known the other way
/// round is filled in at the end.
#[expect(clippy::too_many_lines, reason = "one list of everything, in the order in which it must stand")]
pub(crate) async fn house(base: &Foundation, outside: Outside, cancel: &CancellationToken) -> Result<House> {
    let Outside { events, mounts, system_events } = outside;
    let config = Configs::follow(base)?;
    let neighbours = Arc::new(Neighbourhood::new(config.agent.clone()));
    let sessions = sessions(base, &config, &neighbours);
    let default_agent = config.agent.get().default_agent();
    let credentials = Arc::new(Credentials::new(
        base.credential_folder(),
        default_agent,
        Arc::clone(&base.environment),
        base.live()?,
        Arc::clone(&base.clock),
    ));
    let purses = Purses::open(base.store.clone(), base.live()?, TimeZone::system()).await?;
    let worlds = Arc::new(Worlds::new(base.machine(config.sandbox.clone()), cancel));
    let processes = Processes::new(base.processes(&config, &system_events), cancel);
    let media = MediaStore::new(&base.places.state, Arc::clone(&base.clock));
    let networks = Arc::new(Networks::new(base, Arc::clone(&media)));
    let deliveries = Deliveries::new(
        base.live_with(|snapshot| Ok(section::<RepliesSection>(snapshot)?.outbound()))?,
        outbound::Neighbours {
            store: base.store.clone(),
            outlets: Arc::clone(&networks) as Arc<dyn outbound::Outlets>,
            door: Arc::clone(&networks) as Arc<dyn outbound::Door>,
            clock: Arc::clone(&base.clock),
        },
        cancel,
    );
    let agents = Agents::new(agent::Parts {
        sessions: Arc::clone(&sessions),
        store: base.store.clone(),
        providers: crate::adapters::providers(),
        http: Http::new(HttpConfig::default()),
        keyring: Arc::new(Discreet::new(Arc::clone(&credentials), &base.redactor)),
        purses: purses.clone(),
        tools: tools(&processes, &deliveries, base),
        worlds: Arc::clone(&worlds) as Arc<dyn agent::WorldSource>,
        limits: Arc::new(ChannelLimits(base.live()?)),
        groups: Arc::new(GroupTools::new(config.inbound.clone())),
        skills: Arc::new(prompt::NoSkills),
        clock: Arc::clone(&base.clock),
        entropy: Arc::clone(&base.entropy),
        disk: Arc::clone(&base.disk),
        config: config.agent.clone(),
        tools_config: config.sandbox.clone(),
        folders: base.folders(),
        host: base.host(),
    });
    let announce = Arc::new(Announce::new(events.clone(), Arc::clone(&base.clock)));
    let closing =
        Closing::new(base.store.clone(), Arc::clone(&sessions), deliveries.clone(), config.inbound.clone(), cancel);
    let cut_off = Arc::new(ReportsCutOff(Arc::clone(&processes)));
    let sinks =
        Sinks::new(vec![Arc::new(deliveries.clone()), Arc::clone(&announce) as _, Arc::new(closing), cut_off as _]);
    let lanes = Arc::new(Lanes::start(
        config.replies.get().lanes(&config.inbound.get()),
        lanes::Neighbours {
            runner: Arc::new(agents.clone()),
            sinks: sinks.clone(),
            clock: Arc::clone(&base.clock),
            store: base.store.clone(),
        },
        cancel,
    ));
    neighbours.met(&agents, &lanes);
    let settings = base.live_with(|snapshot| section::<PairingSection>(snapshot).map(|section| section.settings()))?;
    let pairing = Pairing::new(&base.places.state, settings, Arc::clone(&base.clock), Arc::clone(&base.entropy));
    let intake = Intake::start(
        inbound::Parts {
            store: base.store.clone(),
            clock: Arc::clone(&base.clock),
            entropy: Arc::clone(&base.entropy),
            config: config.inbound.clone(),
            zone: TimeZone::system(),
            sessions: Arc::clone(&sessions),
            lanes: Lanes::clone(&lanes),
            deliveries: deliveries.clone(),
            people: Arc::new(KnownPeople::new(Arc::clone(&pairing))),
            networks: Arc::clone(&networks) as Arc<dyn inbound::Networks>,
            conversation: Arc::new(Commands::new(&sessions, &agents, &lanes, purses, &base.clock)),
            lists: Arc::new(Lists::new(Arc::clone(&base.configuration), Arc::clone(&pairing))),
            shown: announce,
            system_events: Arc::clone(&system_events),
        },
        cancel,
    );
    let menu = base.live::<CommandsSection>()?;
    let accounts = Accounts::new(
        accounts::Neighbours {
            networks: base.networks.clone(),
            inbox: Arc::new(intake.clone()),
            mounts,
            state: base.places.state.clone(),
            environment: base.reader(),
            menu: Arc::new(move || menu.get().menu()),
            clock: Arc::clone(&base.clock),
            entropy: Arc::clone(&base.entropy),
        },
        cancel,
    );
    let workspaces = agents.clone();
    networks.met(&accounts, Box::new(move |agent| workspaces.workspace(agent)));
    let audit = Audit::new(base.store.clone(), Arc::clone(&base.clock), base.live()?);
    let house = House {
        store: base.store.clone(),
        sessions,
        agents,
        lanes,
        deliveries,
        intake,
        accounts,
        audit,
        media,
        worlds,
        processes,
        pairing,
        system_events,
        config,
        credentials,
        sinks,
        events,
        chores: OwnedTasks::new("chore", cancel, CHORES),
    };
    // Accounts are known from the beginning and connect when what the last process left is taken up.
    house.know(&base.configuration.current());
    Ok(house)
}

/// Everything a model may call.
fn tools(processes: &Arc<Processes>, deliveries: &Deliveries, base: &Foundation) -> Vec<Arc<dyn AnyTool>> {
    let mut tools = sandbox::tools(processes, Arc::clone(&base.clock));
    tools.push(outbound::message_tool(deliveries));
    tools
}

fn sessions(base: &Foundation, config: &Configs, neighbours: &Arc<Neighbourhood>) -> Arc<Sessions> {
    Sessions::new(sessions::Parts {
        store: base.store.clone(),
        disk: Arc::clone(&base.disk),
        pool: Arc::new(Pool::new("transcripts", 2, 64)),
        clock: Arc::clone(&base.clock),
        entropy: Arc::clone(&base.entropy),
        config: config.sessions.clone(),
        state: base.places.state.clone(),
        home: base.places.home.clone(),
        neighbours: Arc::clone(neighbours) as Arc<dyn sessions::Neighbours>,
    })
}

impl House {
    /// What clients' spellings of session keys mean; one that means nothing stays as it is.
    fn resolve(&self) -> Arc<lanes::Resolve> {
        let sessions = Arc::clone(&self.sessions);
        Arc::new(move |key| sessions.resolve_key(key).unwrap_or_else(|_| key.clone()))
    }

    /// What may be asked of the engines.
    pub(crate) fn methods(&self) -> Result<Methods> {
        let mirror = Arc::new(KeepSent::new(Arc::clone(&self.sessions)));
        let tell = Arc::new(TellPeople::new(self.store.clone(), self.deliveries.clone()));
        let tables = [
            sessions::methods(Arc::clone(&self.sessions), self.events.clone()),
            inbound::methods(&self.intake),
            lanes::methods(&self.lanes, self.resolve()),
            accounts::methods(&self.accounts),
            audit::methods(&self.audit),
            agent::methods(&self.agents, self.config.sessions.clone()),
            outbound::methods(&self.deliveries, mirror),
            credentials::methods(&self.credentials),
            self.pairing.methods(tell),
        ];
        Ok(tables.into_iter().try_fold(Methods::default(), Methods::merge)?)
    }

    /// Tells engines that do not follow the config by themselves what it says now. Never waits.
    pub(crate) fn reconfigure(&self, change: &Change) {
        let config = self.config.replies.get().lanes(&self.config.inbound.get());
        let lanes = Arc::clone(&self.lanes);
        if self.chores.try_spawn(|_| async move { lanes.configure(config).await }).is_err() {
            tracing::warn!("the lanes keep their numbers until the next change");
        }
        if change.touches(&ConfigPath::root().child("channels")) {
            self.know(&change.snapshot);
        }
    }

    /// Makes the accounts what the config says.
    fn know(&self, snapshot: &config::Snapshot) {
        let channels = ConfigPath::root().child("channels");
        self.accounts.apply(|kind| snapshot.json(&channels.child(kind)));
    }

    /// Answers that waited for an account leave as soon as it is connected; `changed` is told of every change.
    fn attend(&self, cancel: &CancellationToken, changed: impl Fn() + Send + 'static) -> OwnedTask {
        let (accounts, deliveries) = (Arc::clone(&self.accounts), self.deliveries.clone());
        let mut changes = accounts.changes();
        OwnedTask::spawn(cancel, |cancel| async move {
            loop {
                tokio::select! {
                    () = cancel.cancelled() => return,
                    told = changes.changed() => if told.is_err() { return },
                }
                let all = accounts.status();
                for account in all.iter().flat_map(|network| &network.accounts) {
                    if account.is_connected() {
                        deliveries.connected(&account.channel, &account.account);
                    }
                }
                changed();
            }
        })
    }

    /// What a run of the default agent would show the vendor of this model.
    pub(crate) async fn profile_for(&self, model: &str) -> Option<provider::Profile> {
        let (vendor, _) = model.split_once('/')?;
        let agent = self.config.agent.get().default_agent();
        let candidates = self.credentials.resolve(vendor, &agent).await.ok()?;
        candidates.into_iter().next().map(|candidate| candidate.profile)
    }

    /// Keeps a key for the default agent.
    pub(crate) async fn keep_key(&self, vendor: &str, key: Secret) -> Result<()> {
        let agent = self.config.agent.get().default_agent();
        self.credentials.keep_key(vendor, "default", &agent, key).await?;
        Ok(())
    }

    /// Ends the engines in order: runs first, then what they started, then what must be on disk.
    pub(crate) async fn rest(&self) {
        self.accounts.stop(LISTENERS).await;
        self.lanes.drain(RUNS).await;
        self.worlds.stop(COMMANDS).await;
        self.processes.stop(CLOSINGS).await;
        self.deliveries.stop(DELIVERIES).await;
        self.sessions.stop().await;
        self.audit.stop().await;
    }

    /// Takes up what the last process left, in order: commands, runs, messages, answers. Transcripts came first.
    pub(crate) async fn wake(
        &self,
        base: &Foundation,
        cancel: &CancellationToken,
        changed: impl Fn() + Send + 'static,
    ) -> Result<Vec<OwnedTask>> {
        for cut in self.processes.recover(&self.worlds).await? {
            tracing::warn!(command = %cut.command, run = %cut.run, killed = cut.killed, "a command was cut off");
            self.system_events.push(&cut.session, base.clock.now_ms(), &cut.report());
        }
        let mut resumed = Vec::new();
        for run in self.agents.unfinished().await? {
            if run.tool_in_flight.is_some() {
                self.agents.close_interrupted(&run, &self.sinks).await?;
                continue;
            }
            let turn = run.turn;
            resumed.push(inbound::Cut {
                run: turn.run,
                key: turn.key,
                agent: turn.agent,
                causes: turn.causes,
                reply: turn.reply,
                provenance: turn.provenance,
            });
        }
        // What is taken up may need files of its network. What comes in from now on stands behind it: the inbox is shut
        // until then.
        let attending = self.attend(cancel, changed);
        if !base.skips("CLAWDBOT_SKIP_CHANNELS") {
            self.accounts.open();
        }
        let taken_up = self.intake.recover(resumed).await?;
        let waiting = self.deliveries.recover().await?;
        if taken_up + waiting > 0 {
            tracing::info!(taken_up, waiting, "went on where the last process stopped");
        }
        self.audit.start(cancel);
        Ok(vec![attending, self.media.sweeper(Keep::default(), cancel)])
    }
}
