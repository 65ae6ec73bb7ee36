//! The gateway's life: hold the state folder, bind the port, build the house, answer, and end in order.
//!
//! The port is bound first; whoever connects meanwhile waits in the kernel. What the last process left is taken up
//! after the first client can be answered.

use std::net::IpAddr;
use std::sync::Arc;

use anyhow::{Context as _, Result, anyhow, bail};
use config::{Base, ConfigPath, Configuration, Edit, Notice, Reload};
use gateway::{Access, Bind, Gateway, Identity, Ports, sample};
use pairing::Devices;
use protocol::Text;
use protocol::connect::SessionDefaults;
use serde_json::Value;
use stdx::{CancellationToken, Entropy as _, OsEntropy};
use tokio::sync::watch;

use crate::config::{AuthMode, BindMode, GatewaySection, LoggingSection, ReloadMode, TailscaleMode, section};
use crate::context::{Context, Shared};
use crate::lease;
use crate::logging::{Log, Redactor};
use crate::methods::LogPlace;
use crate::page::{self, LINK_PATH, Link, Page};
use crate::report::Report;
use crate::shutdown::{self, End, Signals, Standing};
use crate::wire::{self, Foundation, OnGateway, Outside, ToMainSession};

/// What the command line says about this one start.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wishes {
    pub(crate) port: Option<u16>,
    pub(crate) bind: Option<BindMode>,
    pub(crate) auth: Option<AuthMode>,
    pub(crate) token: Option<String>,
    pub(crate) password: Option<String>,
    pub(crate) force: bool,
    pub(crate) verbose: bool,
}

/// Runs the gateway until it is told to stop.
pub(crate) fn run(context: &Context, wishes: &Wishes) -> Result<()> {
    let file = context.config_file();
    let configuration = Configuration::open(file).map_err(|snapshot| {
        anyhow!("the config {} is not valid; `clawdbot doctor` says more:\n{}", snapshot.path, snapshot.issues)
    })?;
    let _lease = lease::take(context, wishes.force)?;
    first_token(&configuration)?;
    start_log(context, &configuration, wishes)?;
    unlike_written(&configuration)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(workers())
        .thread_stack_size(1 << 20)
        .max_blocking_threads(8)
        .enable_all()
        .build()
        .context("the runtime cannot start")?;
    loop {
        let end = runtime.block_on(once(context, wishes, &configuration))?;
        match end {
            End::Stop => return Ok(()),
            End::Restart => tracing::info!("starting again with the changed config"),
        }
    }
}

/// What the owner wrote and this release reads elsewhere or does not carry out.
fn unlike_written(configuration: &Configuration) -> Result<()> {
    let snapshot = configuration.current();
    for moved in &snapshot.moved {
        let became = moved.message.as_str();
        tracing::warn!(key = %moved.path, became, "a key of an older version; `clawdbot doctor --fix` writes it anew");
    }
    let gateway: GatewaySection = section(&snapshot)?;
    if let Some(mode) = gateway.tailscale.mode.and_then(TailscaleMode::wished) {
        tracing::warn!(mode, "gateway.tailscale.mode is not carried out by this release: run tailscale beside it");
    }
    Ok(())
}

/// Work goes on in one thread where the machine has few cores: handing it over costs more than it wins.
fn workers() -> usize {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    (cores / 2).clamp(1, 4)
}

/// A fresh state folder gets a token of its own; a config that exists is left as it is.
fn first_token(configuration: &Configuration) -> Result<()> {
    if configuration.current().exists() {
        return Ok(());
    }
    let mut bytes = [0; 24];
    OsEntropy.fill(&mut bytes);
    let token: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let path = |text: &str| text.split('.').collect::<ConfigPath>();
    let edits = [
        Edit::Set(path("gateway.mode"), Value::String("local".to_owned())),
        Edit::Set(path("gateway.auth.token"), Value::String(token)),
    ];
    stdx::create_private_dir(&configuration.file().path().parent())?;
    configuration.write(&edits, &Base::Whatever).context("the first config cannot be written")?;
    Ok(())
}

fn start_log(context: &Context, configuration: &Configuration, wishes: &Wishes) -> Result<()> {
    let snapshot = configuration.current();
    let redactor = Arc::clone(&context.redactor);
    redactor.learn_environment(context.environment.iter());
    redactor.learn_config(&snapshot.effective);
    redactor.learn("the command line", [&wishes.token, &wishes.password].into_iter().flatten().map(String::as_str));
    let log = Log {
        folder: context.places.logs(),
        section: section::<LoggingSection>(&snapshot)?,
        redactor,
        host: wire::machine_name(),
        is_verbose: wishes.verbose,
        clock: Arc::clone(&context.clock),
    };
    log.start()
}

async fn once(context: &Context, wishes: &Wishes, configuration: &Arc<Configuration>) -> Result<End> {
    let cancel = CancellationToken::new();
    let snapshot = configuration.current();
    let section_now: GatewaySection = section(&snapshot)?;
    let shared = shared(context, wishes, &section_now);
    let report = Report::new(Arc::clone(&context.clock), context.places.state.clone());
    let inbound_config = configuration.live::<inbound::Config>().map_err(|issue| anyhow!("{issue}"))?;
    let events = Arc::new(ToMainSession {
        queue: Arc::new(inbound::SystemEvents::default()),
        config: inbound_config,
        clock: Arc::clone(&context.clock),
    });
    let gateway_config = gateway_config(context, wishes, configuration, &section_now, &shared)?;
    let ports = Ports {
        clock: Arc::clone(&context.clock),
        health: Arc::clone(&report) as Arc<dyn gateway::HealthSource>,
        system_events: Arc::clone(&events) as Arc<dyn gateway::SystemEvents>,
    };
    let gateway = Arc::new(Gateway::bind(gateway_config, ports, &cancel)?);
    let base = Foundation::open(context, Arc::clone(configuration))?;
    let outside = Outside {
        events: gateway.events(),
        mounts: Arc::new(OnGateway(Arc::clone(&gateway))),
        system_events: Arc::clone(&events.queue),
    };
    let house = Arc::new(wire::house(&base, outside, &cancel).await?);
    report.met(&house);
    let devices = devices(context, wishes, configuration, &gateway)?;
    let log = LogPlace::new(context.places.logs(), &section::<LoggingSection>(&snapshot)?);
    let methods = house
        .methods()?
        .merge(gateway.methods())?
        .merge(devices.methods())?
        .merge(crate::methods::methods(configuration, &events, log, &report, &context.clock))?;
    let page = Page::new(section_now.control_ui.base_path.as_deref());
    let below = page.below().to_owned();
    let secret = shared.token.clone().or_else(|| shared.password.clone());
    gateway.mount(LINK_PATH, Arc::new(Link::new(&gateway, secret, &below))).forever();
    if section_now.control_ui.enabled {
        gateway.mount(&page.pattern(), Arc::new(page)).forever();
    }
    gateway.gauge(figures(&house));
    // Before the first question: what the published program left is taken over first, and answers wait for it.
    house.sessions.start(&cancel);
    gateway.serve(methods, devices);
    let signals = Signals::listen()?;
    welcome(context, &gateway, &below);
    let door = Arc::downgrade(&gateway);
    let changed = move || {
        if let Some(gateway) = door.upgrade() {
            gateway.health_changed();
        }
    };
    let tending = house.wake(&base, &cancel, changed).await?;
    let changed = follow(configuration, &house, Arc::clone(&context.redactor));
    let watching = configuration.watch(&cancel);
    let end = signals.wait(changed).await;
    drop((watching, tending));
    shutdown::stop(Standing { gateway, house, store: base.store, cancel }, end).await;
    Ok(end)
}

/// Figures of the engines, for `/metrics`.
fn figures(house: &Arc<wire::House>) -> impl Fn(&mut String) + Send + Sync + use<> {
    let house = Arc::downgrade(house);
    move |out| {
        let Some(house) = house.upgrade() else { return };
        let mut gauge = |name: &str, help: &str, value: u64| sample(out, name, help, "gauge", value);
        let whole = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
        let all = house.accounts.status();
        let connected = all.iter().map(|network| network.accounts.iter().filter(|one| one.is_connected()).count());
        let connected: Vec<usize> = connected.collect();
        let help = "Accounts of networks that are connected now";
        gauge("channel_accounts_connected", help, whole(connected.iter().sum()));
        let active = connected.iter().filter(|accounts| **accounts > 0).count();
        gauge("channels_active", "Networks with a connected account", whole(active));
        let lanes = house.lanes.figures();
        gauge("runs_running", "Runs at work", whole(lanes.running));
        for (lane, waiting) in lanes.waiting {
            let name = format!("runs_waiting_{}", lane.as_str());
            gauge(&name, "Runs that wait for a free place in the lane", whole(waiting));
        }
        // A database that cannot be read has no figure, and says so elsewhere.
        if let Ok(waiting) = house.deliveries.waiting_blocking() {
            gauge("outbox_rows", "Pieces of answers that wait to leave", waiting);
        }
        if let Ok(sessions) = house.sessions.count_blocking() {
            gauge("sessions", "Conversations in the index", sessions);
        }
    }
}

/// The one line that a person needs: where the page is, with a code that opens it once.
fn welcome(context: &Context, gateway: &Gateway, below: &str) {
    context.output.line(page::address(gateway, below));
    let pid = std::process::id();
    for address in gateway.addresses() {
        tracing::info!(target: "gateway", "listening on ws://{address} (PID {pid})");
    }
}

/// What clients must show, with the command line's word first.
fn shared(context: &Context, wishes: &Wishes, section: &GatewaySection) -> Shared {
    let mut shared = context.shared(section);
    if let Some(token) = &wishes.token {
        shared = Shared { token: Some(token.as_str().into()), password: None };
    }
    if let Some(password) = &wishes.password {
        shared = Shared { token: None, password: Some(password.as_str().into()) };
    }
    match wishes.auth {
        Some(AuthMode::Token) => shared.password = None,
        Some(AuthMode::Password) => shared.token = None,
        None => {}
    }
    shared
}

/// Through a funnel the whole internet knocks: a password can be changed, a token lies in bookmarks. The environment may
/// hold either, so this is seen at the start only.
fn guard(section: &GatewaySection, shared: &Shared) -> Result<()> {
    let is_funnel = section.tailscale.mode == Some(TailscaleMode::Funnel);
    if is_funnel && (shared.password.is_none() || shared.token.is_some()) {
        bail!(
            "gateway.tailscale.mode \"funnel\" needs a password and nothing else: set gateway.auth.mode to \"password\", \
             and gateway.auth.password or CLAWDBOT_GATEWAY_PASSWORD"
        );
    }
    Ok(())
}

fn gateway_config(
    context: &Context,
    wishes: &Wishes,
    configuration: &Arc<Configuration>,
    section_now: &GatewaySection,
    shared: &Shared,
) -> Result<gateway::Config> {
    guard(section_now, shared)?;
    let port = match wishes.port {
        Some(port) => port,
        None => context.port(section_now)?,
    };
    let identity = Identity {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        commit: None,
        host: wire::machine_name(),
        ip: Some(wire::machine_address()),
        platform: wire::system(),
        device_family: Some(wire::machine_family().to_owned()),
        model_identifier: Some(std::env::consts::ARCH.to_owned()),
        config_path: Some(context.places.config.to_string()),
        state_dir: Some(context.places.state.to_string()),
    };
    let defaults = configuration.live_with(|snapshot| session_defaults(&section(snapshot)?, &section(snapshot)?))?;
    let mut config = gateway::Config::loopback(port, identity, defaults);
    let named = context.variable("CLAWDBOT_GATEWAY_BIND").map(|word| {
        <BindMode as clap::ValueEnum>::from_str(word, true)
            .map_err(|_| anyhow!("CLAWDBOT_GATEWAY_BIND is {word:?}; write loopback, lan or auto"))
    });
    config.bind = bind(wishes.bind.or(named.transpose()?).or(section_now.bind))?;
    config.has_auth = !shared.is_none();
    config.page_token = shared.token.clone().or_else(|| shared.password.clone());
    config.access = configuration.live_with(|snapshot| Ok::<_, anyhow::Error>(access(&section(snapshot)?)))?;
    Ok(config)
}

fn bind(mode: Option<BindMode>) -> Result<Bind> {
    match mode {
        None | Some(BindMode::Loopback | BindMode::Auto) => Ok(Bind::Loopback),
        Some(BindMode::Lan) => Ok(Bind::Lan),
        Some(BindMode::Custom | BindMode::Tailnet) => {
            bail!("gateway.bind: this release binds `loopback` or `lan`; choose one of them")
        }
    }
}

fn access(section: &GatewaySection) -> Access {
    let proxies = section.trusted_proxies.iter().filter_map(|text| text.trim().parse::<IpAddr>().ok());
    Access { trusted_proxies: proxies.collect(), allowed_origins: section.control_ui.allowed_origins.clone() }
}

fn session_defaults(inbound: &inbound::Config, sessions: &sessions::Config) -> Result<SessionDefaults> {
    let main_key = Text::try_from(inbound.main_key()).map_err(|error| anyhow!("session.mainKey: {error}"))?;
    let scope = match sessions.scope {
        sessions::Scope::PerSender => "per-sender",
        sessions::Scope::Global => "global",
    };
    Ok(SessionDefaults {
        default_agent_id: inbound.default_agent(),
        main_session_key: wire::main_session(inbound),
        main_key,
        scope: Text::try_from(scope.to_owned()).ok(),
    })
}

fn devices(
    context: &Context,
    wishes: &Wishes,
    configuration: &Arc<Configuration>,
    gateway: &Gateway,
) -> Result<Arc<Devices>> {
    let (asked, by_us) = (context.clone(), wishes.clone());
    let auth = configuration.live_with(move |snapshot| {
        let section: GatewaySection = section(snapshot)?;
        let shared = shared(&asked, &by_us, &section);
        let mode = match (shared.token, shared.password) {
            (None, Some(password)) => pairing::Mode::Password(Some(password)),
            (Some(token), _) => pairing::Mode::Token(Some(token)),
            (None, None) => match section.auth.mode {
                Some(AuthMode::Token) => pairing::Mode::Token(None),
                Some(AuthMode::Password) => pairing::Mode::Password(None),
                None => pairing::Mode::None,
            },
        };
        let allow_insecure_page = section.control_ui.allow_insecure_auth;
        Ok::<_, anyhow::Error>(pairing::Auth { mode, allow_insecure_page })
    })?;
    Ok(Devices::open(&context.places.state, auth, Arc::clone(&context.clock), gateway.events()))
}

/// Tells engines what they do not follow by themselves, and says when a change needs a new start.
fn follow(
    configuration: &Arc<Configuration>,
    house: &Arc<wire::House>,
    redactor: Arc<Redactor>,
) -> watch::Receiver<bool> {
    let (restart, wanted) = watch::channel(false);
    let house = Arc::downgrade(house);
    configuration.listen(move |notice| match notice {
        Notice::Changed(change) => {
            redactor.learn_config(&change.snapshot.effective);
            let places: Vec<String> = change.places.iter().map(|(place, _)| place.to_string()).collect();
            tracing::info!(target: "gateway/reload", places = places.join(", "), "the config changed");
            if let Some(house) = house.upgrade() {
                house.reconfigure(change);
            }
            let mode = section::<GatewaySection>(&change.snapshot).ok().and_then(|section| section.reload.mode);
            let is_wanted = match mode.unwrap_or_default() {
                ReloadMode::Hybrid => change.cost() == Reload::Gateway,
                ReloadMode::Restart => true,
                ReloadMode::Hot | ReloadMode::Off => false,
            };
            if is_wanted {
                // Nobody listens any more when the gateway ends anyway.
                let _ending = restart.send(true);
            }
        }
        Notice::Broken(issues) => {
            tracing::error!(target: "gateway/reload", %issues, "the config is broken; the last good one stays in force");
        }
        Notice::Mended => tracing::info!(target: "gateway/reload", "the config is whole again"),
    });
    wanted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_word_the_gateway_is_on_this_machine_alone_at_port_18789() {
        let variables = [("HOME".to_owned(), "/h".to_owned())].into_iter().collect();
        let here = stdx::AbsPath::new("/here").unwrap();
        let context = Context {
            places: crate::places::Places::choose(&crate::places::Choice::default(), &variables, &here).unwrap(),
            environment: Arc::new(variables),
            output: crate::output::Output::new(true),
            clock: Arc::new(stdx::SystemClock),
            redactor: Arc::default(),
        };
        let section = GatewaySection::default();
        assert_eq!(context.port(&section).unwrap(), 18_789);
        assert!(matches!(bind(section.bind), Ok(Bind::Loopback)));
    }
}
