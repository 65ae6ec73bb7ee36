//! Tells people that they were let in.

use async_trait::async_trait;
use channel::Target;
use ids::AccountId;
use outbound::{Deliveries, Origin, Place};
use pairing::{Approved, Tell};

const WELCOME: &str = "✅ You are let in now. Write to me whenever you like.";

/// Sends through the outbox.
#[derive(Debug)]
pub(crate) struct TellPeople {
    deliveries: Deliveries,
}

impl TellPeople {
    pub(crate) fn new(deliveries: Deliveries) -> Self {
        Self { deliveries }
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
        let name = format!("welcome:{}:{}", approved.channel, approved.sender);
        if let Err(error) = self.deliveries.deliver(place, Origin { cause: &name, name: &name }, text).await {
            tracing::warn!(channel = %approved.channel, %error, "somebody was let in and could not be told");
        }
    }
}
