//! What the gateway must be told: where it listens, what it says of itself, which browsers may come.

use std::{net::IpAddr, sync::Arc, time::Duration};

use async_trait::async_trait;
use config::Live;
use protocol::{connect::SessionDefaults, health};
use stdx::{Clock, Secret};

/// Where the one port is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Bind {
    /// 127.0.0.1, and ::1 where there is one.
    Loopback,
    /// Every address of this machine.
    Lan,
    /// One address.
    Address(IpAddr),
}

/// What does not change while the gateway runs.
#[derive(Debug, Clone)]
pub struct Config {
    pub bind: Bind,
    /// 0 takes any free one.
    pub port: u16,
    /// Whether a token or a password is needed. Without one only loopback is bound.
    pub has_auth: bool,
    pub identity: Identity,
    pub access: Live<Access>,
    pub session_defaults: Live<SessionDefaults>,
    /// What the page gets for its one-time code: the shared token.
    pub page_token: Option<Secret>,
    pub handshake_timeout: Duration,
    /// How often the gateway says that it is alive.
    pub tick: Duration,
}

impl Config {
    /// Loopback on this port, with the defaults of everything else.
    #[must_use]
    pub fn loopback(port: u16, identity: Identity, session_defaults: Live<SessionDefaults>) -> Self {
        Self {
            bind: Bind::Loopback,
            port,
            has_auth: true,
            identity,
            access: Live::fixed(Access::default()),
            session_defaults,
            page_token: None,
            handshake_timeout: Duration::from_secs(10),
            tick: Duration::from_secs(30),
        }
    }
}

/// What the gateway says of itself.
#[derive(Debug, Clone, Default)]
pub struct Identity {
    pub version: String,
    pub commit: Option<String>,
    /// This machine's name.
    pub host: String,
    /// Its address in the local network, where it has one.
    pub ip: Option<String>,
    /// `linux 6.1.0`, say.
    pub platform: String,
    pub device_family: Option<String>,
    pub model_identifier: Option<String>,
    pub config_path: Option<String>,
    pub state_dir: Option<String>,
}

/// Which proxies and pages are trusted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Access {
    /// Their word on a client's address counts.
    pub trusted_proxies: Vec<IpAddr>,
    /// Pages that may connect besides our own and those of this machine: `https://host[:port]`, or `*`.
    pub allowed_origins: Vec<String>,
}

/// What the gateway asks the rest of the program.
#[derive(Debug, Clone)]
pub struct Ports {
    pub clock: Arc<dyn Clock>,
    pub health: Arc<dyn HealthSource>,
    pub system_events: Arc<dyn SystemEvents>,
}

/// Looks after everything that should run.
#[async_trait]
pub trait HealthSource: Send + Sync + std::fmt::Debug {
    /// `probe`: ask the networks too. Must end by itself.
    async fn collect(&self, probe: bool) -> health::Snapshot;
}

/// Takes what machines and people report to the main session.
pub trait SystemEvents: Send + Sync + std::fmt::Debug {
    /// `context` names who reports: reports of one context replace each other.
    fn system_event(&self, text: String, context: Option<String>);
}
