//! One device as it is on disk, in the published format. What we do not know is kept.

use std::collections::BTreeMap;

use protocol::{Role, Text, connect::Grant, device};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A device that asks to be let in.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Pending {
    pub(crate) request_id: String,
    pub(crate) device_id: String,
    pub(crate) public_key: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) display_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) platform: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) client_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) client_mode: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) role: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) roles: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) scopes: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) remote_ip: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) silent: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) is_repair: Option<bool>,
    pub(crate) ts: i64,
    #[serde(flatten)]
    pub(crate) rest: Map<String, Value>,
}

/// A device that was let in.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Paired {
    pub(crate) device_id: String,
    pub(crate) public_key: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) display_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) platform: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) client_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) client_mode: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) role: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) roles: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) scopes: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) remote_ip: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) tokens: Option<BTreeMap<String, Token>>,
    pub(crate) created_at_ms: i64,
    pub(crate) approved_at_ms: i64,
    #[serde(flatten)]
    pub(crate) rest: Map<String, Value>,
}

/// A device's token for one role.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Token {
    pub(crate) token: String,
    pub(crate) role: String,
    pub(crate) scopes: Vec<String>,
    pub(crate) created_at_ms: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) rotated_at_ms: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) revoked_at_ms: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) last_used_at_ms: Option<i64>,
    #[serde(flatten)]
    pub(crate) rest: Map<String, Value>,
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Token").field("role", &self.role).field("scopes", &self.scopes).finish_non_exhaustive()
    }
}

fn moment(ms: i64) -> u64 {
    u64::try_from(ms).unwrap_or(0)
}

fn word(text: &Option<String>) -> Option<Text> {
    text.clone()?.try_into().ok()
}

fn words(texts: &Option<Vec<String>>) -> Option<Vec<Text>> {
    Some(texts.as_ref()?.iter().filter_map(|text| text.clone().try_into().ok()).collect())
}

impl Pending {
    /// `None` where the file holds what cannot be said to clients.
    pub(crate) fn on_the_wire(&self) -> Option<device::PendingDevice> {
        Some(device::PendingDevice {
            request_id: self.request_id.clone().try_into().ok()?,
            device_id: self.device_id.parse().ok()?,
            public_key: self.public_key.clone().try_into().ok()?,
            display_name: word(&self.display_name),
            platform: word(&self.platform),
            client_id: word(&self.client_id),
            client_mode: word(&self.client_mode),
            role: word(&self.role),
            roles: words(&self.roles),
            scopes: words(&self.scopes),
            remote_ip: word(&self.remote_ip),
            silent: self.silent,
            is_repair: self.is_repair,
            ts: moment(self.ts),
        })
    }
}

impl Paired {
    /// Without secrets.
    pub(crate) fn on_the_wire(&self) -> Option<device::PairedDevice> {
        let tokens = self.tokens.as_ref().map(|tokens| tokens.values().map(Token::summary).collect());
        Some(device::PairedDevice {
            device_id: self.device_id.parse().ok()?,
            public_key: self.public_key.clone().try_into().ok()?,
            display_name: self.display_name.clone(),
            platform: self.platform.clone(),
            client_id: self.client_id.clone(),
            client_mode: self.client_mode.clone(),
            role: self.role.clone(),
            roles: self.roles.clone(),
            scopes: self.scopes.clone(),
            remote_ip: self.remote_ip.clone(),
            created_at_ms: moment(self.created_at_ms),
            approved_at_ms: moment(self.approved_at_ms),
            tokens,
        })
    }
}

impl Token {
    fn summary(&self) -> device::TokenSummary {
        device::TokenSummary {
            role: self.role.clone(),
            scopes: self.scopes.clone(),
            created_at_ms: moment(self.created_at_ms),
            rotated_at_ms: self.rotated_at_ms.map(moment),
            revoked_at_ms: self.revoked_at_ms.map(moment),
            last_used_at_ms: self.last_used_at_ms.map(moment),
        }
    }

    /// What `hello-ok` says of it.
    pub(crate) fn grant(&self, role: Role) -> Option<Grant> {
        Some(Grant {
            device_token: self.token.clone().try_into().ok()?,
            role: role.as_str().to_owned().try_into().ok()?,
            scopes: self.scopes.iter().filter_map(|scope| scope.clone().try_into().ok()).collect(),
            issued_at_ms: Some(moment(self.rotated_at_ms.unwrap_or(self.created_at_ms))),
        })
    }
}
