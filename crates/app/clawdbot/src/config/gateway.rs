//! `gateway`: where the front door is and who may come in.

use config::{ConfigPath, Issue, Issues, Reload, Section};
use schemars::JsonSchema;
use serde::Deserialize;
use stdx::Secret;

/// The front door.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct GatewaySection {
    /// TCP port of everything (18789).
    pub(crate) port: Option<u16>,
    /// `local` runs a gateway here; `remote` makes commands use `gateway.remote`.
    pub(crate) mode: Option<Mode>,
    /// Which addresses are listened on (loopback).
    pub(crate) bind: Option<BindMode>,
    pub(crate) auth: Auth,
    pub(crate) control_ui: ControlUi,
    /// Addresses of proxies whose word on a client's address counts.
    pub(crate) trusted_proxies: Vec<String>,
    pub(crate) reload: ReloadRules,
    pub(crate) remote: Remote,
    pub(crate) tailscale: Tailscale,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Mode {
    Local,
    Remote,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum BindMode {
    /// This machine alone, as `loopback`: every machine has it.
    Auto,
    /// Every address of this machine.
    Lan,
    /// This machine alone.
    Loopback,
    /// Listed for files of other versions; refused with a word.
    Custom,
    /// Listed for files of other versions; refused with a word.
    Tailnet,
}

/// What clients show to be let in.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Auth {
    /// Which of the two is asked for; without it the one that is set.
    pub(crate) mode: Option<AuthMode>,
    #[schemars(with = "Option<String>")]
    pub(crate) token: Option<Secret>,
    #[schemars(with = "Option<String>")]
    pub(crate) password: Option<Secret>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum AuthMode {
    Token,
    Password,
}

/// The page in the browser.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct ControlUi {
    /// Whether the page is served (true).
    pub(crate) enabled: bool,
    /// The path it is served below.
    pub(crate) base_path: Option<String>,
    /// Let a page in that shows no device of its own.
    pub(crate) allow_insecure_auth: bool,
    /// Pages of other addresses that may connect: `https://host[:port]`, or `*`.
    pub(crate) allowed_origins: Vec<String>,
}

impl Default for ControlUi {
    fn default() -> Self {
        Self { enabled: true, base_path: None, allow_insecure_auth: false, allowed_origins: Vec::new() }
    }
}

/// What a changed file causes.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct ReloadRules {
    /// `hybrid`: take over what can be, start again for the rest; `hot`: never start again; `restart`; `off`.
    pub(crate) mode: Option<ReloadMode>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ReloadMode {
    #[default]
    Hybrid,
    Hot,
    Restart,
    Off,
}

/// How the gateway is shown to one's other machines, or to everybody.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Tailscale {
    /// Read, checked and not carried out by this release: run `tailscale serve` or `tailscale funnel` beside it.
    pub(crate) mode: Option<TailscaleMode>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum TailscaleMode {
    Off,
    Serve,
    Funnel,
}

impl TailscaleMode {
    /// As it is written; none where nothing is wished.
    pub(crate) const fn wished(self) -> Option<&'static str> {
        match self {
            Self::Off => None,
            Self::Serve => Some("serve"),
            Self::Funnel => Some("funnel"),
        }
    }
}

/// A gateway elsewhere, for commands.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Remote {
    pub(crate) url: Option<String>,
    #[schemars(with = "Option<String>")]
    pub(crate) token: Option<Secret>,
    #[schemars(with = "Option<String>")]
    pub(crate) password: Option<Secret>,
}

impl Section for GatewaySection {
    const PATH: &'static str = "gateway";
    const RELOAD: Reload = Reload::Gateway;

    fn check(&self, issues: &mut Issues) {
        let place = |path: &str| path.split('.').collect::<ConfigPath>();
        for (index, proxy) in self.trusted_proxies.iter().enumerate() {
            if proxy.trim().parse::<std::net::IpAddr>().is_err() {
                issues.add(&place("gateway.trustedProxies").child(index), "not an IP address");
            }
        }
        // The whole internet may knock then: a password can be changed, a token lies in bookmarks. One that only the
        // environment has is seen at the start.
        if self.tailscale.mode == Some(TailscaleMode::Funnel) && self.auth.mode() == Some(AuthMode::Token) {
            let issue = Issue::new(place("gateway.tailscale.mode"), "\"funnel\" needs gateway.auth.mode \"password\"");
            issues.push(issue.with_advice("set gateway.auth.mode and gateway.auth.password, or use \"serve\""));
        }
    }
}

impl Auth {
    /// What is asked for, if anything: the mode that was chosen, else the secret that is there.
    pub(crate) fn mode(&self) -> Option<AuthMode> {
        let is_set = |secret: &Option<Secret>| secret.as_ref().is_some_and(|secret| !secret.expose().trim().is_empty());
        self.mode.or_else(|| match (is_set(&self.password), is_set(&self.token)) {
            (true, false) => Some(AuthMode::Password),
            (_, true) => Some(AuthMode::Token),
            (false, false) => None,
        })
    }
}
