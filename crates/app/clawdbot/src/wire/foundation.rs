//! What engines stand on: the machine, the config in force, and the opened database.

use std::net::{Ipv4Addr, UdpSocket};
use std::sync::Arc;

use anyhow::{Context as _, Result, anyhow};
use channel::Channel;
use config::{Configuration, Environment, Live, Section, Snapshot};
use ids::AgentId;
use inbound::SystemEvents;
use sandbox::{Ended, Machine, OnEnd};
use stdx::{AbsPath, Clock, Disk, Entropy, OsEntropy, RealDisk};
use store::{Migration, Store};
use tracing::info;

use crate::context::Context;
use crate::environment;
use crate::logging::Redactor;
use crate::places::Places;
use crate::wire::Configs;

/// The tables of every engine. Each numbers its own.
pub(crate) fn migrations() -> Vec<Migration> {
    [sessions::Sessions::MIGRATIONS, inbound::MIGRATIONS, agent::MIGRATIONS, outbound::MIGRATIONS]
        .into_iter()
        .chain([sandbox::MIGRATIONS, budget::MIGRATIONS, audit::Audit::MIGRATIONS])
        .flatten()
        .copied()
        .collect()
}

/// What engines stand on.
#[derive(Debug, Clone)]
pub(crate) struct Foundation {
    pub(crate) places: Places,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) disk: Arc<dyn Disk>,
    /// With what the config's `env` section adds.
    pub(crate) environment: Environment,
    pub(crate) configuration: Arc<Configuration>,
    pub(crate) store: Store,
    pub(crate) networks: Vec<Arc<dyn Channel>>,
    pub(crate) redactor: Arc<Redactor>,
    /// This machine's name.
    pub(crate) machine: String,
}

impl Foundation {
    /// Opens the database. The lease must be held.
    pub(crate) fn open(context: &Context, configuration: Arc<Configuration>) -> Result<Self> {
        let inbound: inbound::Config = crate::config::section(&configuration.current())?;
        adopt_credentials(&context.places.state, &inbound.default_agent())
            .context("the folder `agent` of an older layout cannot be moved to its agent")?;
        let store = Store::open(&context.places.database(), &migrations(), Arc::clone(&context.clock))?;
        Ok(Self::on(context, configuration, store))
    }

    /// On a store that was opened elsewhere.
    pub(crate) fn on(context: &Context, configuration: Arc<Configuration>, store: Store) -> Self {
        let environment = with_config(&context.environment, &configuration.current());
        Self {
            places: context.places.clone(),
            clock: Arc::clone(&context.clock),
            entropy: Arc::new(OsEntropy),
            disk: Arc::new(RealDisk),
            environment,
            configuration,
            store,
            networks: crate::adapters::channels(),
            redactor: Arc::clone(&context.redactor),
            machine: machine_name(),
        }
    }

    pub(crate) fn live<T: Section>(&self) -> Result<Live<T>> {
        self.configuration.live().map_err(|issue| anyhow!("{issue}"))
    }

    pub(crate) fn live_with<T: Send + Sync + 'static>(
        &self,
        read: impl Fn(&Snapshot) -> Result<T> + Send + Sync + 'static,
    ) -> Result<Live<T>> {
        self.configuration.live_with(read)
    }

    /// Reads the environment for networks.
    pub(crate) fn reader(&self) -> accounts::Environment {
        let environment = Arc::clone(&self.environment);
        Arc::new(move |name| environment::text(&environment, name).map(str::to_owned))
    }

    /// Whether the environment says to leave a part out.
    pub(crate) fn skips(&self, name: &str) -> bool {
        environment::is_on(&self.environment, name)
    }

    /// The folder of an agent that holds its credentials.
    pub(crate) fn credential_folder(&self) -> impl Fn(&AgentId) -> AbsPath + Send + Sync + 'static {
        let agents = self.places.state.join("agents");
        move |agent| agents.join(agent.as_str()).join("agent")
    }

    pub(crate) fn machine(&self, config: Live<sandbox::Config>) -> Machine {
        Machine { env: (*self.environment).clone(), home: self.places.home.clone(), config, secret_env: Vec::new() }
    }

    pub(crate) fn processes(&self, configs: &Configs, told: &Arc<SystemEvents>) -> sandbox::Parts {
        let (agents, general) = (configs.agent.clone(), configs.sandbox.clone());
        let (told, clock) = (Arc::clone(told), Arc::clone(&self.clock));
        let on_end: OnEnd = Arc::new(move |ended: &Ended| {
            let tail = ended.tail.trim();
            let text = format!("Background command {} ended ({:?}): {}\n{tail}", ended.id, ended.state, ended.command);
            told.push(&ended.session, clock.now_ms(), &text);
        });
        sandbox::Parts {
            store: self.store.clone(),
            clock: Arc::clone(&self.clock),
            entropy: Arc::clone(&self.entropy),
            exec: Arc::new(move |agent| agents.get().exec(agent, &general.get().exec)),
            on_end,
        }
    }

    pub(crate) fn folders(&self) -> agent::Folders {
        agent::Folders {
            home: self.places.home.clone(),
            workspace: self.places.workspace(),
            tool_output: self.places.state.join("tool-output"),
        }
    }

    pub(crate) fn host(&self) -> agent::Host {
        agent::Host { name: self.machine.clone(), system: system() }
    }
}

/// Before agents had folders there was one, `agent`, with the credentials of what is the default agent now. Moved before
/// anybody looks for a key.
fn adopt_credentials(state: &AbsPath, default: &AgentId) -> std::io::Result<()> {
    let (from, to) = (state.join("agent"), state.join("agents").join(default.as_str()).join("agent"));
    let moved = stdx::adopt(&RealDisk, &from, &to, |_| true)?;
    if moved > 0 {
        info!(from = %from, to = %to, moved, "files of an older layout were moved to their agent");
        // A folder that still holds something stays.
        drop(RealDisk.remove_folder(&from));
    }
    Ok(())
}

/// The environment with what the config adds: nothing that is set already.
fn with_config(environment: &Environment, snapshot: &Snapshot) -> Environment {
    let mut variables = (**environment).clone();
    let section = snapshot.effective.get("env").and_then(serde_json::Value::as_object);
    let texts = |map: &serde_json::Map<String, serde_json::Value>| {
        let texts = map.iter().filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())));
        texts.collect::<Vec<_>>()
    };
    if let Some(section) = section {
        environment::add(&mut variables, texts(section));
        if let Some(vars) = section.get("vars").and_then(serde_json::Value::as_object) {
            environment::add(&mut variables, texts(vars));
        }
    }
    Arc::new(variables)
}

/// This machine's name, as the network knows it.
pub(crate) fn machine_name() -> String {
    let name = rustix::system::uname().nodename().to_string_lossy().into_owned();
    if name.is_empty() { "localhost".to_owned() } else { name }
}

/// The address this machine has towards others; its name where it has none.
pub(crate) fn machine_address() -> String {
    // Nothing is sent: a connected datagram socket knows which address it would send from. The far one is kept free
    // for documentation.
    let towards = || {
        let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0))?;
        socket.connect((Ipv4Addr::new(192, 0, 2, 1), 9))?;
        socket.local_addr()
    };
    towards().map_or_else(|_| machine_name(), |address| address.ip().to_string())
}

/// What kind of machine this is, as clients show it.
pub(crate) fn machine_family() -> &'static str {
    match std::env::consts::OS {
        "linux" => "Linux",
        "macos" => "Mac",
        "windows" => "Windows",
        other => other,
    }
}

/// `linux 6.18 (x86_64)`.
pub(crate) fn system() -> String {
    let uname = rustix::system::uname();
    let release = uname.release().to_string_lossy().into_owned();
    format!("{} {release} ({})", std::env::consts::OS, std::env::consts::ARCH)
}
