//! Which model answers, and which ones stand behind it: pure.
//!
//! Order: the session's own choice, the agent's, the defaults'. A picture needs a model that sees.

use std::sync::Arc;

use ids::AgentId;
use provider::{Api, Catalogue, Input, KnownModel, Model, ModelRef};
use serde::Deserialize;
use serde::de::value::{Error as WordError, StrDeserializer};

use crate::config::{Config, ModelEntry, ProviderEntry};

/// What is used when nobody chose.
pub(crate) const DEFAULT_MODEL: &str = "anthropic/claude-opus-4-5";
/// What is assumed of a model nobody described.
const CONTEXT_WINDOW: u32 = 200_000;
const MAX_TOKENS: u32 = 8_192;
/// The published program refuses smaller windows; so little is no conversation.
const SMALLEST_WINDOW: u32 = 1_000;

/// Why a name gives no model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unusable {
    pub name: String,
    pub reason: String,
}

/// The models to try, best first, without repeats.
pub(crate) fn chain(
    config: &Config,
    agent: &AgentId,
    session: Option<&str>,
    has_images: bool,
) -> Vec<Result<Arc<Model>, Unusable>> {
    let own = config.entry(agent).and_then(|entry| entry.model.as_ref());
    let defaults = config.agents.defaults.model.as_ref();
    let chosen = own.and_then(|choice| choice.primary()).or_else(|| defaults.and_then(|choice| choice.primary()));
    let chosen = chosen.unwrap_or(DEFAULT_MODEL);
    let fallbacks = own.filter(|choice| !choice.fallbacks().is_empty()).or(defaults);
    let mut names: Vec<String> = Vec::new();
    let mut add = |name: &str| {
        let full = config.alias(name).unwrap_or(name).to_owned();
        if !names.contains(&full) {
            names.push(full);
        }
    };
    add(session.unwrap_or(chosen));
    fallbacks.into_iter().flat_map(|choice| choice.fallbacks()).for_each(|name| add(name));
    // What the owner chose for the agent stands last behind a session's own choice.
    add(chosen);
    let mut models: Vec<_> = names.iter().map(|name| resolve(config, name)).collect();
    if has_images && !models.first().is_some_and(|model| model.as_ref().is_ok_and(|model| model.sees_images())) {
        let image = config.agents.defaults.image_model.as_ref();
        let seeing = image.into_iter().flat_map(|choice| {
            choice.primary().into_iter().chain(choice.fallbacks().iter().map(String::as_str)).map(str::to_owned)
        });
        let seeing: Vec<_> = seeing.map(|name| resolve(config, config.alias(&name).unwrap_or(&name))).collect();
        models.splice(0..0, seeing);
    }
    models
}

/// The model behind `provider/model`.
pub(crate) fn resolve(config: &Config, name: &str) -> Result<Arc<Model>, Unusable> {
    let unusable = |reason: &str| Unusable { name: name.to_owned(), reason: reason.to_owned() };
    let reference: ModelRef = match name.parse() {
        Ok(reference) => reference,
        // A bare name is the default vendor's.
        Err(error) => format!("anthropic/{name}").parse().map_err(|_| unusable(&error.to_string()))?,
    };
    if !allowed(config, &reference) {
        return Err(unusable("it is not among agents.defaults.models"));
    }
    let provider = config.models.providers.iter().find(|(key, _)| key.eq_ignore_ascii_case(&reference.provider));
    let provider = provider.map(|(_, provider)| provider);
    let entry = provider.and_then(|provider| provider.models.iter().find(|model| model.id == *reference.model));
    let known = Catalogue::lookup(&reference.provider, &reference.model);
    let written = entry.and_then(|entry| entry.api.clone()).or_else(|| provider.and_then(|p| p.api.clone()));
    let api = written.or_else(|| known.as_ref().map(|known| known.api.clone()));
    let api = api.or_else(|| usual_api(&reference.provider).map(str::to_owned));
    let Some(api) = api else { return Err(unusable("nobody told me which server has it")) };
    let Some(spoken) = parse_api(&api) else {
        return Err(unusable(&format!("its format {api} is not spoken by this release")));
    };
    let base_url = provider.and_then(|provider| provider.base_url.clone());
    let base_url = base_url.or_else(|| known.as_ref().map(|known| known.base_url.clone()));
    let base_url = base_url.or_else(|| usual_address(&reference.provider));
    let Some(base_url) = base_url else {
        return Err(unusable(&format!("models.providers.{}.baseUrl is not set", reference.provider)));
    };
    let described = Described { entry, known: known.as_ref(), provider };
    Ok(Arc::new(described.model(config, reference, spoken, &base_url)))
}

/// With a list of models, only those on it may be used.
fn allowed(config: &Config, reference: &ModelRef) -> bool {
    let listed = &config.agents.defaults.models;
    let name = reference.to_string();
    let chosen = |choice: &crate::config::Choice| {
        choice.primary().into_iter().chain(choice.fallbacks().iter().map(String::as_str)).any(|text| text == name)
    };
    let written = config.agents.defaults.model.iter().chain(config.agents.list.iter().filter_map(|e| e.model.as_ref()));
    listed.is_empty()
        || listed.keys().any(|key| key.eq_ignore_ascii_case(&name))
        || written.chain(&config.agents.defaults.image_model).any(chosen)
}

struct Described<'a> {
    entry: Option<&'a ModelEntry>,
    known: Option<&'a KnownModel>,
    provider: Option<&'a ProviderEntry>,
}

impl Described<'_> {
    fn model(&self, config: &Config, reference: ModelRef, api: Api, base_url: &str) -> Model {
        let (entry, known) = (self.entry, self.known);
        let own_window = entry.and_then(|entry| tokens(entry.context_window));
        let window = own_window.or_else(|| known.map(|known| known.context_window)).unwrap_or(CONTEXT_WINDOW);
        let limit = config.agents.defaults.context_tokens.unwrap_or(u32::MAX);
        let own_most = entry.and_then(|entry| tokens(entry.max_tokens));
        let headers = self.provider.into_iter().flat_map(|provider| &provider.headers);
        let headers = headers.chain(entry.into_iter().flat_map(|entry| &entry.headers));
        let name = entry.and_then(|entry| entry.name.clone()).or_else(|| known.map(|known| known.name.clone()));
        Model {
            name: name.unwrap_or_else(|| reference.model.to_string()),
            api,
            base_url: base_url.trim_end_matches('/').into(),
            reasoning: entry.and_then(|e| e.reasoning).or_else(|| known.map(|k| k.reasoning)).unwrap_or(false),
            input: entry.and_then(|e| e.input.as_deref()).map_or_else(
                || known.map_or_else(|| vec![Input::Text], |known| known.input.clone()),
                |words| words.iter().filter_map(|word| parse_input(word)).collect(),
            ),
            context_window: window.min(limit).max(SMALLEST_WINDOW),
            max_tokens: own_most.or_else(|| known.map(|known| known.max_tokens)).unwrap_or(MAX_TOKENS),
            price: entry.and_then(|entry| entry.cost).or_else(|| known.map(|known| known.price)),
            headers: headers.map(|(name, value)| (name.clone(), value.clone())).collect(),
            compat: entry.map(|entry| entry.compat).unwrap_or_default(),
            reference,
        }
    }
}

/// All models a person may choose: `models.list`.
pub(crate) fn choices(config: &Config) -> Vec<KnownModel> {
    let mut all = Catalogue::embedded().models().to_vec();
    for (name, provider) in &config.models.providers {
        for entry in &provider.models {
            let Ok(model) = resolve(config, &format!("{name}/{}", entry.id)) else { continue };
            all.retain(|known| known.provider != *model.reference.provider || known.id != *model.reference.model);
            all.push(KnownModel {
                provider: model.reference.provider.to_string(),
                id: model.reference.model.to_string(),
                name: model.name.clone(),
                api: model.api.as_str().to_owned(),
                base_url: model.base_url.to_string(),
                reasoning: model.reasoning,
                input: model.input.clone(),
                context_window: model.context_window,
                max_tokens: model.max_tokens,
                price: model.price.unwrap_or_default(),
            });
        }
    }
    all.sort_by(|a, b| (&a.provider, &a.name).cmp(&(&b.provider, &b.name)));
    all
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the cast saturates")]
fn tokens(written: Option<f64>) -> Option<u32> {
    written.filter(|tokens| *tokens > 0.0).map(|tokens| tokens as u32)
}

fn parse_api(word: &str) -> Option<Api> {
    Api::deserialize(StrDeserializer::<WordError>::new(word)).ok()
}

fn parse_input(word: &str) -> Option<Input> {
    Input::deserialize(StrDeserializer::<WordError>::new(word)).ok()
}

/// The format of vendors whose models change faster than a list can follow.
fn usual_api(provider: &str) -> Option<&'static str> {
    Some(match provider {
        "anthropic" => "anthropic-messages",
        "openai" => "openai-responses",
        "openrouter" | "groq" | "cerebras" | "mistral" | "xai" | "lmstudio" | "llamacpp" => "openai-completions",
        "ollama" => "ollama",
        _ => return None,
    })
}

/// Where such vendors are reached.
fn usual_address(provider: &str) -> Option<String> {
    if provider == "ollama" {
        return Some("http://127.0.0.1:11434".to_owned());
    }
    Catalogue::embedded().models().iter().find(|model| model.provider == provider).map(|model| model.base_url.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(text: &str) -> Config {
        serde_json::from_str(text).unwrap()
    }

    fn names(chain: &[Result<Arc<Model>, Unusable>]) -> Vec<String> {
        let name = |model: &Result<Arc<Model>, Unusable>| match model {
            Ok(model) => model.reference.to_string(),
            Err(unusable) => format!("!{}", unusable.name),
        };
        chain.iter().map(name).collect()
    }

    #[test]
    fn nothing_configured_means_the_default_model() {
        let chain = chain(&Config::default(), &AgentId::main(), None, false);
        assert_eq!(names(&chain), [DEFAULT_MODEL]);
        let model = chain[0].as_ref().unwrap();
        assert_eq!((model.context_window, model.max_tokens, model.api), (200_000, 64_000, Api::AnthropicMessages));
    }

    #[test]
    fn a_sessions_choice_comes_first_and_the_agents_own_stands_behind_the_fallbacks() {
        let config = config(
            r#"{"agents":{"defaults":{"model":{"primary":"anthropic/claude-opus-4-5","fallbacks":["openai/gpt-4o"]},
                "models":{"anthropic/claude-opus-4-5":{"alias":"Opus"},"openai/gpt-4o":{},"local/m":{}}}},
                "models":{"providers":{"local":{"baseUrl":"http://127.0.0.1:1/v1/","api":"openai-completions","models":[{"id":"m"}]}}}}"#,
        );
        let main = AgentId::main();
        assert_eq!(
            names(&chain(&config, &main, Some("local/m"), false)),
            ["local/m", "openai/gpt-4o", "anthropic/claude-opus-4-5"]
        );
        assert_eq!(names(&chain(&config, &main, Some("opus"), false))[0], "anthropic/claude-opus-4-5");
        assert_eq!(names(&chain(&config, &main, Some("xai/grok-4"), false))[0], "!xai/grok-4");
        assert_eq!(
            &*chain(&config, &main, Some("local/m"), false)[0].as_ref().unwrap().base_url,
            "http://127.0.0.1:1/v1"
        );
    }

    #[test]
    fn what_the_config_says_of_a_model_beats_what_the_catalogue_knows() {
        let config = config(
            r#"{"models":{"providers":{"anthropic":{"baseUrl":"http://127.0.0.1:9","models":[{"id":"claude-opus-4-5","name":"Fake",
                "reasoning":false,"input":["text"],"contextWindow":9000,"maxTokens":100,"cost":{"input":1,"output":2,"cacheRead":0,"cacheWrite":0}}]}}}}"#,
        );
        let model = resolve(&config, "anthropic/claude-opus-4-5").unwrap();
        assert_eq!((model.name.as_str(), model.context_window, model.sees_images()), ("Fake", 9000, false));
        assert_eq!((model.reasoning, model.max_tokens, model.price.unwrap().output), (false, 100, 2.0));
    }

    #[test]
    fn a_picture_goes_to_a_model_that_sees() {
        let config = config(
            r#"{"agents":{"defaults":{"model":{"primary":"blind/m"},"imageModel":{"primary":"anthropic/claude-opus-4-5"}}},
                "models":{"providers":{"blind":{"baseUrl":"http://127.0.0.1:1","api":"openai-completions","models":[{"id":"m","input":["text"]}]}}}}"#,
        );
        assert_eq!(names(&chain(&config, &AgentId::main(), None, true)), [DEFAULT_MODEL, "blind/m"]);
        assert_eq!(names(&chain(&config, &AgentId::main(), None, false)), ["blind/m"]);
    }

    #[test]
    fn a_format_that_is_not_spoken_is_named() {
        let config =
            config(r#"{"models":{"providers":{"g":{"baseUrl":"http://127.0.0.1:1","api":"google-generative-ai"}}}}"#);
        let refused = resolve(&config, "g/gemini").unwrap_err();
        assert_eq!(refused.reason, "its format google-generative-ai is not spoken by this release");
    }
}
