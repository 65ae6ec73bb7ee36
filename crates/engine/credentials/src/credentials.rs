//! Finds the credentials for a call, best first, and remembers how each fared.
//!
//! Sources in order: stored profiles of the agent, else of the default agent; the environment; the config. A provider
//! that needs none gets an empty profile.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use config::{Environment, Live};
use ids::AgentId;
use parking_lot::Mutex;
use provider::{Profile, ProfileKind};
use serde_json::{Map, Value, json};
use stdx::{AbsPath, Clock, Pool, PoolError, Secret};

use crate::config::{Config, Mode};
use crate::cooldown::{self, Failure};
use crate::environment::Names;
use crate::order;
use crate::stored::{Credential, Stored, StoredProfile, Usage, milliseconds, time};
use crate::vault::{Vault, VaultError};

/// The times a profile was used are written at most this often; failures are written at once.
const USE_WRITTEN_EVERY_MS: i64 = 60_000;
const FILE: &str = "auth-profiles.json";

/// All credentials. One per process.
pub struct Credentials {
    shared: Arc<Shared>,
    /// Files are read and written here: another program may hold a lock for a moment.
    pool: Pool,
}

struct Shared {
    folder: Box<dyn Fn(&AgentId) -> AbsPath + Send + Sync>,
    default_agent: AgentId,
    environment: Environment,
    config: Live<Config>,
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    vaults: BTreeMap<AgentId, Vault>,
    /// How keys without a stored profile fared, by provider and id.
    unstored: BTreeMap<(String, String), Usage>,
}

/// A profile to try.
#[derive(Clone, Debug)]
pub struct Candidate {
    pub profile: Profile,
    /// It failed lately and should be tried only when nothing better is left (milliseconds since 1970).
    pub rests_until_ms: Option<i64>,
}

/// There is nothing to call the provider with. Its text says what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no credentials for {provider}: {}", reasons.join("; "))]
pub struct NoCredentials {
    pub provider: String,
    /// Why each source gave none.
    pub reasons: Vec<String>,
}

/// Why credentials could not be found or kept.
#[derive(Debug, thiserror::Error)]
pub enum CredentialError {
    #[error(transparent)]
    None(#[from] NoCredentials),
    #[error(transparent)]
    Vault(#[from] VaultError),
    #[error(transparent)]
    Pool(#[from] PoolError),
}

/// A stored profile, without its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProfileFacts {
    pub id: String,
    pub provider: String,
    pub mode: Mode,
    pub expires_ms: Option<i64>,
    pub rests_until_ms: Option<i64>,
}

impl Credentials {
    /// `folder` gives the folder of an agent that holds its credential file.
    #[must_use]
    pub fn new(
        folder: impl Fn(&AgentId) -> AbsPath + Send + Sync + 'static,
        default_agent: AgentId,
        environment: Environment,
        config: Live<Config>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let folder = Box::new(folder);
        let state = Mutex::default();
        let shared = Shared { folder, default_agent, environment, config, clock, state };
        Self { shared: Arc::new(shared), pool: Pool::new("credentials", 1, 64) }
    }

    /// The profiles to try for a provider, best first; never none.
    ///
    /// # Errors
    /// [`CredentialError::None`] says what to set; the others that the file cannot be read.
    pub async fn resolve(&self, provider: &str, agent: &AgentId) -> Result<Vec<Candidate>, CredentialError> {
        let (provider, agent) = (provider.to_owned(), agent.clone());
        self.run(move |shared| shared.resolve(&provider, &agent)).await
    }

    /// A call with this profile went well: it rests no longer.
    ///
    /// # Errors
    /// If the file cannot be written. The call itself went well all the same.
    pub async fn succeeded(&self, provider: &str, agent: &AgentId, profile: &str) -> Result<(), CredentialError> {
        self.note(provider, agent, profile, None).await
    }

    /// A call with this profile failed: it rests for a while.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub async fn failed(
        &self,
        provider: &str,
        agent: &AgentId,
        profile: &str,
        failure: Failure,
    ) -> Result<(), CredentialError> {
        self.note(provider, agent, profile, Some(failure)).await
    }

    /// Keeps a key as the profile `<provider>:<name>` and gives that id.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub async fn keep_key(
        &self,
        provider: &str,
        name: &str,
        agent: &AgentId,
        key: Secret<String>,
    ) -> Result<String, CredentialError> {
        let (provider, agent, id) = (provider.to_owned(), agent.clone(), format!("{provider}:{name}"));
        self.run(move |shared| shared.keep_key(&provider, &agent, id, &key)).await
    }

    /// What is stored for an agent itself, without secrets.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub async fn profiles(&self, agent: &AgentId) -> Result<Vec<ProfileFacts>, CredentialError> {
        let agent = agent.clone();
        self.run(move |shared| shared.profiles(&agent)).await
    }

    pub(crate) fn default_agent(&self) -> &AgentId {
        &self.shared.default_agent
    }

    pub(crate) fn now_ms(&self) -> i64 {
        self.shared.clock.now_ms()
    }

    async fn note(
        &self,
        provider: &str,
        agent: &AgentId,
        profile: &str,
        failure: Option<Failure>,
    ) -> Result<(), CredentialError> {
        let (provider, agent, profile) = (provider.to_owned(), agent.clone(), profile.to_owned());
        self.run(move |shared| shared.note(&provider, &agent, &profile, failure)).await
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Shared) -> Result<T, CredentialError> + Send + 'static,
    ) -> Result<T, CredentialError> {
        let shared = Arc::clone(&self.shared);
        self.pool.run(move || work(&shared)).await?
    }
}

impl Shared {
    fn resolve(&self, provider: &str, agent: &AgentId) -> Result<Vec<Candidate>, CredentialError> {
        let now_ms = self.clock.now_ms();
        let config = self.config.get();
        let mut reasons = Vec::new();
        let mut state = self.state.lock();
        for owner in self.owners(agent) {
            let vault = state.vault(owner, &self.folder);
            let stored = vault.read()?;
            let ids = order::order(provider, &stored, &config.auth, now_ms);
            if ids.is_empty() {
                reasons.push(format!("{} has no profile for it", vault.path()));
                continue;
            }
            let usable = candidates(&ids, &stored, now_ms, &mut reasons);
            if !usable.is_empty() {
                return Ok(usable);
            }
        }
        let names = Names::of(provider);
        let found = names.find(&self.environment).map(|kind| ("env", kind));
        let found = found.or_else(|| Some(("config", self.key_in_config(&config, provider)?)));
        let found = found.or_else(|| names.keyless.then_some(("none", ProfileKind::None)));
        let Some((id, kind)) = found else {
            reasons.push(format!("the environment has no {}", names.texts().join(" or ")));
            reasons.push(format!("models.providers.{provider}.apiKey is not set"));
            return Err(NoCredentials { provider: provider.to_owned(), reasons }.into());
        };
        let usage = state.unstored.get(&(provider.to_owned(), id.to_owned()));
        let rests_until_ms = usage.and_then(|usage| usage.rests_until(now_ms));
        Ok(vec![Candidate { profile: Profile { id: id.into(), kind }, rests_until_ms }])
    }

    /// Whose files are asked: the agent's own, then the default agent's.
    fn owners<'a>(&'a self, agent: &'a AgentId) -> impl Iterator<Item = &'a AgentId> {
        let fallback = (*agent != self.default_agent).then_some(&self.default_agent);
        [agent].into_iter().chain(fallback)
    }

    /// A key in the config is the key itself or the name of an environment variable.
    fn key_in_config(&self, config: &Config, provider: &str) -> Option<ProfileKind> {
        let entries = config.models.providers.iter();
        let written = entries
            .filter(|(name, _)| name.eq_ignore_ascii_case(provider))
            .find_map(|(_, entry)| entry.api_key.as_ref())?;
        let text = written.expose().trim();
        let value = self.environment.get(text).map_or(text, String::as_str).trim();
        (!value.is_empty()).then(|| ProfileKind::ApiKey(Secret::from(value)))
    }

    fn note(
        &self,
        provider: &str,
        agent: &AgentId,
        profile: &str,
        failure: Option<Failure>,
    ) -> Result<(), CredentialError> {
        let now_ms = self.clock.now_ms();
        let config = self.config.get();
        let apply = |usage: &mut Usage| match failure {
            Some(failure) => cooldown::fail(usage, failure, provider, &config.auth.cooldowns, now_ms),
            None => cooldown::succeed(usage, now_ms),
        };
        let mut state = self.state.lock();
        for owner in self.owners(agent) {
            let vault = state.vault(owner, &self.folder);
            let stored = vault.read()?;
            if !stored.profiles.contains_key(profile) {
                continue;
            }
            let mut usage = stored.usage.get(profile).cloned().unwrap_or_default();
            if failure.is_none() && !is_worth_writing(&usage, now_ms) {
                return Ok(());
            }
            apply(&mut usage);
            vault.change(&*self.clock, |root| write_usage(root, provider, profile, &usage, failure.is_none()))?;
            return Ok(());
        }
        apply(state.unstored.entry((provider.to_owned(), profile.to_owned())).or_default());
        Ok(())
    }

    fn keep_key(
        &self,
        provider: &str,
        agent: &AgentId,
        id: String,
        key: &Secret<String>,
    ) -> Result<String, CredentialError> {
        let mut state = self.state.lock();
        let vault = state.vault(agent, &self.folder);
        vault.change(&*self.clock, |root| {
            let profile = json!({"type": "api_key", "provider": provider, "key": key.expose()});
            within(root, "profiles", |profiles| profiles.insert(id.clone(), profile));
            // A new key starts without the failures of the old one.
            within(root, "usageStats", |usage| usage.remove(&id));
        })?;
        Ok(id)
    }

    fn profiles(&self, agent: &AgentId) -> Result<Vec<ProfileFacts>, CredentialError> {
        let now_ms = self.clock.now_ms();
        let stored = self.state.lock().vault(agent, &self.folder).read()?;
        let facts = |(id, profile): (&String, &StoredProfile)| ProfileFacts {
            id: id.clone(),
            provider: profile.provider.clone(),
            mode: order::mode(&profile.credential),
            expires_ms: expires(&profile.credential),
            rests_until_ms: order::rests_until(id, &stored, now_ms),
        };
        Ok(stored.profiles.iter().map(facts).collect())
    }
}

impl State {
    fn vault(&mut self, agent: &AgentId, folder: &dyn Fn(&AgentId) -> AbsPath) -> &mut Vault {
        self.vaults.entry(agent.clone()).or_insert_with(|| Vault::new(folder(agent).join(FILE)))
    }
}

fn candidates(ids: &[String], stored: &Stored, now_ms: i64, reasons: &mut Vec<String>) -> Vec<Candidate> {
    let mut usable = Vec::new();
    for id in ids {
        let Some(profile) = stored.profiles.get(id) else { continue };
        let is_over = expires(&profile.credential).is_some_and(|expires| expires <= now_ms);
        let kind = match &profile.credential {
            Credential::Oauth { .. } if is_over => {
                reasons.push(format!(
                    "the sign-in {id} has expired and cannot be renewed here yet: sign in again with the published \
                     program, or store an API key"
                ));
                continue;
            }
            Credential::Token { .. } if is_over => {
                reasons.push(format!("the token {id} has expired: store a new one"));
                continue;
            }
            Credential::ApiKey { key } => ProfileKind::ApiKey(key.clone()),
            Credential::Token { token: secret, .. } | Credential::Oauth { access: secret, .. } => {
                ProfileKind::Token(secret.clone())
            }
        };
        let profile = Profile { id: id.as_str().into(), kind };
        usable.push(Candidate { profile, rests_until_ms: order::rests_until(id, stored, now_ms) });
    }
    usable
}

fn expires(credential: &Credential) -> Option<i64> {
    match credential {
        Credential::ApiKey { .. } => None,
        Credential::Token { expires, .. } | Credential::Oauth { expires, .. } => {
            expires.filter(|expires| *expires > 0.0).map(milliseconds)
        }
    }
}

/// Whether a success changes more than the time of the last use.
fn is_worth_writing(usage: &Usage, now_ms: i64) -> bool {
    let fresh = usage.last_used.is_some_and(|last| last > time(now_ms - USE_WRITTEN_EVERY_MS));
    !fresh || usage.error_count > 0 || usage.cooldown_until.is_some() || usage.disabled_until.is_some()
}

fn write_usage(root: &mut Map<String, Value>, provider: &str, profile: &str, usage: &Usage, went_well: bool) {
    within(root, "usageStats", |all| within(all, profile, |record| usage.write_into(record)));
    if went_well {
        within(root, "lastGood", |last| last.insert(provider.to_owned(), profile.into()));
    }
}

/// Changes the object below a name, which is made if it is missing or something else.
fn within<T>(map: &mut Map<String, Value>, name: &str, change: impl FnOnce(&mut Map<String, Value>) -> T) -> T {
    let slot = map.entry(name).or_insert(Value::Null);
    let mut object = match std::mem::take(slot) {
        Value::Object(object) => object,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => Map::new(),
    };
    let result = change(&mut object);
    *slot = Value::Object(object);
    result
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("default_agent", &self.shared.default_agent).finish_non_exhaustive()
    }
}
