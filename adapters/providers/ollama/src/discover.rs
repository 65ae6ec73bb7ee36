//! Asks a server which models it has.

use std::collections::HashMap;

use net::{Egress, Http, Request};
use provider::{Input, KnownModel, Price, ProviderError, transport};
use serde::Deserialize;
use serde_json::Value;

const LARGEST_LISTING: usize = 4 << 20;
const MOST_MODELS: usize = 64;
/// A larger context than this is used only if the owner configures it: its memory is reserved when a model loads.
const USUAL_CONTEXT: u32 = 32_768;
const LONGEST_ANSWER: u32 = 8192;

#[derive(Deserialize)]
struct Tags {
    #[serde(default)]
    models: Vec<Tag>,
}

#[derive(Deserialize)]
struct Tag {
    name: String,
}

#[derive(Deserialize)]
struct Show {
    #[serde(default)]
    capabilities: Vec<String>,
    #[serde(default)]
    model_info: HashMap<String, Value>,
}

/// The models of the server at `base_url` that can call tools. They cost nothing.
///
/// # Errors
/// The server does not answer, or not like Ollama. A single model that cannot be shown is left out.
pub async fn discover(http: &Http, base_url: &str) -> Result<Vec<KnownModel>, ProviderError> {
    let base_url = base_url.trim_end_matches('/');
    let tags: Tags = ask(http, Request::get(Egress::Configured, &format!("{base_url}/api/tags"))).await?;
    let mut models = Vec::new();
    for tag in tags.models.into_iter().take(MOST_MODELS) {
        let show = Request::post(Egress::Configured, &format!("{base_url}/api/show"));
        let Ok(show) = ask::<Show>(http, show.json(&serde_json::json!({ "model": tag.name }))).await else {
            continue;
        };
        if show.capabilities.iter().any(|ability| ability == "tools") {
            models.push(known(tag.name, &show, base_url));
        }
    }
    Ok(models)
}

async fn ask<T: serde::de::DeserializeOwned>(http: &Http, request: Request) -> Result<T, ProviderError> {
    let response = http.send(request).await.map_err(|error| transport(&error, false))?;
    if !response.is_success() {
        return Err(ProviderError::Unusable(format!("the listing came with status {}", response.status())));
    }
    response.json(LARGEST_LISTING).await.map_err(|error| transport(&error, false))
}

fn known(name: String, show: &Show, base_url: &str) -> KnownModel {
    let can = |ability: &str| show.capabilities.iter().any(|has| has == ability);
    let stated = show.model_info.iter().find(|(key, _)| key.ends_with(".context_length"));
    let stated = stated.and_then(|(_, value)| u32::try_from(value.as_u64()?).ok());
    let context_window = stated.unwrap_or(USUAL_CONTEXT).min(USUAL_CONTEXT);
    let mut input = vec![Input::Text];
    input.extend(can("vision").then_some(Input::Image));
    KnownModel {
        provider: "ollama".to_owned(),
        id: name.clone(),
        name,
        api: "ollama".to_owned(),
        base_url: base_url.to_owned(),
        reasoning: can("thinking"),
        input,
        context_window,
        max_tokens: LONGEST_ANSWER.min(context_window),
        price: Price::default(),
    }
}
