//! The tree of the config file: every section by its owner. Reads like a table of contents.

mod commands; // where people find commands
mod gateway; // the front door
mod history; // how much of direct chats is sent
mod legacy; // what older configs called things
mod logging; // what is written down
mod pairing; // how strangers are let in
mod replies; // answers, and how many runs at once

use std::sync::Arc;

use anyhow::{Result, anyhow};
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

/// Whoever wants to know of every section that this program reads.
trait Reader: Sized {
    fn reads<T: Section>(self) -> Self;
}

impl Reader for Schema {
    fn reads<T: Section>(self) -> Self {
        self.with::<T>()
    }
}

/// The sections, each by its owner.
fn sections<R: Reader>(reader: R) -> R {
    reader
        .reads::<GatewaySection>() // gateway
        .reads::<LoggingSection>() // logging
        .reads::<PairingSection>() // pairing
        .reads::<agent::Config>() // agents, models, ui.assistant
        .reads::<sessions::Config>() // session
        .reads::<inbound::Config>() // bindings, messages, channels.*: who is heard
        .reads::<CommandsSection>() // commands
        .reads::<RepliesSection>() // messages, channels.*: how answers leave
        .reads::<HistorySection>() // channels.*: how much of direct chats is sent
        .reads::<sandbox::Config>() // tools
        .reads::<credentials::Config>() // auth, models.providers.*.apiKey
        .reads::<budget::Config>() // budget
        .reads::<audit::Config>() // journal
}

/// Everything that may be written.
pub(crate) fn schema(networks: Vec<Arc<dyn Channel>>, environment: Environment) -> Schema {
    let kinds = crate::adapters::channels().into_iter().map(|network| network.descriptor().kind.to_owned());
    let members = kinds.chain(["defaults".to_owned()]); // what holds for all networks stands among them
    let known = Schema::known(KNOWN_KEYS).with_members(ConfigPath::root().child("channels"), members);
    let mut schema =
        sections(known).with_moves(legacy::MOVES).with_rule(move |tree| channels::check(&networks, tree, &environment)); // channels.<kind>, by its adapter
    for path in ["gateway.remote", "gateway.reload", "gateway.trustedProxies", "gateway.controlUi.allowedOrigins"] {
        schema = schema.with_cost(path.split('.').collect::<ConfigPath>(), Reload::Now);
    }
    for network in crate::adapters::channels() {
        let path = ConfigPath::root().child("channels").child(network.descriptor().kind);
        schema = schema.with_json(&path, &network.schema(), Reload::Account).with_cost(path, Reload::Account);
    }
    schema
}

/// One section of a checked reading.
pub(crate) fn section<T: Section>(snapshot: &Snapshot) -> Result<T> {
    snapshot.section().map_err(|issue| anyhow!("{issue}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn a_config_with_what_people_write_has_no_issue() {
        let schema = schema(crate::adapters::channels(), Environment::default());
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

    /// The JSON Schemas of all sections, with their places.
    #[derive(Default)]
    struct Read(Vec<(ConfigPath, Value)>);

    impl Reader for Read {
        fn reads<T: Section>(mut self) -> Self {
            let json = schemars::generate::SchemaSettings::draft07().into_generator().into_root_schema_for::<T>();
            let path = T::PATH.split('.').filter(|step| !step.is_empty()).collect();
            self.0.push((path, json.to_value()));
            self
        }
    }

    /// A value with every key that a JSON Schema names; maps have a member of each of these names.
    fn full(schema: &Value, root: &Value, depth: usize) -> Value {
        let mut whole = json!({});
        let parts = ["anyOf", "oneOf", "allOf"].into_iter().flat_map(|word| schema[word].as_array()).flatten();
        let referenced = schema["$ref"].as_str().and_then(|name| root["definitions"].get(name.rsplit('/').next()?));
        for part in parts.chain(referenced).filter(|_| depth < 12) {
            match full(part, root, depth + 1) {
                Value::Object(more) => whole.as_object_mut().unwrap().extend(more),
                Value::Array(list) => return Value::Array(list),
                _ => {}
            }
        }
        for (name, below) in schema["properties"].as_object().into_iter().flatten() {
            whole[name] = full(below, root, depth + 1);
        }
        if schema["additionalProperties"].is_object() {
            for name in ["telegram", "x"] {
                whole[name] = full(&schema["additionalProperties"], root, depth + 1);
            }
        }
        match (&schema["items"], whole.as_object().is_some_and(|whole| whole.is_empty())) {
            (Value::Object(_), _) => json!([full(&schema["items"], root, depth + 1)]),
            (_, true) => Value::Null,
            (_, false) => whole,
        }
    }

    #[test]
    fn no_key_that_is_read_is_called_unused() {
        let schema = schema(crate::adapters::channels(), Environment::default());
        let mut read = sections(Read::default()).0;
        read.extend(
            crate::adapters::channels().iter().map(|network| {
                (ConfigPath::root().child("channels").child(network.descriptor().kind), network.schema())
            }),
        );
        for (path, json) in read {
            let mut tree = path.steps().rev().fold(full(&json, &json, 0), |below, step| json!({step: below}));
            // Where there is no adapter, nothing is read.
            tree.get_mut("channels").and_then(Value::as_object_mut).map(|channels| channels.remove("x"));
            let names = |paths: &[ConfigPath]| paths.iter().map(ToString::to_string).collect::<Vec<_>>();
            assert_eq!(names(&schema.survey(&tree).unused), [""; 0], "below {path}");
        }
    }

    #[test]
    fn a_network_without_an_adapter_is_called_unused() {
        let schema = schema(crate::adapters::channels(), Environment::default());
        let tree = json!({"channels": {"defaults": {"groupPolicy": "open"}, "slack": {"dmPolicy": "open"}, "telegram": {"groups": {"*": {"requireMention": true}}}}});
        let unused = schema.survey(&tree).unused;
        assert_eq!(unused.iter().map(ToString::to_string).collect::<Vec<_>>(), ["channels.slack"]);
    }

    #[test]
    fn trusted_pages_change_without_a_restart_and_the_port_does_not() {
        let schema = schema(crate::adapters::channels(), Environment::default());
        let cost = |path: &str| schema.cost(&path.split('.').collect());
        assert_eq!(cost("gateway.controlUi.allowedOrigins"), Reload::Now);
        assert_eq!(cost("gateway.port"), Reload::Gateway);
        assert_eq!(cost("models.providers.x.apiKey"), Reload::Now);
    }
}
