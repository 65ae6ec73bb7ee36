//! What the owner may set about credentials.

use std::collections::BTreeMap;

use config::{Reload, Section};
use schemars::JsonSchema;
use serde::Deserialize;
use stdx::Secret;

/// Two places of the file: `auth`, and the keys of `models.providers`.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Config {
    pub auth: Auth,
    pub models: Models,
}

/// Which profiles are used in which order, and how long one rests after a failure.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Auth {
    /// The profiles in use, by `<provider>:<name>`; without any, all stored ones are.
    pub profiles: BTreeMap<String, DeclaredProfile>,
    /// Per provider: profiles in the order in which they are tried.
    pub order: BTreeMap<String, Vec<String>>,
    pub cooldowns: Cooldowns,
}

/// A profile as the config names it; its secret is in the credential store.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeclaredProfile {
    pub provider: String,
    pub mode: Mode,
    pub email: Option<String>,
}

/// What kind of secret a profile holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    ApiKey,
    Oauth,
    Token,
}

/// How long a profile rests.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Cooldowns {
    /// Hours after the first refusal for lack of payment; each further one doubles it.
    pub billing_backoff_hours: f64,
    /// The same for single providers.
    pub billing_backoff_hours_by_provider: BTreeMap<String, f64>,
    /// The longest rest for lack of payment, in hours.
    pub billing_max_hours: f64,
    /// Failures older than this many hours are forgotten.
    pub failure_window_hours: f64,
}

/// The part of `models` that holds keys.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Models {
    pub providers: BTreeMap<String, ProviderKey>,
}

/// A provider's key in the config.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct ProviderKey {
    /// The key itself, or the name of the environment variable that holds it.
    #[schemars(with = "Option<String>")]
    pub api_key: Option<Secret<String>>,
}

impl Default for Cooldowns {
    fn default() -> Self {
        Self {
            billing_backoff_hours: 5.0,
            billing_backoff_hours_by_provider: BTreeMap::new(),
            billing_max_hours: 24.0,
            failure_window_hours: 24.0,
        }
    }
}

impl Section for Config {
    const PATH: &'static str = "";
    const RELOAD: Reload = Reload::Now;
}
