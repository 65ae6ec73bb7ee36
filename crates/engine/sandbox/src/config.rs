//! What the user may set below `tools`: which tools may be used, and how commands run.

use std::collections::BTreeMap;
use std::time::Duration;

use config::{Reload, Section};
use schemars::JsonSchema;
use serde::Deserialize;

/// The section `tools`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Config {
    #[serde(flatten)]
    pub rules: Rules,
    pub exec: Exec,
    pub fs: Files,
}

impl Section for Config {
    const PATH: &'static str = "tools";
    const RELOAD: Reload = Reload::Now;
}

/// Which tools may be used: here, and again per agent below `agents.list[].tools`. Each can only take away.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Rules {
    /// A ready-made selection to start from.
    pub profile: Option<Profile>,
    /// Only these tools or groups; empty means all.
    pub allow: Vec<String>,
    /// Never these tools or groups.
    pub deny: Vec<String>,
    /// Further rules for `<provider>` or `<provider>/<model>`.
    pub by_provider: BTreeMap<String, ProviderRules>,
}

/// What an agent of its own says of tools, below `agents.list[].tools`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct AgentTools {
    #[serde(flatten)]
    pub rules: Rules,
    /// How its commands run, where that is not as for all agents.
    pub exec: Exec,
}

/// Rules for the models of one provider.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct ProviderRules {
    pub profile: Option<Profile>,
    pub allow: Vec<String>,
    pub deny: Vec<String>,
}

/// What a group's own entry below a channel says of tools.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct GroupRules {
    pub allow: Vec<String>,
    pub deny: Vec<String>,
}

/// A selection of tools.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Profile {
    /// Looking at one's own session.
    Minimal,
    /// Files, commands, sessions, memory and pictures.
    Coding,
    /// Messages and sessions.
    Messaging,
    Full,
}

/// How commands run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Exec {
    /// Where: `sandbox` (this machine unless the session has a container), `gateway` or `node`.
    pub host: Option<ExecHost>,
    /// Whether commands run at all.
    pub security: Option<Security>,
    /// When a person is asked.
    pub ask: Option<Ask>,
    /// Folders put before `PATH`.
    pub path_prepend: Vec<String>,
    /// Milliseconds after which a command that still runs goes on in the background (10 to 120,000; 10,000).
    pub background_ms: Option<u64>,
    /// Seconds after which a command and all it started are killed (1,800).
    pub timeout_sec: Option<u64>,
    /// Milliseconds for which a finished background command is remembered (1 min to 3 h; 30 min).
    pub cleanup_ms: Option<u64>,
    /// Whether the session hears when a background command ends (true).
    pub notify_on_exit: Option<bool>,
    /// Environment variables that look like secrets of ours and are handed to commands all the same.
    pub pass_env: Vec<String>,
}

/// Where a command runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ExecHost {
    Sandbox,
    Gateway,
    Node,
}

/// What commands are let through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Security {
    Deny,
    Allowlist,
    Full,
}

/// When a person is asked before a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Ask {
    Off,
    OnMiss,
    Always,
}

/// What file tools reach.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Files {
    /// Refuse paths outside the agent's workspace (false).
    pub workspace_only: bool,
}

/// `agents.defaults.sandbox` and `agents.list[].sandbox`: which sessions are meant for a container.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Containers {
    pub mode: Option<ContainerMode>,
}

/// Which sessions run in a container.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ContainerMode {
    Off,
    /// Every session but the agent's main one.
    NonMain,
    All,
}

impl Containers {
    #[must_use]
    pub fn are_for(&self, is_main: bool) -> bool {
        match self.mode.unwrap_or(ContainerMode::Off) {
            ContainerMode::Off => false,
            ContainerMode::NonMain => !is_main,
            ContainerMode::All => true,
        }
    }
}

const BACKGROUND_MS: u64 = 10_000;
const TIMEOUT_SEC: u64 = 1_800;
const CLEANUP_MS: u64 = 30 * 60 * 1_000;

impl Exec {
    /// What holds for an agent: its own word where it has one, else the general one.
    #[must_use]
    pub fn over(&self, general: &Self) -> Self {
        let list = |own: &Vec<String>, general: &Vec<String>| if own.is_empty() { general } else { own }.clone();
        Self {
            host: self.host.or(general.host),
            security: self.security.or(general.security),
            ask: self.ask.or(general.ask),
            path_prepend: list(&self.path_prepend, &general.path_prepend),
            background_ms: self.background_ms.or(general.background_ms),
            timeout_sec: self.timeout_sec.or(general.timeout_sec),
            cleanup_ms: self.cleanup_ms.or(general.cleanup_ms),
            notify_on_exit: self.notify_on_exit.or(general.notify_on_exit),
            pass_env: list(&self.pass_env, &general.pass_env),
        }
    }

    /// How long a call waits for its command; the call's own wish comes first.
    #[must_use]
    pub fn background_after(&self, wish_ms: Option<u64>) -> Duration {
        Duration::from_millis(wish_ms.or(self.background_ms).unwrap_or(BACKGROUND_MS).clamp(10, 120_000))
    }

    #[must_use]
    pub fn timeout(&self, wish_sec: Option<u64>) -> Duration {
        Duration::from_secs(wish_sec.or(self.timeout_sec).filter(|s| *s > 0).unwrap_or(TIMEOUT_SEC))
    }

    #[must_use]
    pub fn remembered_for(&self) -> Duration {
        Duration::from_millis(self.cleanup_ms.unwrap_or(CLEANUP_MS).clamp(60_000, 3 * 3_600_000))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_section_reads_what_people_have_written_so_far() {
        let text = r#"{"profile":"coding","deny":["browser"],"byProvider":{"openai/gpt-4o":{"allow":["read"]}},
            "exec":{"host":"gateway","ask":"on-miss","backgroundMs":500,"notifyOnExit":true,"safeBins":["jq"]},"web":{}}"#;
        let config: Config = serde_json::from_str(text).unwrap();
        assert_eq!(config.rules.profile, Some(Profile::Coding));
        assert_eq!(config.rules.by_provider["openai/gpt-4o"].allow, ["read"]);
        assert_eq!(config.exec.ask, Some(Ask::OnMiss));
        assert_eq!(config.exec.background_after(None), Duration::from_millis(500));
    }

    #[test]
    fn the_schema_names_every_key_at_its_place() {
        let schema = schemars::schema_for!(Config).to_value();
        let keys: Vec<&String> = schema["properties"].as_object().unwrap().keys().collect();
        assert_eq!(keys, ["profile", "allow", "deny", "byProvider", "exec", "fs"]);
    }

    #[test]
    fn containers_are_for_the_sessions_config_means() {
        let containers = |mode| Containers { mode };
        assert!(!containers(None).are_for(false));
        assert!(containers(Some(ContainerMode::NonMain)).are_for(false));
        assert!(!containers(Some(ContainerMode::NonMain)).are_for(true));
        assert!(containers(Some(ContainerMode::All)).are_for(true));
    }

    #[test]
    fn waits_stay_within_the_bounds_users_were_promised() {
        let exec = Exec::default();
        assert_eq!(exec.background_after(Some(0)), Duration::from_millis(10));
        assert_eq!(exec.background_after(Some(999_999)), Duration::from_secs(120));
        assert_eq!(exec.timeout(Some(0)), Duration::from_secs(1_800));
        assert_eq!(exec.remembered_for(), Duration::from_secs(1_800));
    }
}
