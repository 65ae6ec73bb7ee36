//! The way to one account, as this engine needs it.

use std::{fmt, sync::Arc};

use channel::{Actions, Descriptor, Drafts, Guarantee, Reconcile, Speaker};
use ids::{AccountId, ChannelKind};

/// A connected account's sending side.
#[derive(Debug, Clone)]
pub struct Outlet {
    pub speaker: Arc<dyn Speaker>,
    pub actions: Option<Arc<dyn Actions>>,
    pub drafts: Option<Arc<dyn Drafts>>,
    pub reconcile: Option<Arc<dyn Reconcile>>,
    pub guarantee: Guarantee,
}

/// Who knows the accounts.
pub trait Outlets: Send + Sync + fmt::Debug {
    /// The account's sending side, if it is connected now.
    fn outlet(&self, channel: &ChannelKind, account: &AccountId) -> Option<Outlet>;

    /// What the network is; `None` for one we do not have.
    fn descriptor(&self, channel: &ChannelKind) -> Option<&'static Descriptor>;

    /// A message was delivered, for the account's status.
    fn delivered(&self, _channel: &ChannelKind, _account: &AccountId) {}
}
