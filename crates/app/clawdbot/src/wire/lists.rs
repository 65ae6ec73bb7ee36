//! The lists that let people in: the config's and the pairing store, as chat commands change them.

use std::sync::Arc;

use config::{Base, ConfigPath, Configuration, Edit};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use ids::{ChannelKind, SenderId};
use pairing::Pairing;

/// Both places.
#[derive(Debug)]
pub(crate) struct Lists {
    pub(crate) configuration: Arc<Configuration>,
    pub(crate) pairing: Arc<Pairing>,
}

impl inbound::AllowLists for Lists {
    fn paired(&self, channel: &ChannelKind) -> Vec<String> {
        self.pairing.allowed(channel).iter().map(str::to_owned).collect()
    }

    fn pair(&self, channel: ChannelKind, sender: SenderId, lets_in: bool) -> BoxFuture<'_, Result<bool, String>> {
        async move {
            let changed = if lets_in {
                self.pairing.allow(&channel, &sender).await
            } else {
                self.pairing.remove(&channel, &sender).await
            };
            changed.map_err(|error| error.to_string())
        }
        .boxed()
    }

    fn write(&self, at: inbound::ListPath, entries: Vec<String>) -> BoxFuture<'_, Result<(), String>> {
        let path: ConfigPath = at.iter().map(String::as_str).collect();
        let written = self.configuration.write(&[Edit::Set(path, entries.into())], &Base::Whatever);
        std::future::ready(written.map(drop).map_err(|error| error.to_string())).boxed()
    }
}
