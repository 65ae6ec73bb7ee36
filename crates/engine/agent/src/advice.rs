//! The sentences a person reads when a run fails: each says what to do, none holds a stack or a secret.

use provider::ProviderError;

const LONGEST_DETAIL: usize = 200;

/// What every surface says when there is no model to ask.
#[must_use]
pub const fn no_model_advice() -> &'static str {
    "I have no model to think with yet: run `clawdbot onboard` on the machine I run on to set one up."
}

/// A model is configured, but nothing to call it with.
pub(crate) fn no_credentials(provider: &str) -> String {
    format!(
        "I have no working credentials for {provider}: run `clawdbot onboard`, or set the key under \
         models.providers.{provider}.apiKey."
    )
}

/// The model's name is wrong, or its format is not spoken here.
pub(crate) fn unusable_model(name: &str, reason: &str) -> String {
    format!("I cannot use the model {name}: {reason}. Choose another with `clawdbot onboard` or /model.")
}

/// Nothing in the chain answered; `error` is the last reason.
pub(crate) fn failed(model: &str, error: &ProviderError, tried: usize) -> String {
    let all = if tried > 1 { format!(" ({tried} models tried)") } else { String::new() };
    match error {
        ProviderError::Auth(_) => {
            format!("The vendor of {model} refused my credentials{all}: renew them with `clawdbot onboard`.")
        }
        ProviderError::Billing(_) => {
            format!("The vendor of {model} wants to be paid{all}: top up the account or choose another model.")
        }
        ProviderError::RateLimited { .. } => {
            format!("The vendor of {model} limits how often I may ask{all}: please try again in a minute.")
        }
        ProviderError::Overloaded(_) => {
            format!("The vendor of {model} is overloaded{all}: please try again in a minute.")
        }
        ProviderError::ContextOverflow { .. } => {
            "This conversation is too long for the model, even after I summarised it: start over with /new.".to_owned()
        }
        ProviderError::Refused(detail) => {
            format!(
                "The vendor of {model} refused the request ({}): rephrase it or start over with /new.",
                brief(detail)
            )
        }
        ProviderError::ThinkingLevel { detail, .. } => {
            format!(
                "The vendor of {model} does not let it think so much or so little ({}): choose another level with \
                 /think.",
                brief(detail)
            )
        }
        ProviderError::UnknownModel(_) => {
            format!(
                "The vendor does not know the model {model}{all}: choose another with `clawdbot onboard` or /model."
            )
        }
        ProviderError::Unusable(_) => {
            format!("The answer of {model} could not be used{all}: please try again, or choose another model.")
        }
        ProviderError::Transport { detail, .. } => {
            format!(
                "I cannot reach the vendor of {model}{all} ({}): check the connection and try again.",
                brief(detail)
            )
        }
    }
}

/// The conversation could not be written down or read.
pub(crate) fn storage(error: &dyn std::fmt::Display) -> String {
    format!(
        "I could not keep this conversation ({}): please look at the disk of the machine I run on.",
        brief(&error.to_string())
    )
}

/// A defect of this program.
pub(crate) const BROKEN: &str =
    "Something broke inside me while I worked on this: please try again, and look at the log if it happens again.";

/// A run was cut off, and before it could go on its conversation was started over.
pub(crate) const STARTED_OVER: &str =
    "I was restarted before I had answered, and meanwhile this conversation was started over: please ask me again.";

/// A run was cut off while a tool with effects was at work.
pub(crate) fn interrupted(tool: &str) -> String {
    format!(
        "I was restarted while `{tool}` was at work, so I cannot tell whether it finished: check its effects and ask me \
         to go on."
    )
}

/// The first line, not too long.
fn brief(detail: &str) -> String {
    let line = detail.lines().next().unwrap_or_default().trim().trim_end_matches('.');
    let cut: String = line.chars().take(LONGEST_DETAIL).collect();
    if cut.is_empty() { "no reason given".to_owned() } else { cut }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_failure_is_one_sentence_that_says_what_to_do() {
        let errors = [
            ProviderError::Auth("401 {\"stack\":\n at x}".into()),
            ProviderError::Billing(String::new()),
            ProviderError::RateLimited { after: None },
            ProviderError::Overloaded(String::new()),
            ProviderError::ContextOverflow { limit: None },
            ProviderError::Refused("first line.\nat second line".into()),
            ProviderError::ThinkingLevel { supported: Vec::new(), detail: "first line.\nsecond".into() },
            ProviderError::UnknownModel(String::new()),
            ProviderError::Unusable(String::new()),
            ProviderError::Transport { detail: "refused".into(), began: false },
        ];
        for error in errors {
            let text = failed("a/b", &error, 2);
            assert!(!text.contains('\n') && !text.contains("stack") && text.contains(": "), "{text}");
        }
        assert!(no_model_advice().contains("clawdbot onboard"));
    }
}
