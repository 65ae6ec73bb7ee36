//! Takes secrets out of lines before they are written: those we know by value, and those that look like one.
//!
//! `Secret` never prints itself; this catches what arrives inside a vendor's error text or an address.

use std::borrow::Cow;

use parking_lot::RwLock;
use serde_json::Value;
use stdx::Secret;

/// Texts shorter than this are no secrets, and replacing them would hide half of the log.
const SHORTEST: usize = 8;

/// How keys of well-known vendors begin, and how many more characters make one.
const BEGINNINGS: &[(&str, usize)] = &[
    ("sk-", 12),
    ("ghp_", 20),
    ("github_pat_", 20),
    ("xoxb-", 10),
    ("xoxp-", 10),
    ("xapp-", 10),
    ("gsk_", 10),
    ("AIza", 20),
    ("pplx-", 10),
    ("npm_", 10),
    ("hf_", 20),
    ("Bearer ", 12),
    ("bot", 30),
];

const MASK: &str = "***";

/// Names of variables and keys whose values are secrets.
const SECRET_NAMES: &[&str] = &["TOKEN", "KEY", "SECRET", "PASSWORD", "CREDENTIAL"];

/// Knows what must not be written down. One per process: whoever meets a secret teaches it.
#[derive(Debug, Default)]
pub(crate) struct Redactor {
    known: RwLock<Vec<Secret>>,
}

impl Redactor {
    /// Learns a value.
    pub(crate) fn learn(&self, value: &str) {
        let value = value.trim();
        let is_known = || self.known.read().iter().any(|known| known.expose() == value);
        if value.len() >= SHORTEST && !is_known() {
            self.known.write().push(value.into());
        }
    }

    /// Learns the values of variables whose names say that they are secret.
    pub(crate) fn learn_environment<'a>(&self, variables: impl IntoIterator<Item = (&'a String, &'a String)>) {
        for (name, value) in variables {
            let name = name.to_uppercase();
            if SECRET_NAMES.iter().any(|word| name.ends_with(word)) {
                self.learn(value);
            }
        }
    }

    /// Learns the values of config keys whose names say that they are secret.
    pub(crate) fn learn_config(&self, tree: &Value) {
        match tree {
            Value::Object(map) => {
                for (name, value) in map {
                    let name = name.to_uppercase();
                    match value {
                        Value::String(text) if SECRET_NAMES.iter().any(|word| name.ends_with(word)) => self.learn(text),
                        value => self.learn_config(value),
                    }
                }
            }
            Value::Array(list) => list.iter().for_each(|item| self.learn_config(item)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }

    /// The text without secrets.
    pub(crate) fn clean<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let mut text = Cow::Borrowed(text);
        for known in self.known.read().iter() {
            if text.contains(known.expose()) {
                text = Cow::Owned(text.replace(known.expose(), MASK));
            }
        }
        for &(beginning, length) in BEGINNINGS {
            if text.contains(beginning) {
                text = Cow::Owned(without(&text, beginning, length));
            }
        }
        text
    }
}

/// Replaces whatever follows `beginning`, where enough of it looks like a key.
fn without(text: &str, beginning: &str, length: usize) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(beginning) {
        let end = after.find(|c: char| !(c.is_ascii_alphanumeric() || "-_.:~+=".contains(c))).unwrap_or(after.len());
        let (word, behind) = after.split_at(end);
        let stands_alone = !before.ends_with(|c: char| c.is_ascii_alphanumeric());
        out.push_str(before);
        out.push_str(beginning);
        out.push_str(if word.len() >= length && stands_alone { MASK } else { word });
        rest = behind;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn known_values_and_what_looks_like_a_key_are_masked() {
        let redactor = Redactor::default();
        redactor.learn_config(
            &json!({"gateway": {"auth": {"token": "abcdefghij"}, "port": 1}, "x": [{"apiKey": "k3y-in-list"}]}),
        );
        let variables =
            [("MY_SECRET".to_owned(), "from-environment".to_owned()), ("PATH".to_owned(), "/usr/bin".to_owned())];
        redactor.learn_environment(variables.iter().map(|(name, value)| (name, value)));
        let text = "t=abcdefghij k=k3y-in-list e=from-environment p=/usr/bin sk-ant-zyxwvutsrqpo \
                    https://x/bot123456:AAHHaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/getMe robots task-force";
        assert_eq!(
            redactor.clean(text),
            "t=*** k=*** e=*** p=/usr/bin sk-*** https://x/bot***/getMe robots task-force"
        );
    }

    #[test]
    fn a_short_value_hides_nothing_else() {
        let redactor = Redactor::default();
        redactor.learn("short");
        assert_eq!(redactor.clean("a short line"), "a short line");
    }
}
