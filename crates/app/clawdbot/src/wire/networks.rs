//! What is known of networks and accounts: their names, their limits, and the way to a connected one.

use std::sync::Arc;

use channel::{Attachment, AttachmentRef, Channel, Descriptor};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use ids::{AccountId, AgentId, ChannelKind};
use lanes::TurnFile;
use outbound::Outlet;

use super::Foundation;

/// All networks of this build.
#[derive(Debug)]
pub(crate) struct Networks {
    networks: Vec<Arc<dyn Channel>>,
}

impl Networks {
    pub(crate) fn new(base: &Foundation) -> Self {
        Self { networks: base.networks.clone() }
    }

    fn network(&self, kind: &ChannelKind) -> Option<&'static Descriptor> {
        self.networks.iter().map(|network| network.descriptor()).find(|network| network.kind == kind.as_str())
    }
}

impl outbound::Outlets for Networks {
    fn outlet(&self, _channel: &ChannelKind, _account: &AccountId) -> Option<Outlet> {
        None
    }

    fn descriptor(&self, channel: &ChannelKind) -> Option<&'static Descriptor> {
        self.network(channel)
    }
}

impl outbound::Door for Networks {
    fn admit(&self, _agent: &AgentId, _path: &str) -> BoxFuture<'static, Result<Attachment, String>> {
        async { Err("files cannot be sent yet".to_owned()) }.boxed()
    }
}

impl inbound::Networks for Networks {
    fn label(&self, channel: &ChannelKind) -> String {
        self.network(channel).map_or_else(|| channel.to_string(), |network| network.label.to_owned())
    }

    fn username(&self, _channel: &ChannelKind, _account: &AccountId) -> Option<String> {
        None
    }

    fn id_label(&self, channel: &ChannelKind) -> &'static str {
        self.network(channel).map_or("id", |network| network.id_label)
    }

    fn fetch(
        &self,
        _channel: ChannelKind,
        _account: AccountId,
        _file: AttachmentRef,
    ) -> BoxFuture<'_, Result<TurnFile, String>> {
        async { Err("files cannot be taken in yet".to_owned()) }.boxed()
    }

    fn keep(
        &self,
        _name: Option<String>,
        _mime: Option<String>,
        _bytes: Vec<u8>,
    ) -> BoxFuture<'_, Result<TurnFile, String>> {
        async { Err("files cannot be taken in yet".to_owned()) }.boxed()
    }
}
