//! What is known of networks and accounts, and the files that come and go through them: the accounts and media engines,
//! as the intake and the deliveries ask them.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use accounts::Accounts;
use bytes::Bytes;
use channel::{Attachment, AttachmentRef, Channel, Descriptor};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use ids::{AccountId, AgentId, ChannelKind};
use lanes::TurnFile;
use media::{MediaRef, MediaStore};
use outbound::Outlet;
use stdx::AbsPath;
use tracing::warn;

use super::Foundation;

/// How long an account may be away before work does without its files.
const PATIENCE: Duration = Duration::from_secs(60);

/// Where an agent works.
type Workspaces = Box<dyn Fn(&AgentId) -> AbsPath + Send + Sync>;

/// All networks of this build. Accounts stand on the intake, which stands on this, so they are told of later.
pub(crate) struct Networks {
    networks: Vec<Arc<dyn Channel>>,
    media: Arc<MediaStore>,
    state: AbsPath,
    temporary: AbsPath,
    later: OnceLock<(Arc<Accounts>, Workspaces)>,
}

impl std::fmt::Debug for Networks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Networks").field("networks", &self.networks).finish_non_exhaustive()
    }
}

impl Networks {
    pub(crate) fn new(base: &Foundation, media: Arc<MediaStore>) -> Self {
        Self {
            networks: base.networks.clone(),
            media,
            state: base.places.state.clone(),
            temporary: base.places.temporary.clone(),
            later: OnceLock::new(),
        }
    }

    /// From now on there are accounts.
    pub(crate) fn met(&self, accounts: &Arc<Accounts>, workspaces: Workspaces) {
        // Told twice is told once.
        let _first = self.later.set((Arc::clone(accounts), workspaces));
    }

    fn accounts(&self) -> Option<&Arc<Accounts>> {
        self.later.get().map(|(accounts, _)| accounts)
    }

    fn network(&self, kind: &ChannelKind) -> Option<&'static Descriptor> {
        self.networks.iter().map(|network| network.descriptor()).find(|network| network.kind == kind.as_str())
    }

    /// The file behind a path an agent named, if it lies where files of agents lie.
    fn place(&self, agent: &AgentId, path: &str) -> Result<AbsPath, String> {
        let (_, workspaces) = self.later.get().ok_or_else(|| "the gateway is still starting".to_owned())?;
        let workspace = workspaces(agent);
        let wanted = workspace.join(path.trim().trim_start_matches("file://"));
        // Links are followed first, so that none leads out.
        let real = |path: &AbsPath| std::fs::canonicalize(path).ok().and_then(|path| AbsPath::new(path).ok());
        let found = real(&wanted).ok_or_else(|| format!("{path}: there is no such file"))?;
        let ours = [&self.state.join("media"), &self.state.join("tool-output")];
        let theirs = [&workspace, &self.temporary];
        let lies_in = |folder: &AbsPath| real(folder).is_some_and(|folder| found.starts_with(folder.as_path()));
        // The state folder holds keys: what else lies in it stays, wherever the folder is.
        let is_secret = lies_in(&self.state);
        let is_open = ours.into_iter().any(lies_in) || (!is_secret && theirs.into_iter().any(lies_in));
        if is_open { Ok(found) } else { Err(format!("{path}: only files of the workspace can be sent")) }
    }
}

impl outbound::Outlets for Networks {
    fn outlet(&self, channel: &ChannelKind, account: &AccountId) -> Option<Outlet> {
        let online = self.accounts()?.online(channel, account)?;
        Some(Outlet {
            speaker: online.speaker,
            actions: online.actions,
            drafts: online.drafts,
            reconcile: online.reconcile,
            guarantee: online.guarantee,
        })
    }

    fn descriptor(&self, channel: &ChannelKind) -> Option<&'static Descriptor> {
        self.network(channel)
    }

    fn delivered(&self, channel: &ChannelKind, account: &AccountId) {
        if let Some(accounts) = self.accounts() {
            accounts.delivered(channel, account);
        }
    }
}

impl outbound::Door for Networks {
    fn admit(&self, agent: &AgentId, path: &str) -> BoxFuture<'static, Result<Attachment, String>> {
        let place = self.place(agent, path);
        let media = Arc::clone(&self.media);
        let limit = self.networks.iter().map(|network| network.descriptor().limits.upload_bytes).max().unwrap_or(0);
        async move { media.outgoing(&place?, limit).await.map_err(|error| error.to_string()) }.boxed()
    }
}

impl inbound::Networks for Networks {
    fn label(&self, channel: &ChannelKind) -> String {
        self.network(channel).map_or_else(|| channel.to_string(), |network| network.label.to_owned())
    }

    fn username(&self, channel: &ChannelKind, account: &AccountId) -> Option<String> {
        self.accounts()?.profile(channel, account)?.username
    }

    fn id_label(&self, channel: &ChannelKind) -> &'static str {
        self.network(channel).map_or("id", |network| network.id_label)
    }

    fn fetch(
        &self,
        channel: ChannelKind,
        account: AccountId,
        file: AttachmentRef,
    ) -> BoxFuture<'_, Result<TurnFile, String>> {
        async move {
            let accounts = self.accounts().ok_or("the gateway is still starting")?;
            let Some(online) = accounts.reached(&channel, &account, PATIENCE).await else {
                warn!(%channel, %account, "the account is not connected: a file of its message is not fetched");
                return Err(format!("{channel} is not connected"));
            };
            let files = online.files.ok_or_else(|| format!("{channel} gives no files"))?;
            let limit = self.network(&channel).map_or(0, |network| network.limits.download_bytes);
            let stored = self.media.fetch(files.as_ref(), &file, limit).await;
            stored.map(turn_file).map_err(|error| error.to_string())
        }
        .boxed()
    }

    fn keep(
        &self,
        name: Option<String>,
        mime: Option<String>,
        bytes: Vec<u8>,
    ) -> BoxFuture<'_, Result<TurnFile, String>> {
        async move {
            let stored = self.media.keep(name.as_deref(), mime.as_deref(), Bytes::from(bytes)).await;
            stored.map(turn_file).map_err(|error| error.to_string())
        }
        .boxed()
    }
}

fn turn_file(stored: MediaRef) -> TurnFile {
    TurnFile { path: stored.path, mime: stored.mime, name: stored.name }
}
