//! The tree of the config file: every section by its owner. Reads like a table of contents.

mod commands; // where people find commands
mod gateway; // the front door
mod history; // how much of direct chats is sent
mod legacy; // what older configs called things
mod logging; // what is written down
mod pairing; // how strangers are let in
mod replies; // answers, and how many runs at once

use std::sync::Arc;

use anyhow::{Context as _, Result, anyhow};
use channel::Channel;
use config::{ConfigPath, Environment, Reload, Schema, Section, Snapshot};

use crate::channels;

pub(crate) use commands::CommandsSection;
pub(crate) use gateway::{AuthMode, BindMode, GatewaySection, Mode, ReloadMode, TailscaleMode};
pub(crate) use history::HistorySection;
pub(crate) use logging::{Level, LoggingSection};
pub(crate) use pairing::PairingSection;
pub(crate) use replies::RepliesSection;

/// The keys that 2026.1.24 accepts.
const KNOWN_KEYS: &str = include_str!("../data/known-keys.txt");

/// Everything that may be written.
pub(crate) fn schema(networks: Vec<Arc<dyn Channel>>, environment: Environment) -> Result<Schema> {
    let mut schema = Schema::known(KNOWN_KEYS)
        .context("the list of known keys")?
        .with::<GatewaySection>() // gateway
        .with::<LoggingSection>() // logging
        .with::<PairingSection>() // pairing
        .with::<agent::Config>() // agents, models, ui.assistant
        .with::<sessions::Config>() // session
        .with::<inbound::Config>() // bindings, messages, channels.*: who is heard
        .with::<CommandsSection>() // commands
        .with::<RepliesSection>() // messages, channels.*: how answers leave
        .with::<HistorySection>() // channels.*: how much of direct chats is sent
        .with::<sandbox::Config>() // tools
        .with::<credentials::Config>() // auth, models.providers.*.apiKey
        .with::<budget::Config>() // budget
        .with::<audit::Config>() // journal
        .with_moves(legacy::MOVES)
        .with_rule(move |tree| channels::check(&networks, tree, &environment)); // channels.<kind>, by its adapter
    for path in ["gateway.remote", "gateway.reload", "gateway.trustedProxies", "gateway.controlUi.allowedOrigins"] {
        schema = schema.with_cost(path.split('.').collect::<ConfigPath>(), Reload::Now);
    }
    for network in crate::adapters::channels() {
        let path = ConfigPath::root().child("channels").child(network.descriptor().kind);
        schema = schema.with_json(&path, &network.schema(), Reload::Account).with_cost(path, Reload::Account);
    }
    Ok(schema)
}

/// One section of a checked reading.
pub(crate) fn section<T: Section>(snapshot: &Snapshot) -> Result<T> {
    snapshot.section().map_err(|issue| anyhow!("{issue}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_config_with_what_people_write_has_no_issue() {
        let schema = schema(crate::adapters::channels(), Environment::default()).unwrap();
        let tree = json!({
            "gateway": {"port": 18789, "bind": "lan", "auth": {"mode": "token", "token": "t"}, "reload": {"mode": "hot"}},
            "logging": {"level": "debug", "consoleStyle": "pretty"},
            "agents": {"defaults": {"model": {"primary": "ollama/x", "fallbacks": []}, "workspace": "~/clawd"}},
            "models": {"providers": {"ollama": {"baseUrl": "http://127.0.0.1:11434/v1", "api": "openai-completions", "models": []}}},
            "tools": {"profile": "coding"},
        });
        assert_eq!(schema.check(&tree).to_string(), "");
        assert!(schema.survey(&tree).ours_alone.is_empty(), "{:?}", schema.survey(&tree));
    }

    #[test]
    fn trusted_pages_change_without_a_restart_and_the_port_does_not() {
        let schema = schema(crate::adapters::channels(), Environment::default()).unwrap();
        let cost = |path: &str| schema.cost(&path.split('.').collect());
        assert_eq!(cost("gateway.controlUi.allowedOrigins"), Reload::Now);
        assert_eq!(cost("gateway.port"), Reload::Gateway);
        assert_eq!(cost("models.providers.x.apiKey"), Reload::Now);
    }
}
