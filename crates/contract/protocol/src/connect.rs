//! `connect`: the handshake. The first request of every connection, and its answer `hello-ok`.
//!
//! Served by the gateway itself, so it is not in the table of methods.

use std::{collections::BTreeMap, num::NonZeroU32};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;

use crate::{Method, Scope};

/// The handshake, as a method.
#[derive(Debug, Clone, Copy)]
pub struct Connect;

impl Method for Connect {
    const NAME: &'static str = "connect";
    const SCOPE: Scope = Scope::Read;
    const LISTED: bool = false;
    type Params = ConnectParams;
    type Reply = HelloOk;
}

/// Who wants in, and how it proves that.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ConnectParams {
    pub min_protocol: NonZeroU32,
    pub max_protocol: NonZeroU32,
    pub client: ClientSelf,
    #[serde(default, deserialize_with = "texts")]
    #[schemars(inner(length(min = 1)))]
    pub caps: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "optional_texts")]
    #[schemars(with = "Vec<String>", inner(length(min = 1)))]
    pub commands: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "BTreeMap<String, bool>")]
    pub permissions: Option<BTreeMap<String, bool>>,
    /// `PATH` of a node host.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub path_env: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "optional_text")]
    #[schemars(with = "String", length(min = 1))]
    pub role: Option<String>,
    /// As requested: an absent list and an empty one are signed alike.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "optional_texts")]
    #[schemars(with = "Vec<String>", inner(length(min = 1)))]
    pub scopes: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "DeviceProof")]
    pub device: Option<DeviceProof>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "AuthProof")]
    pub auth: Option<AuthProof>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub locale: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub user_agent: Option<String>,
}

impl ConnectParams {
    /// The scopes as the client wrote them.
    #[must_use]
    pub fn requested_scopes(&self) -> &[String] {
        self.scopes.as_deref().unwrap_or_default()
    }
}

/// What a client says of itself.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ClientSelf {
    pub id: ClientId,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "optional_text")]
    #[schemars(with = "String", length(min = 1))]
    pub display_name: Option<String>,
    #[serde(deserialize_with = "text")]
    #[schemars(length(min = 1))]
    pub version: String,
    #[serde(deserialize_with = "text")]
    #[schemars(length(min = 1))]
    pub platform: String,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "optional_text")]
    #[schemars(with = "String", length(min = 1))]
    pub device_family: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "optional_text")]
    #[schemars(with = "String", length(min = 1))]
    pub model_identifier: Option<String>,
    pub mode: ClientMode,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "optional_text")]
    #[schemars(with = "String", length(min = 1))]
    pub instance_id: Option<String>,
}

/// A signature by the device's key.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DeviceProof {
    /// Lower-case hex SHA-256 of the raw public key.
    #[serde(deserialize_with = "text")]
    #[schemars(length(min = 1))]
    pub id: String,
    #[serde(deserialize_with = "text")]
    #[schemars(length(min = 1))]
    pub public_key: String,
    #[serde(deserialize_with = "text")]
    #[schemars(length(min = 1))]
    pub signature: String,
    /// Milliseconds since 1970.
    pub signed_at: u64,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "optional_text")]
    #[schemars(with = "String", length(min = 1))]
    pub nonce: Option<String>,
}

/// A shared secret or a device's own token.
#[derive(Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AuthProof {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub token: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub password: Option<String>,
}

impl std::fmt::Debug for AuthProof {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let has = |secret: &Option<String>| if secret.is_some() { "***" } else { "none" };
        f.debug_struct("AuthProof").field("token", &has(&self.token)).field("password", &has(&self.password)).finish()
    }
}

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $word:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum $name { $(#[serde(rename = $word)] $variant),* }

        impl $name {
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),* }
            }
        }

        // One constant each, as published: clients know the refusal's wording.
        impl JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }
            fn inline_schema() -> bool {
                true
            }
            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({"anyOf": [$({"const": $word, "type": "string"}),*]})
            }
        }
    };
}

words! {
    /// The programs that connect.
    ClientId {
        WebchatUi = "webchat-ui", ControlUi = "clawdbot-control-ui", Webchat = "webchat", Cli = "cli",
        GatewayClient = "gateway-client", MacOs = "clawdbot-macos", Ios = "clawdbot-ios",
        Android = "clawdbot-android", NodeHost = "node-host", Test = "test", Fingerprint = "fingerprint",
        Probe = "clawdbot-probe",
    }
}

words! {
    /// What a program connects for.
    ClientMode {
        Webchat = "webchat", Cli = "cli", Ui = "ui", Backend = "backend", Node = "node", Probe = "probe",
        Test = "test",
    }
}

/// The answer to a connection that was let in.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HelloOk {
    /// `hello-ok`.
    #[serde(rename = "type")]
    pub kind: String,
    pub protocol: u32,
    pub server: ServerSelf,
    pub features: Features,
    /// See [`crate::Snapshot`]; kept serialised by the gateway.
    #[schemars(with = "crate::Snapshot")]
    pub snapshot: Box<RawValue>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub canvas_host_url: Option<String>,
    /// Only for clients with a device identity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth: Option<HelloAuth>,
    pub policy: Policy,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ServerSelf {
    pub version: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    pub host: String,
    pub conn_id: String,
}

/// What exists here.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Features {
    pub methods: Vec<String>,
    pub events: Vec<String>,
}

/// The token of a device for its role.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HelloAuth {
    pub device_token: String,
    pub role: String,
    pub scopes: Vec<String>,
    pub issued_at_ms: i64,
}

impl std::fmt::Debug for HelloAuth {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HelloAuth").field("role", &self.role).field("scopes", &self.scopes).finish_non_exhaustive()
    }
}

/// What the gateway enforces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Policy {
    pub max_payload: u64,
    pub max_buffered_bytes: u64,
    pub tick_interval_ms: u64,
}

impl Default for Policy {
    fn default() -> Self {
        Self { max_payload: 524_288, max_buffered_bytes: 1_572_864, tick_interval_ms: 30_000 }
    }
}

fn text<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let text = String::deserialize(from)?;
    if text.is_empty() { Err(serde::de::Error::custom("must not be empty")) } else { Ok(text) }
}

fn optional_text<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    text(from).map(Some)
}

fn texts<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    let texts = Vec::<String>::deserialize(from)?;
    if texts.iter().any(String::is_empty) { Err(serde::de::Error::custom("must not be empty")) } else { Ok(texts) }
}

fn optional_texts<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Vec<String>>, D::Error> {
    texts(from).map(Some)
}
