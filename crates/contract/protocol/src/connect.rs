//! `connect`: the first request of every connection, answered by `hello-ok`.

use std::collections::BTreeMap;

use ids::{AgentId, ConnId, SessionKey};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::{Method, Scope, StateVersion, Text, Whole, lenient, system::PresenceEntry};

/// Served by the handshake only; a second one is an error.
#[derive(Debug)]
pub struct Connect;

impl Method for Connect {
    const NAME: &'static str = "connect";
    const SCOPE: Scope = Scope::Admin;
    const LISTED: bool = false;
    type Params = Params;
    type Reply = HelloOk;
}

/// Who connects, and as what.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Params {
    pub min_protocol: Whole<1>,
    pub max_protocol: Whole<1>,
    #[serde(deserialize_with = "lenient::object")]
    pub client: Client,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub caps: Option<Vec<Text>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commands: Option<Vec<Text>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub permissions: Option<BTreeMap<String, bool>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path_env: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scopes: Option<Vec<Text>>,
    #[serde(default, deserialize_with = "lenient::optional_object", skip_serializing_if = "Option::is_none")]
    pub device: Option<Device>,
    #[serde(default, deserialize_with = "lenient::optional_object", skip_serializing_if = "Option::is_none")]
    pub auth: Option<Auth>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<String>,
}

/// What the client says of itself.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Client {
    pub id: ClientId,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display_name: Option<Text>,
    pub version: Text,
    pub platform: Text,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device_family: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model_identifier: Option<Text>,
    pub mode: ClientMode,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance_id: Option<Text>,
}

/// Which program connects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ClientId {
    WebchatUi,
    ClawdbotControlUi,
    Webchat,
    Cli,
    GatewayClient,
    ClawdbotMacos,
    ClawdbotIos,
    ClawdbotAndroid,
    NodeHost,
    Test,
    Fingerprint,
    ClawdbotProbe,
}

impl ClientId {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::WebchatUi => "webchat-ui",
            Self::ClawdbotControlUi => "clawdbot-control-ui",
            Self::Webchat => "webchat",
            Self::Cli => "cli",
            Self::GatewayClient => "gateway-client",
            Self::ClawdbotMacos => "clawdbot-macos",
            Self::ClawdbotIos => "clawdbot-ios",
            Self::ClawdbotAndroid => "clawdbot-android",
            Self::NodeHost => "node-host",
            Self::Test => "test",
            Self::Fingerprint => "fingerprint",
            Self::ClawdbotProbe => "clawdbot-probe",
        }
    }
}

/// What kind of use it makes of the gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ClientMode {
    Webchat,
    Cli,
    Ui,
    Backend,
    Node,
    Probe,
    Test,
}

impl ClientMode {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Webchat => "webchat",
            Self::Cli => "cli",
            Self::Ui => "ui",
            Self::Backend => "backend",
            Self::Node => "node",
            Self::Probe => "probe",
            Self::Test => "test",
        }
    }
}

/// A device identity: a key and a signature over what is asked for.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Device {
    pub id: Text,
    pub public_key: Text,
    pub signature: Text,
    pub signed_at: Whole,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nonce: Option<Text>,
}

/// A shared secret or a device token.
#[derive(Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Auth {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
}

impl std::fmt::Debug for Auth {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let shown = |secret: &Option<String>| if secret.is_some() { "given" } else { "absent" };
        f.debug_struct("Auth").field("token", &shown(&self.token)).field("password", &shown(&self.password)).finish()
    }
}

/// The answer to a client that is let in.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
pub struct HelloOk {
    #[serde(rename = "type")]
    pub kind: HelloKind,
    pub protocol: Whole<1>,
    pub server: Server,
    pub features: Features,
    pub snapshot: Snapshot,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub canvas_host_url: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auth: Option<Grant>,
    pub policy: Policy,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum HelloKind {
    HelloOk,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
pub struct Server {
    pub version: Text,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<Text>,
    pub conn_id: ConnId,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
pub struct Features {
    pub methods: Vec<Text>,
    pub events: Vec<Text>,
}

/// What a client would otherwise have to ask for first.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
pub struct Snapshot {
    pub presence: Vec<PresenceEntry>,
    /// The last health snapshot, or `{}`.
    pub health: Box<RawValue>,
    pub state_version: StateVersion,
    pub uptime_ms: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub config_path: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state_dir: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_defaults: Option<SessionDefaults>,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
pub struct SessionDefaults {
    pub default_agent_id: AgentId,
    pub main_key: Text,
    pub main_session_key: SessionKey,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<Text>,
}

/// The device token, for clients with a device identity.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
pub struct Grant {
    pub device_token: Text,
    pub role: Text,
    pub scopes: Vec<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issued_at_ms: Option<u64>,
}

impl std::fmt::Debug for Grant {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Grant").field("role", &self.role).field("scopes", &self.scopes).finish_non_exhaustive()
    }
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
pub struct Policy {
    pub max_payload: Whole<1>,
    pub max_buffered_bytes: Whole<1>,
    pub tick_interval_ms: Whole<1>,
}
