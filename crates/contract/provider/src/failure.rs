//! Reads from a vendor's refusal what the caller can do next.
//!
//! Vendors agree on status codes roughly and on texts not at all, so both are looked at. All adapters share this
//! table, because many servers speak one vendor's format with another vendor's texts.

use std::time::Duration;

use net::NetError;
use serde::Deserialize;

use crate::{ProviderError, Thinking};

const LONGEST_DETAIL: usize = 600;

/// What a vendor said instead of an answer.
#[derive(Debug, Clone, Default)]
pub struct Failure {
    /// The HTTP status, where the failure was one.
    pub status: Option<u16>,
    /// The vendor's word for it: `overloaded_error`, `insufficient_quota`.
    pub kind: String,
    /// The vendor's sentence.
    pub message: String,
    /// What a person should see; the raw body of an HTTP error, the sentence otherwise.
    pub shown: String,
    /// When to come back.
    pub after: Option<Duration>,
}

/// The error shapes in use: `{error:{type,code,message}}`, `{error:"…"}`, `{type,code,message}`.
#[derive(Deserialize)]
struct Envelope {
    error: Option<Inner>,
    #[serde(flatten)]
    flat: Detail,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Inner {
    Detail(Detail),
    Text(String),
}

#[derive(Deserialize, Default)]
struct Detail {
    #[serde(default, deserialize_with = "lenient")]
    r#type: String,
    #[serde(default, deserialize_with = "lenient")]
    code: String,
    #[serde(default, deserialize_with = "lenient")]
    message: String,
}

fn lenient<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Ok(match serde_json::Value::deserialize(deserializer)? {
        serde_json::Value::String(text) => text,
        serde_json::Value::Null => String::new(),
        other => other.to_string(),
    })
}

impl Failure {
    /// A failure told by an HTTP status and a body.
    #[must_use]
    pub fn http(status: u16, body: &str, after: Option<Duration>) -> Self {
        let mut failure = Self::body(body);
        failure.status = Some(status);
        failure.after = after;
        failure.shown = format!("{status} {}", shorten(body.trim(), LONGEST_DETAIL));
        failure
    }

    /// A failure told inside a stream.
    #[must_use]
    pub fn body(body: &str) -> Self {
        let detail = match serde_json::from_str::<Envelope>(body) {
            Ok(Envelope { error: Some(Inner::Detail(detail)), .. }) => detail,
            Ok(Envelope { error: Some(Inner::Text(message)), .. }) => Detail { message, ..Detail::default() },
            Ok(Envelope { error: None, flat }) => flat,
            Err(_) => Detail { message: body.to_owned(), ..Detail::default() },
        };
        let kind = format!("{} {}", detail.r#type, detail.code).to_lowercase();
        let shown = shorten(if detail.message.is_empty() { body } else { &detail.message }, LONGEST_DETAIL);
        Self { kind, message: detail.message, shown, ..Self::default() }
    }

    /// Takes a secret out of what will be shown, in case the vendor repeats it.
    #[must_use]
    pub fn without(mut self, secret: &str) -> Self {
        if !secret.is_empty() && self.shown.contains(secret) {
            self.shown = self.shown.replace(secret, "***");
        }
        self
    }

    /// What the caller can do now.
    #[must_use]
    pub fn into_error(self) -> ProviderError {
        let text = self.message.to_lowercase();
        let says = |words: &[&str]| words.iter().any(|word| text.contains(word) || self.kind.contains(word));
        let status = self.status.unwrap_or(0);
        let limited = status == 429 || self.kind.contains("rate_limit");
        if self.kind.contains("context_length_exceeded") || status == 413 || (!limited && says(OVERFLOW)) {
            return ProviderError::ContextOverflow { limit: stated_limit(&text) };
        }
        if status == 402 || says(BILLING) {
            return ProviderError::Billing(self.shown);
        }
        if limited || says(&["resource_exhausted"]) {
            return ProviderError::RateLimited { after: self.after };
        }
        if matches!(status, 401 | 403) || says(AUTH) {
            return ProviderError::Auth(self.shown);
        }
        if let Some(supported) = supported_levels(&text) {
            return ProviderError::ThinkingLevel { supported, detail: self.shown };
        }
        if status == 404 && !says(&["model"]) {
            return ProviderError::Refused(self.shown);
        }
        if status == 404 || says(UNKNOWN_MODEL) {
            return ProviderError::UnknownModel(self.shown);
        }
        if status == 408 || says(&["timeout_error"]) {
            return ProviderError::Transport { detail: self.shown, began: false };
        }
        if status >= 500 || status == 409 || says(OVERLOADED) {
            return ProviderError::Overloaded(self.shown);
        }
        ProviderError::Refused(self.shown)
    }
}

/// How vendors say that the prompt is too long.
const OVERFLOW: &[&str] = &[
    "prompt is too long",
    "exceed context limit",
    "request_too_large",
    "maximum context length",
    "exceeds the context window",
    "context window exceeds",
    "context_window_exceeded",
    "context length exceeded",
    "exceeds maximum context",
    "exceeds the maximum context",
    "exceeds the available context",
    "exceed_context_size",
    "exceeds the maximum number of tokens",
    "maximum prompt length",
    "input is too long",
    "reduce the length of the messages",
    "prompt token count",
    "model_max_prompt_tokens_exceeded",
    "greater than the context length",
];
const BILLING: &[&str] = &[
    "insufficient_quota",
    "billing_error",
    "credit balance",
    "insufficient credits",
    "payment required",
    "billing_hard_limit",
];
const AUTH: &[&str] = &[
    "authentication_error",
    "permission_error",
    "invalid_api_key",
    "invalid x-api-key",
    "invalid api key",
    "incorrect api key",
    "token has expired",
    "api key not valid",
];
const UNKNOWN_MODEL: &[&str] =
    &["not_found_error", "model_not_found", "model not found", "unknown model", "invalid model"];
const OVERLOADED: &[&str] = &["overloaded", "api_error", "server_error", "unavailable", "internal_error"];

/// The limit a text states, if it does: the number behind the word that announces it.
fn stated_limit(text: &str) -> Option<u32> {
    const ANNOUNCED: [&str; 9] = [
        "> ",
        "context length is ",
        "context length of ",
        "prompt length is ",
        "tokens allowed (",
        "context size (",
        "context size of ",
        "the limit of ",
        "context window of ",
    ];
    ANNOUNCED.iter().find_map(|word| {
        let (_, rest) = text.rsplit_once(word)?;
        let digits: String =
            rest.chars().take_while(|c| c.is_ascii_digit() || *c == ',').filter(char::is_ascii_digit).collect();
        digits.parse().ok().filter(|limit| *limit >= 256)
    })
}

/// The thinking levels that a refusal lists, if it is about them. A list of other things names none.
fn supported_levels(text: &str) -> Option<Vec<Thinking>> {
    const ANNOUNCED: [&str; 4] =
        ["supported values are", "supported values:", "supported thinking levels", "supported reasoning efforts"];
    let list = ANNOUNCED.iter().find_map(|word| text.split_once(word))?.1;
    let list = list.split(['.', '\n']).next().unwrap_or_default();
    let levels: Vec<Thinking> = items(list).into_iter().filter_map(listed_level).collect();
    // `none` alone is a word of many lists: of choices between tools, say.
    levels.iter().any(|level| *level != Thinking::Off).then_some(levels)
}

/// What a list names, each as a whole: a level is also a part of many a model's name.
fn items(list: &str) -> Vec<&str> {
    let quote = ['\'', '"', '`'];
    if list.contains(quote) {
        return list.split(quote).skip(1).step_by(2).collect();
    }
    let parts = list.split(',').flat_map(|part| part.split(" and ")).flat_map(|part| part.split(" or "));
    parts.map(without_joint).collect()
}

/// An item without what joins it to the others.
fn without_joint(item: &str) -> &str {
    let item = item.trim_matches(|c: char| !c.is_ascii_alphanumeric());
    ["and ", "or "].iter().find_map(|joint| item.strip_prefix(joint)).unwrap_or(item)
}

/// A level as vendors list it: their words, not those that people use.
fn listed_level(word: &str) -> Option<Thinking> {
    if word == "none" {
        return Some(Thinking::Off);
    }
    Thinking::ALL.into_iter().find(|level| level.as_str() == word)
}

fn shorten(text: &str, limit: usize) -> String {
    match text.char_indices().nth(limit) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// A failure of the way there or back. `began` tells whether some of the answer had arrived.
#[must_use]
pub fn transport(error: &NetError, began: bool) -> ProviderError {
    match error {
        NetError::TooLarge { limit } => {
            ProviderError::Unusable(format!("it is larger than {limit} bytes in one piece"))
        }
        NetError::BadRequest(why) => ProviderError::Refused(format!("the request could not be made: {why}")),
        other => ProviderError::Transport { detail: other.to_string(), began },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn overflow(limit: u32) -> ProviderError {
        ProviderError::ContextOverflow { limit: Some(limit) }
    }

    #[test]
    fn each_vendors_words_for_a_long_prompt_are_understood() {
        for (status, body, expected) in [
            (
                400,
                r#"{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 213462 tokens > 200000 maximum"}}"#,
                overflow(200_000),
            ),
            (
                400,
                r#"{"error":{"type":"invalid_request_error","message":"input length and `max_tokens` exceed context limit: 199000 + 21333 > 200000, decrease"}}"#,
                overflow(200_000),
            ),
            (
                400,
                r#"{"error":{"message":"This model's maximum context length is 128000 tokens. However, your messages resulted in 150000 tokens.","type":"invalid_request_error","param":"messages","code":"context_length_exceeded"}}"#,
                overflow(128_000),
            ),
            (
                400,
                r#"{"error":{"message":"Your input exceeds the context window of this model.","code":"context_length_exceeded"}}"#,
                ProviderError::ContextOverflow { limit: None },
            ),
            (
                400,
                r#"{"error":{"code":400,"message":"the request exceeds the available context size (4096 tokens), try increasing it","type":"exceed_context_size_error"}}"#,
                overflow(4096),
            ),
            (
                400,
                r#"{"error":"This model's maximum prompt length is 131072 but the request contains 200000 tokens."}"#,
                overflow(131_072),
            ),
            (
                400,
                r#"{"error":{"message":"The input token count (1200000) exceeds the maximum number of tokens allowed (1048576)."}}"#,
                overflow(1_048_576),
            ),
            (413, "<html>too large</html>", ProviderError::ContextOverflow { limit: None }),
        ] {
            assert_eq!(Failure::http(status, body, None).into_error(), expected, "{body}");
        }
    }

    #[test]
    fn each_refusal_tells_what_to_do_next() {
        let wait = Some(Duration::from_secs(3));
        let after = |status, body: &str| Failure::http(status, body, wait).into_error();
        assert!(matches!(after(401, "{}"), ProviderError::Auth(_)));
        assert!(matches!(after(403, "no"), ProviderError::Auth(_)));
        assert!(matches!(after(402, ""), ProviderError::Billing(_)));
        assert_eq!(after(429, "slow"), ProviderError::RateLimited { after: wait });
        let quota = r#"{"error":{"message":"You exceeded your current quota","code":"insufficient_quota"}}"#;
        assert!(matches!(after(429, quota), ProviderError::Billing(_)));
        let credit = r#"{"error":{"type":"invalid_request_error","message":"Your credit balance is too low"}}"#;
        assert!(matches!(after(400, credit), ProviderError::Billing(_)));
        let tokens =
            r#"{"error":{"message":"Request too large for gpt: Limit 30000 > 2","code":"rate_limit_exceeded"}}"#;
        assert!(matches!(after(429, tokens), ProviderError::RateLimited { .. }));
        for status in [500, 502, 503, 529] {
            assert!(matches!(after(status, "{}"), ProviderError::Overloaded(_)));
        }
        assert!(matches!(after(404, r#"{"error":"model \"x\" not found"}"#), ProviderError::UnknownModel(_)));
        assert!(matches!(after(404, "no such page"), ProviderError::Refused(_)));
        assert!(matches!(after(400, r#"{"error":{"message":"bad tool"}}"#), ProviderError::Refused(_)));
    }

    #[test]
    fn a_refused_thinking_level_names_those_that_are_taken() {
        let supported = |message: &str| {
            let body = serde_json::json!({"error": {"message": message, "type": "invalid_request_error"}}).to_string();
            match Failure::http(400, &body, None).into_error() {
                ProviderError::ThinkingLevel { supported, .. } => Some(supported),
                _ => None,
            }
        };
        let effort = "Unsupported value: 'xhigh' is not supported with the 'gpt-5-mini' model. \
                      Supported values are: 'none', 'low', 'medium', and 'high'.";
        let all = vec![Thinking::Off, Thinking::Low, Thinking::Medium, Thinking::High];
        assert_eq!(supported(effort), Some(all));
        let levels = "Bad request. Supported thinking levels: low, high";
        assert_eq!(supported(levels), Some(vec![Thinking::Low, Thinking::High]));
        let bare = "Invalid value. Supported values: none, low, and high.";
        assert_eq!(supported(bare), Some(vec![Thinking::Off, Thinking::Low, Thinking::High]));
        for other in [
            "Invalid size. Supported values are: '1024x1024', 'auto'.",
            "Unknown model. Supported values are: 'coder-high', 'o3-low-latency'.",
            "Unknown model. Supported values: coder-high, o3 low latency",
            "Invalid tool choice. Supported values are: 'none', 'auto', and 'required'.",
        ] {
            assert_eq!(supported(other), None, "{other}");
        }
    }

    #[test]
    fn what_is_shown_keeps_the_status_and_hides_the_secret() {
        let failure = Failure::http(401, r#"{"error":{"message":"bad key sk-live-1"}}"#, None).without("sk-live-1");
        assert_eq!(failure.into_error(), ProviderError::Auth(r#"401 {"error":{"message":"bad key ***"}}"#.into()));
    }

    #[test]
    fn failures_inside_a_stream_are_read_by_their_kind() {
        let body = r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#;
        assert_eq!(Failure::body(body).into_error(), ProviderError::Overloaded("Overloaded".into()));
        let flat = r#"{"type":"error","code":"rate_limit_exceeded","message":"slow","param":null}"#;
        assert_eq!(Failure::body(flat).into_error(), ProviderError::RateLimited { after: None });
    }
}
