//! What is here already: keys in the environment, and model servers that listen on this machine.

use std::time::Duration;

use anyhow::{Context as _, Result};
use net::{Egress, Http, HttpConfig, Request, Timeouts};
use serde::Deserialize;
use serde_json::{Value, json};
use stdx::Secret;

use super::{Answer, Choice, Key, Wrong, vendors};
use crate::context::Context;

/// A server on this machine answers at once or is not there.
const PATIENCE: Duration = Duration::from_millis(1_500);
const LARGEST_LISTING: usize = 4 << 20;
/// What is assumed of a model that nobody describes.
const CONTEXT_WINDOW: u32 = 32_768;
const MAX_TOKENS: u32 = 8_192;

/// Where model servers listen.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct Ports {
    /// Where Ollama listens
    #[arg(long, value_name = "PORT", default_value_t = 11_434)]
    ollama_port: u16,
    /// Where the llama.cpp server listens
    #[arg(long, value_name = "PORT", default_value_t = 8_080)]
    llamacpp_port: u16,
    /// Where LM Studio listens
    #[arg(long, value_name = "PORT", default_value_t = 1_234)]
    lmstudio_port: u16,
}

/// What was found, best first.
#[derive(Debug, Clone, Default)]
pub(super) struct Found {
    pub(super) choices: Vec<Choice>,
}

impl Found {
    /// The named one, else the best.
    pub(super) fn choice(&self, model: Option<&str>) -> Result<Choice> {
        let provider = |name: &str| name.split_once('/').map(|(provider, _)| provider.to_owned());
        let Some(wanted) = model else {
            return self.choices.first().cloned().ok_or_else(|| {
                let message = "no key is in the environment and no model server listens on this machine: \
                               give --api-key or --base-url"
                    .to_owned();
                Wrong { answer: Answer::Key, message }.into()
            });
        };
        let fits = |choice: &&Choice| choice.model == wanted || provider(&choice.model) == provider(wanted);
        let base = self.choices.iter().find(|choice| choice.model == wanted).or_else(|| self.choices.iter().find(fits));
        Ok(match base {
            Some(base) => Choice { model: wanted.to_owned(), label: wanted.to_owned(), ..base.clone() },
            // The config may know a model that nobody else does.
            None => Choice { model: wanted.to_owned(), label: wanted.to_owned(), key: Key::None, entry: None },
        })
    }
}

/// Everything that is here already.
pub(super) async fn all(context: &Context, ports: &Ports) -> Found {
    let mut choices = Vec::new();
    for vendor in vendors::all() {
        let name = vendor.variables.iter().find(|name| context.variable(name).is_some());
        choices.extend(name.map(|name| vendor.choice(None, Key::Environment((*name).to_owned()))));
    }
    let http = Http::new(HttpConfig { connect: PATIENCE, ..HttpConfig::default() });
    let servers = [
        (crate::adapters::LOCAL_SERVER, "Ollama", ports.ollama_port),
        ("llamacpp", "llama.cpp", ports.llamacpp_port),
        ("lmstudio", "LM Studio", ports.lmstudio_port),
    ];
    let asked = servers.map(|(provider, label, port)| at(&http, provider, label, port));
    choices.extend(futures_util::future::join_all(asked).await.into_iter().flatten());
    Found { choices }
}

async fn at(http: &Http, provider: &str, label: &str, port: u16) -> Vec<Choice> {
    let address = format!("http://127.0.0.1:{port}");
    let (base_url, api, models) = if provider == crate::adapters::LOCAL_SERVER {
        let models = crate::adapters::local_models(http, &address).await.unwrap_or_default();
        (address, None, models)
    } else {
        let base_url = format!("{address}/v1");
        let models = listing(http, &base_url, None).await.unwrap_or_default();
        (base_url, Some("openai-completions"), models)
    };
    let entry = entry(&base_url, api, &models);
    let choice = |model: &Listed| Choice {
        model: format!("{provider}/{}", model.id),
        label: format!("{} on {label}, on this machine", model.id),
        key: Key::None,
        entry: Some(entry.clone()),
    };
    models.iter().map(choice).collect()
}

/// A server at an address that somebody gave.
pub(super) async fn server(url: &str, key: Option<&str>, model: Option<&str>) -> Result<Choice> {
    let wrong = |message: String| Wrong { answer: Answer::Server, message };
    let base_url = url.trim().trim_end_matches('/');
    let http = Http::new(HttpConfig::default());
    let mut found = listing(&http, base_url, key).await;
    let mut base_url = base_url.to_owned();
    if found.is_err() && !base_url.ends_with("/v1") {
        let below = format!("{base_url}/v1");
        if let Ok(models) = listing(&http, &below, key).await {
            (found, base_url) = (Ok(models), below);
        }
    }
    let models = match (found, model) {
        (Ok(models), _) => models,
        // A server need not list what it has: the call that follows decides.
        (Err(_), Some(_)) => Vec::new(),
        (Err(error), None) => return Err(wrong(format!("{url} does not answer like a model server: {error:#}")).into()),
    };
    let (provider, wanted) = match model.and_then(|model| model.split_once('/')) {
        Some((provider, model)) => (provider, Some(model)),
        None => ("local", model),
    };
    let id = wanted.map(str::to_owned).or_else(|| models.first().map(|model| model.id.clone()));
    let id = id.ok_or_else(|| wrong(format!("{url} has no model: load one, or name it with --model")))?;
    let mut listed = models;
    if !listed.iter().any(|model| model.id == id) {
        listed.push(Listed { id: id.clone(), ..Listed::default() });
    }
    Ok(Choice {
        model: format!("{provider}/{id}"),
        label: format!("{id} at {base_url}"),
        key: key.map_or(Key::None, |key| Key::Given(Secret::from(key))),
        entry: Some(entry(&base_url, Some("openai-completions"), &listed)),
    })
}

/// One model as a server lists it.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct Listed {
    pub(crate) id: String,
    #[serde(default, alias = "max_context_length")]
    pub(crate) context_window: Option<u32>,
    #[serde(skip)]
    pub(crate) sees_images: bool,
    #[serde(skip)]
    pub(crate) reasons: bool,
}

async fn listing(http: &Http, base_url: &str, key: Option<&str>) -> Result<Vec<Listed>> {
    #[derive(Deserialize)]
    struct Listing {
        data: Vec<Listed>,
    }
    let timeouts = Timeouts { first_byte: PATIENCE, idle: PATIENCE };
    let mut request = Request::get(Egress::Configured, &format!("{base_url}/models")).timeouts(timeouts);
    if let Some(key) = key {
        request = request.bearer(key);
    }
    let answer = http.send(request).await?;
    anyhow::ensure!(answer.is_success(), "it answered {}", answer.status());
    let listing: Listing = answer.json(LARGEST_LISTING).await.context("its list of models cannot be read")?;
    Ok(listing.data)
}

/// The entry under `models.providers`, in keys that 2026.1.24 accepts.
fn entry(base_url: &str, api: Option<&str>, models: &[Listed]) -> Value {
    let models = models.iter().map(|model| {
        let window = model.context_window.unwrap_or(CONTEXT_WINDOW);
        let input: &[&str] = if model.sees_images { &["text", "image"] } else { &["text"] };
        json!({
            "id": model.id, "name": model.id, "reasoning": model.reasons, "input": input,
            "cost": {"input": 0, "output": 0, "cacheRead": 0, "cacheWrite": 0},
            "contextWindow": window, "maxTokens": MAX_TOKENS.min(window),
        })
    });
    // A server of one's own asks for no key, but 2026.1.24 and we want one written; a kept key comes before it.
    let mut entry = json!({"baseUrl": base_url, "apiKey": "none", "models": models.collect::<Vec<_>>()});
    if let (Some(api), Some(fields)) = (api, entry.as_object_mut()) {
        fields.insert("api".to_owned(), Value::String(api.to_owned()));
    }
    entry
}
