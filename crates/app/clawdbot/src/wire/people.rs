//! Whom we know: the pairing engine, as the intake asks it.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use ids::{AccountId, ChannelKind, SenderId};
use pairing::{Pairing, PairingOutcome};

/// The pairing stores.
#[derive(Debug)]
pub(crate) struct KnownPeople {
    pairing: Arc<Pairing>,
}

impl KnownPeople {
    pub(crate) fn new(pairing: Arc<Pairing>) -> Self {
        Self { pairing }
    }
}

impl inbound::People for KnownPeople {
    fn is_paired(&self, channel: &ChannelKind, sender: &SenderId) -> bool {
        self.pairing.is_allowed(channel, sender)
    }

    fn request(
        &self,
        channel: ChannelKind,
        account: AccountId,
        sender: channel::Sender,
    ) -> BoxFuture<'_, Result<inbound::Pairing, String>> {
        async move {
            let mut known = BTreeMap::from([("accountId".to_owned(), account.to_string())]);
            known.extend(sender.name.map(|name| ("name".to_owned(), name)));
            known.extend(sender.username.map(|name| ("username".to_owned(), name)));
            match self.pairing.request(&channel, &sender.id, known).await {
                Ok(PairingOutcome::New(code) | PairingOutcome::Known(code)) => Ok(inbound::Pairing::Code(code)),
                Ok(PairingOutcome::Full) => Ok(inbound::Pairing::Full),
                Err(error) => Err(error.to_string()),
            }
        }
        .boxed()
    }
}
