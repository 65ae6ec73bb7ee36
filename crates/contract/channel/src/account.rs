//! A channel, its configured accounts, and what a connected account can do.

use std::sync::Arc;

use async_trait::async_trait;
use ids::AccountId;
use net::{Http, Url};
use serde_json::value::RawValue;
use stdx::{AbsPath, Clock};
use tokio_util::sync::CancellationToken;

use crate::{Actions, ChannelError, Descriptor, Drafts, Files, Guarantee, Listener, Menu, Reconcile, Speaker, Webhook};

/// A messaging network: parses its config section into accounts.
#[async_trait]
pub trait Channel: Send + Sync + std::fmt::Debug {
    fn descriptor(&self) -> &'static Descriptor;

    /// JSON Schema of the keys this network reads below `channels.<kind>`, as far as not every network has them.
    fn schema(&self) -> serde_json::Value;

    /// Parses `channels.<kind>` (environment already substituted, `env` for keys the network reads from it).
    ///
    /// # Errors
    /// Everything that is wrong with the section, each with its path below the section.
    fn accounts(
        &self,
        section: &RawValue,
        env: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Vec<Box<dyn Account>>, Vec<AccountIssue>>;
}

/// One thing wrong with a channel's config section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountIssue {
    /// Dotted path below the channel's section, `accounts.work.botToken` say.
    pub path: String,
    /// What is wrong and what would be right; never holds a secret.
    pub message: String,
}

/// One configured login.
#[async_trait]
pub trait Account: Send + Sync + std::fmt::Debug {
    fn id(&self) -> &AccountId;

    /// The owner's name for it, if given.
    fn name(&self) -> Option<&str> {
        None
    }

    /// `false` keeps it configured but never connected.
    fn enabled(&self) -> bool;

    /// `false` when it lacks what it needs to connect, a token say.
    fn is_configured(&self) -> bool {
        true
    }

    /// The proxy that the owner chose for this account.
    fn proxy(&self) -> Option<&Url> {
        None
    }

    /// Differs when anything differs that needs a new connection: what decides whether a changed config reconnects.
    fn fingerprint(&self) -> u64;

    /// Facts that status screens show (token source, mode, dmPolicy …); no secret.
    fn facts(&self) -> serde_json::Map<String, serde_json::Value>;

    /// Connects, or says why not. Called again, with backoff, whenever the listener ends.
    async fn connect(&self, cx: AccountContext) -> Result<Connected, ChannelError>;

    /// Asks the network who we are without disturbing a connection: status screens and the setup ask.
    async fn probe(&self, cx: AccountContext) -> Result<Probe, ChannelError>;
}

/// All of ours that an account is handed.
#[derive(Debug, Clone)]
pub struct AccountContext {
    /// The way out, with this account's proxy.
    pub http: Http,
    /// The state root's folder of this channel (`<state>/<kind>`), for files the published program also reads.
    pub state: AbsPath,
    pub clock: Arc<dyn Clock>,
    /// What a menu of commands shows, where the network has one.
    pub menu: Menu,
    pub cancel: CancellationToken,
}

/// Who the account is on its network.
#[derive(Debug, Clone, Default)]
pub struct Profile {
    /// The vendor's id of the account itself: its own messages are not answered.
    pub id: String,
    /// `@name` without the at sign, where the network has one.
    pub username: Option<String>,
    pub display_name: Option<String>,
}

/// What the network says of an account.
#[derive(Debug, Clone, Default)]
pub struct Probe {
    pub profile: Profile,
    /// What status screens show besides, in the network's own terms; no secret.
    pub facts: serde_json::Map<String, serde_json::Value>,
}

/// What a connected account can do.
pub struct Connected {
    pub profile: Profile,
    pub listener: Box<dyn Listener>,
    pub speaker: Arc<dyn Speaker>,
    pub actions: Option<Arc<dyn Actions>>,
    pub webhook: Option<Arc<dyn Webhook>>,
    pub files: Option<Arc<dyn Files>>,
    pub drafts: Option<Arc<dyn Drafts>>,
    pub reconcile: Option<Arc<dyn Reconcile>>,
    /// What delivery class this account, as configured, can promise.
    pub guarantee: Guarantee,
}

impl std::fmt::Debug for Connected {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connected")
            .field("profile", &self.profile)
            .field("guarantee", &self.guarantee)
            .finish_non_exhaustive()
    }
}
