//! What is known of an account: for people, for the apps and for `health`.

use channel::{Account, Descriptor, Probe};
use ids::{AccountId, ChannelKind};
use serde_json::{Map, Value, json};

/// What happened to an account so far. Times are Unix milliseconds.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Facts {
    pub(crate) running: bool,
    pub(crate) connected: bool,
    pub(crate) reconnects: u64,
    pub(crate) last_start: Option<i64>,
    pub(crate) last_stop: Option<i64>,
    pub(crate) last_connected: Option<i64>,
    pub(crate) last_error: Option<String>,
    pub(crate) last_inbound: Option<i64>,
    pub(crate) last_outbound: Option<i64>,
    pub(crate) last_probe: Option<i64>,
    pub(crate) probe: Option<Value>,
}

impl Facts {
    pub(crate) fn connected(&mut self, now: i64) {
        self.connected = true;
        self.last_connected = Some(now);
        self.last_error = None;
    }

    pub(crate) fn lost(&mut self, why: String) {
        self.connected = false;
        self.reconnects += 1;
        self.last_error = Some(why);
    }

    pub(crate) fn stopped(&mut self, now: i64) {
        if self.running {
            self.last_stop = Some(now);
        }
        self.running = false;
        self.connected = false;
    }
}

/// One account.
#[derive(Debug, Clone, PartialEq)]
pub struct AccountStatus {
    pub channel: ChannelKind,
    pub account: AccountId,
    pub name: Option<String>,
    pub enabled: bool,
    pub configured: bool,
    pub(crate) facts: Facts,
    /// What only the network knows.
    pub(crate) own: Map<String, Value>,
}

impl AccountStatus {
    pub(crate) fn of(channel: &ChannelKind, account: &dyn Account, facts: Facts) -> Self {
        Self {
            channel: channel.clone(),
            account: account.id().clone(),
            name: account.name().map(str::to_owned),
            enabled: account.enabled(),
            configured: account.is_configured(),
            own: account.facts(),
            facts,
        }
    }

    #[must_use]
    pub fn is_connected(&self) -> bool {
        self.facts.connected
    }

    /// It is to connect and has neither done so nor failed yet.
    #[must_use]
    pub fn is_starting(&self) -> bool {
        let Facts { connected, last_connected, last_error, last_stop, .. } = &self.facts;
        let is_new = !connected && last_connected.is_none() && last_error.is_none() && last_stop.is_none();
        is_new && self.enabled && self.configured
    }

    #[must_use]
    pub fn last_error(&self) -> Option<&str> {
        self.facts.last_error.as_deref()
    }

    /// Every fact, as `channels.status` lists accounts.
    #[must_use]
    pub fn snapshot(&self) -> Map<String, Value> {
        let mut all = Map::new();
        put(&mut all, "accountId", self.account.as_str());
        if let Some(name) = &self.name {
            put(&mut all, "name", name.as_str());
        }
        put(&mut all, "enabled", self.enabled);
        put(&mut all, "configured", self.configured);
        all.extend(self.own.clone());
        self.put_life(&mut all);
        if self.facts.running {
            put(&mut all, "connected", self.facts.connected);
            put(&mut all, "reconnectAttempts", self.facts.reconnects);
            if let Some(at) = self.facts.last_connected {
                put(&mut all, "lastConnectedAt", at);
            }
        }
        self.put_probe(&mut all);
        put(&mut all, "lastInboundAt", self.facts.last_inbound);
        put(&mut all, "lastOutboundAt", self.facts.last_outbound);
        all
    }

    /// The short form, as `channels.status` and `health` sum up a network.
    #[must_use]
    pub fn summary(&self) -> Map<String, Value> {
        let mut short = Map::new();
        put(&mut short, "configured", self.configured);
        let own = self.own.iter().filter(|(key, _)| *key != "allowUnmentionedGroups");
        short.extend(own.map(|(key, value)| (key.clone(), value.clone())));
        self.put_life(&mut short);
        self.put_probe(&mut short);
        put(&mut short, "lastProbeAt", self.facts.last_probe);
        short
    }

    fn put_life(&self, to: &mut Map<String, Value>) {
        put(to, "running", self.facts.running);
        put(to, "lastStartAt", self.facts.last_start);
        put(to, "lastStopAt", self.facts.last_stop);
        put(to, "lastError", self.facts.last_error.as_deref());
    }

    fn put_probe(&self, to: &mut Map<String, Value>) {
        if let (Some(probe), Some(at)) = (&self.facts.probe, self.facts.last_probe) {
            put(to, "probe", probe.clone());
            put(to, "lastProbeAt", at);
        }
    }
}

fn put(to: &mut Map<String, Value>, key: &str, value: impl Into<Value>) {
    to.insert(key.to_owned(), value.into());
}

/// A network and its accounts.
#[derive(Debug, Clone, PartialEq)]
pub struct ChannelStatus {
    pub descriptor: &'static Descriptor,
    pub accounts: Vec<AccountStatus>,
}

impl ChannelStatus {
    /// The account that stands for the network: `default`, or the first.
    #[must_use]
    pub fn default_account(&self) -> Option<&AccountStatus> {
        self.accounts.iter().find(|status| status.account.as_str() == "default").or_else(|| self.accounts.first())
    }

    #[must_use]
    pub fn summary(&self) -> Map<String, Value> {
        self.default_account().map_or_else(nothing, AccountStatus::summary)
    }

    /// As `health` shows it: the summary, with all accounts below.
    #[must_use]
    pub fn health(&self) -> Map<String, Value> {
        let with_id = |status: &AccountStatus| {
            let mut short = status.summary();
            put(&mut short, "accountId", status.account.as_str());
            short
        };
        let mut all = self.default_account().map_or_else(nothing, with_id);
        let accounts = self.accounts.iter().map(|status| (status.account.to_string(), with_id(status).into()));
        put(&mut all, "accounts", accounts.collect::<Map<String, Value>>());
        all
    }
}

fn nothing() -> Map<String, Value> {
    Map::from_iter([("configured".to_owned(), false.into())])
}

/// What a probe brought, in the published shape.
pub(crate) fn probed(result: Result<Probe, String>, elapsed_ms: u64) -> Value {
    match result {
        Ok(probe) => {
            let mut shown = Map::from_iter([("ok".to_owned(), true.into())]);
            put(&mut shown, "status", Value::Null);
            put(&mut shown, "error", Value::Null);
            put(&mut shown, "elapsedMs", elapsed_ms);
            shown.extend(probe.facts);
            shown.into()
        }
        Err(error) => json!({ "ok": false, "status": null, "error": error, "elapsedMs": elapsed_ms }),
    }
}
