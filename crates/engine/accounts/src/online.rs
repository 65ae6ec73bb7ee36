//! What a connected account can do, for as long as it is connected.

use std::sync::Arc;

use channel::{Actions, Connected, Drafts, Files, Guarantee, Listener, Profile, Reconcile, Speaker, Webhook};

/// A connected account, without its listener, which belongs to the pump.
#[derive(Debug, Clone)]
pub struct Online {
    pub profile: Profile,
    pub speaker: Arc<dyn Speaker>,
    pub actions: Option<Arc<dyn Actions>>,
    pub files: Option<Arc<dyn Files>>,
    pub drafts: Option<Arc<dyn Drafts>>,
    pub reconcile: Option<Arc<dyn Reconcile>>,
    pub guarantee: Guarantee,
}

impl Online {
    pub(crate) fn split(connected: Connected) -> (Self, Box<dyn Listener>, Option<Arc<dyn Webhook>>) {
        let Connected { profile, listener, speaker, actions, webhook, files, drafts, reconcile, guarantee } = connected;
        (Self { profile, speaker, actions, files, drafts, reconcile, guarantee }, listener, webhook)
    }
}
