//! Where servers differ from OpenAI's own: from the model's `compat`, else guessed from the address.

use provider::{MaxTokensField, Model};

/// Servers that refuse fields they do not know.
const STRICT: [&str; 7] = ["cerebras.ai", "api.x.ai", "mistral.ai", "chutes.ai", "deepseek.com", "z.ai", "opencode.ai"];
const OWN_EFFORT: [&str; 2] = ["api.x.ai", "z.ai"];
const OLD_LIMIT: [&str; 2] = ["mistral.ai", "chutes.ai"];

fn is_at(model: &Model, hosts: &[&str]) -> bool {
    let rest = model.base_url.split_once("://").map_or(&*model.base_url, |(_, rest)| rest);
    let host = rest.split(['/', ':']).next().unwrap_or_default();
    let at = |known: &&str| host.strip_suffix(*known).is_some_and(|before| before.is_empty() || before.ends_with('.'));
    hosts.iter().any(at)
}

pub(crate) fn takes_store(model: &Model) -> bool {
    model.compat.supports_store.unwrap_or_else(|| !is_at(model, &STRICT))
}

pub(crate) fn takes_effort(model: &Model) -> bool {
    model.compat.supports_reasoning_effort.unwrap_or_else(|| !is_at(model, &OWN_EFFORT))
}

pub(crate) fn limit_field(model: &Model) -> &'static str {
    let guessed =
        || if is_at(model, &OLD_LIMIT) { MaxTokensField::MaxTokens } else { MaxTokensField::MaxCompletionTokens };
    match model.compat.max_tokens_field.unwrap_or_else(guessed) {
        MaxTokensField::MaxCompletionTokens => "max_completion_tokens",
        MaxTokensField::MaxTokens => "max_tokens",
    }
}

/// The role in which the system prompt is sent.
pub(crate) fn system_role(model: &Model) -> &'static str {
    let takes_developer = model.compat.supports_developer_role.unwrap_or_else(|| !is_at(model, &STRICT));
    if model.reasoning && takes_developer { "developer" } else { "system" }
}
