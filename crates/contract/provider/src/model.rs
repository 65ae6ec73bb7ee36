//! Which model, how it is spoken to, and what it costs.

use std::{fmt, str::FromStr, sync::Arc};

use serde::{Deserialize, Serialize};

/// `provider/model`, split at the first slash.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ModelRef {
    pub provider: Arc<str>,
    pub model: Arc<str>,
}

/// The text is not `provider/model`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a model is written as provider/model, for example anthropic/claude-opus-4-5")]
pub struct ParseModelRefError;

impl FromStr for ModelRef {
    type Err = ParseModelRefError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.trim().split_once('/') {
            Some((provider, model)) if !provider.is_empty() && !model.is_empty() => {
                Ok(Self { provider: canonical_provider(provider).into(), model: model.into() })
            }
            _ => Err(ParseModelRefError),
        }
    }
}

/// The models that take the highest thinking level.
const TAKE_XHIGH: [&str; 3] = ["openai/gpt-5.2", "openai-codex/gpt-5.2-codex", "openai-codex/gpt-5.1-codex"];

impl ModelRef {
    /// Whether the model takes the highest thinking level.
    #[must_use]
    pub fn takes_xhigh(&self) -> bool {
        TAKE_XHIGH.iter().filter_map(|name| name.split_once('/')).any(|name| name == (&*self.provider, &*self.model))
    }

    /// The level, as far as the model takes it.
    #[must_use]
    pub fn bounded(&self, level: Thinking) -> Thinking {
        if self.takes_xhigh() { level } else { level.min(Thinking::High) }
    }
}

/// The spelling the config uses for a provider that has several.
fn canonical_provider(text: &str) -> String {
    let lower = text.to_lowercase();
    match lower.as_str() {
        "z.ai" | "z-ai" => "zai".into(),
        "qwen" => "qwen-portal".into(),
        "opencode-zen" => "opencode".into(),
        _ => lower,
    }
}

impl fmt::Display for ModelRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.provider, self.model)
    }
}

/// The wire format of a vendor, as `models.providers.<name>.api` writes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Api {
    AnthropicMessages,
    OpenaiCompletions,
    OpenaiResponses,
    Ollama,
}

impl Api {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AnthropicMessages => "anthropic-messages",
            Self::OpenaiCompletions => "openai-completions",
            Self::OpenaiResponses => "openai-responses",
            Self::Ollama => "ollama",
        }
    }
}

/// What a model can read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Input {
    Text,
    Image,
}

/// US dollars for a million tokens.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Price {
    pub input: f64,
    pub output: f64,
    pub cache_read: f64,
    pub cache_write: f64,
}

/// How much a model thinks before it answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Thinking {
    Off,
    Minimal,
    Low,
    Medium,
    High,
    Xhigh,
}

impl Thinking {
    pub const ALL: [Self; 6] = [Self::Off, Self::Minimal, Self::Low, Self::Medium, Self::High, Self::Xhigh];

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Minimal => "minimal",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Xhigh => "xhigh",
        }
    }

    /// A level or one of the words people use for it.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Some(match word.trim().to_lowercase().as_str() {
            "off" => Self::Off,
            "minimal" | "min" | "think" => Self::Minimal,
            "low" | "on" | "enable" | "enabled" | "thinkhard" | "think-hard" | "think_hard" => Self::Low,
            "medium" | "med" | "mid" | "harder" | "thinkharder" | "think-harder" => Self::Medium,
            "high" | "ultra" | "ultrathink" | "thinkhardest" | "highest" | "max" => Self::High,
            "xhigh" | "x-high" | "x_high" => Self::Xhigh,
            _ => return None,
        })
    }

    /// What a person reads who asks another model for the highest level.
    #[must_use]
    pub fn xhigh_hint() -> String {
        let [first, second, third] = TAKE_XHIGH;
        format!("xhigh is taken only by {first}, {second} and {third}")
    }
}

/// The word is no thinking level.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("“{0}” is no thinking level: use one of off, minimal, low, medium, high, xhigh")]
pub struct ParseThinkingError(String);

impl FromStr for Thinking {
    type Err = ParseThinkingError;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        Self::from_word(word).ok_or_else(|| ParseThinkingError(word.to_owned()))
    }
}

/// A model, resolved: everything an adapter needs to call it.
#[derive(Debug, Clone, PartialEq)]
pub struct Model {
    pub reference: ModelRef,
    /// For people.
    pub name: String,
    pub api: Api,
    /// Without a trailing slash; the adapter appends its path.
    pub base_url: Arc<str>,
    pub reasoning: bool,
    pub input: Vec<Input>,
    /// Tokens of prompt and answer together.
    pub context_window: u32,
    /// Most tokens of one answer.
    pub max_tokens: u32,
    /// `None` when nobody stated one: the budget then assumes the dearest known.
    pub price: Option<Price>,
    /// Headers the owner configured.
    pub headers: Vec<(String, String)>,
    /// Where this server differs from its format's norm.
    pub compat: Compat,
}

/// How a server differs from the format it claims, as `compat` of a model says; what is absent is guessed from the
/// address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Compat {
    pub supports_store: Option<bool>,
    pub supports_developer_role: Option<bool>,
    pub supports_reasoning_effort: Option<bool>,
    pub max_tokens_field: Option<MaxTokensField>,
}

/// What a server calls the limit of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MaxTokensField {
    MaxCompletionTokens,
    MaxTokens,
}

impl Model {
    #[must_use]
    pub fn sees_images(&self) -> bool {
        self.input.contains(&Input::Image)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_level_is_for_three_models_and_others_get_the_one_below() {
        let bounded = |name: &str, level| name.parse::<ModelRef>().unwrap().bounded(level);
        for name in ["openai/gpt-5.2", "openai-codex/gpt-5.2-codex", "openai-codex/gpt-5.1-codex"] {
            assert_eq!(bounded(name, Thinking::Xhigh), Thinking::Xhigh, "{name}");
        }
        for name in ["openai/gpt-5.2-pro", "openai-codex/gpt-5.2", "anthropic/gpt-5.2"] {
            assert_eq!(bounded(name, Thinking::Xhigh), Thinking::High, "{name}");
            assert_eq!(bounded(name, Thinking::Low), Thinking::Low, "{name}");
        }
    }

    #[test]
    fn a_word_that_is_no_level_is_refused_with_those_that_are() {
        assert_eq!(" Ultra ".parse(), Ok(Thinking::High));
        let refusal = "bogus".parse::<Thinking>().unwrap_err().to_string();
        assert!(Thinking::ALL.iter().all(|level| refusal.contains(level.as_str())), "{refusal}");
    }

    #[test]
    fn a_model_reference_splits_at_the_first_slash() {
        let reference: ModelRef = "openrouter/meta/llama-3".parse().unwrap();
        assert_eq!((&*reference.provider, &*reference.model), ("openrouter", "meta/llama-3"));
        assert_eq!("z.ai/glm".parse::<ModelRef>().unwrap().to_string(), "zai/glm");
        assert!("gpt".parse::<ModelRef>().is_err());
    }
}
