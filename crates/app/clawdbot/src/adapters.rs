//! Every network and every model vendor of this build: the only list of adapters.

use std::sync::Arc;

use channel::Channel;
use provider::Provider;

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
