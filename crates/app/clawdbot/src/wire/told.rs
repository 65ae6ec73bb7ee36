//! Tells people that they were let in: written down for the outbox, and sent when their account is connected.

use async_trait::async_trait;
use channel::Target;
use ids::AccountId;
use outbound::{Deliveries, Origin, Place};
use pairing::{Approved, Tell};
use store::Store;

const WELCOME: &str = "✅ You are let in now. Write to me whenever you like.";

/// Sends through the outbox.
#[derive(Debug)]
pub(crate) struct TellPeople {
    store: Store,
    deliveries: Deliveries,
}

impl TellPeople {
    pub(crate) fn new(store: Store, deliveries: Deliveries) -> Self {
        Self { store, deliveries }
    }
}

#[async_trait]
impl Tell for TellPeople {
    async fn approved(&self, approved: &Approved) {
        let Ok(peer) = approved.sender.as_str().parse() else { return };
        let place = Place {
            channel: approved.channel.clone(),
            account: approved.account.clone().unwrap_or_else(AccountId::default_account),
            target: Target { peer, thread: None },
        };
        let Some(text) = outbound::notice(WELCOME) else { return };
        let (deliveries, at, whom) = (self.deliveries.clone(), place.clone(), approved.sender.clone());
        let staged = self.store.write(move |tx| {
            let name = format!("welcome:{}:{whom}:{}", at.channel, tx.now_ms());
            deliveries.stage(tx, &at, Origin { cause: &name, name: &name }, &text)
        });
        match staged.await {
            Ok(()) => self.deliveries.wake(&place),
            Err(error) => {
                tracing::warn!(channel = %approved.channel, %error, "somebody was let in and cannot be told");
            }
        }
    }
}
