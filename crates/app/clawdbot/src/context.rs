//! What every command knows: the environment, where things lie, and how to speak.

use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use config::{ConfigFile, Environment, Snapshot};
use stdx::{AbsPath, Clock, Secret, SystemClock};

use crate::args::Global;
use crate::config::{AuthMode, GatewaySection};
use crate::environment;
use crate::logging::Redactor;
use crate::output::Output;
use crate::places::Places;

/// One call of the program.
#[derive(Debug, Clone)]
pub(crate) struct Context {
    pub(crate) environment: Environment,
    pub(crate) places: Places,
    pub(crate) output: Output,
    pub(crate) clock: Arc<dyn Clock>,
    /// What the log of this process must not say.
    pub(crate) redactor: Arc<Redactor>,
}

/// What a client shows to be let in, or a gateway asks for.
#[derive(Debug, Clone, Default)]
pub(crate) struct Shared {
    pub(crate) token: Option<Secret>,
    pub(crate) password: Option<Secret>,
}

impl Shared {
    pub(crate) fn is_none(&self) -> bool {
        self.token.is_none() && self.password.is_none()
    }
}

impl Context {
    /// Reads the environment and decides which installation is meant.
    #[expect(clippy::disallowed_methods, reason = "a command is called in a folder; the gateway never asks again")]
    pub(crate) fn read(global: &Global) -> Result<Self> {
        let here = std::env::current_dir().context("the current folder cannot be read")?;
        let here = AbsPath::new(here)?;
        let mut variables = environment::of_process();
        environment::add_file(&mut variables, &here.join(".env"));
        let places = Places::choose(&global.choice, &variables, &here)?;
        environment::add_file(&mut variables, &places.state.join(".env"));
        let no_color = global.no_color || environment::text(&variables, "NO_COLOR").is_some();
        Ok(Self {
            environment: Arc::new(variables),
            places,
            output: Output::new(no_color),
            clock: Arc::new(SystemClock),
            redactor: Arc::default(),
        })
    }

    /// A variable that is set to something.
    pub(crate) fn variable(&self, name: &str) -> Option<&str> {
        environment::text(&self.environment, name)
    }

    /// The config file with all that may be written in it.
    pub(crate) fn config_file(&self) -> ConfigFile {
        let environment = Arc::clone(&self.environment);
        let schema = move || crate::config::schema(crate::adapters::channels(), Arc::clone(&environment));
        ConfigFile::new(self.places.config.clone(), Arc::clone(&self.environment), schema)
    }

    /// The config, if it is whole.
    pub(crate) fn config(&self) -> Result<Snapshot> {
        let snapshot = self.config_file().load();
        if !snapshot.is_valid() {
            bail!("the config {} is not valid; `clawdbot doctor` says more:\n{}", snapshot.path, snapshot.issues);
        }
        Ok(snapshot)
    }

    /// The port: as the environment says, else the config, else the usual one.
    pub(crate) fn port(&self, gateway: &GatewaySection) -> Result<u16> {
        match self.variable("CLAWDBOT_GATEWAY_PORT") {
            Some(text) => text.parse().with_context(|| format!("CLAWDBOT_GATEWAY_PORT is no port: {text:?}")),
            None => Ok(gateway.port.unwrap_or(self.places.default_port)),
        }
    }

    /// What is shown at the front door: as the environment says, else the config.
    pub(crate) fn shared(&self, gateway: &GatewaySection) -> Shared {
        let text = |secret: &Option<Secret>| {
            secret.as_ref().map(|secret| secret.expose().trim()).filter(|text| !text.is_empty()).map(Secret::from)
        };
        let token = self.variable("CLAWDBOT_GATEWAY_TOKEN").map(Secret::from).or_else(|| text(&gateway.auth.token));
        let password =
            self.variable("CLAWDBOT_GATEWAY_PASSWORD").map(Secret::from).or_else(|| text(&gateway.auth.password));
        match gateway.auth.mode.or_else(|| gateway.auth.mode()) {
            Some(AuthMode::Password) => Shared { token: None, password },
            Some(AuthMode::Token) => Shared { token, password: None },
            None => Shared { token, password },
        }
    }
}
