//! The lists that let people in: the config's and the pairing store, as chat commands change them.

use std::sync::Arc;

use config::{Base, Configuration};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use ids::{ChannelKind, SenderId};
use pairing::Pairing;
use stdx::Pool;

/// Both places.
#[derive(Debug)]
pub(crate) struct Lists {
    configuration: Arc<Configuration>,
    pairing: Arc<Pairing>,
    pool: Pool,
}

impl Lists {
    pub(crate) fn new(configuration: Arc<Configuration>, pairing: Arc<Pairing>) -> Self {
        Self { configuration, pairing, pool: Pool::new("lists", 1, 64) }
    }
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

    fn change(&self, change: inbound::ListChange) -> BoxFuture<'_, Result<Option<String>, String>> {
        let configuration = Arc::clone(&self.configuration);
        // Whoever hears of a new config may start tasks.
        let runtime = tokio::runtime::Handle::current();
        let work = move || {
            let _entered = runtime.enter();
            let mut place = None;
            let written = configuration.write_with(&Base::Whatever, |file| {
                let Some((at, edits)) = change.edits(file).map_err(anyhow::Error::msg)? else { return Ok(None) };
                place = Some(at.to_string());
                Ok::<_, anyhow::Error>(Some(edits))
            });
            written.map(|_| place).map_err(|error| error.to_string())
        };
        async move { self.pool.run(work).await.map_err(|error| error.to_string())? }.boxed()
    }
}
