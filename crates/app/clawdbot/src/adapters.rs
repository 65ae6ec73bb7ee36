//! Every network and every model vendor of this build: the only list of adapters.

use std::sync::Arc;

use channel::Channel;
use net::Http;
use provider::{Input, Provider, ProviderError};

use crate::commands::Listed;

/// The networks. Adding one adds a line.
pub(crate) fn channels() -> Vec<Arc<dyn Channel>> {
    vec![Arc::new(telegram::Telegram)]
}

/// The formats that model vendors speak. Adding one adds a line.
pub(crate) fn providers() -> Vec<Arc<dyn Provider>> {
    vec![
        Arc::new(anthropic::Anthropic::default()),
        Arc::new(openai::OpenAi::default()),
        Arc::new(ollama::Ollama::default()),
    ]
}

/// The server on one's own machine that is asked in its own words for what it has.
pub(crate) const LOCAL_SERVER: &str = "ollama";

/// The models of that server.
pub(crate) async fn local_models(http: &Http, address: &str) -> Result<Vec<Listed>, ProviderError> {
    let models = ollama::discover(http, address).await?;
    let listed = models.into_iter().map(|model| Listed {
        sees_images: model.input.contains(&Input::Image),
        reasons: model.reasoning,
        context_window: Some(model.context_window),
        id: model.id,
    });
    Ok(listed.collect())
}
