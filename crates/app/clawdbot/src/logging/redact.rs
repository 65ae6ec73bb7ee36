//! Takes secrets out of lines before they are written: those we know by value, and those that look like one.
//!
//! `Secret` never prints itself; this catches what arrives inside a vendor's error text or an address.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

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

/// How many replaced values of each keeper are still masked.
const REPLACED: usize = 32;

/// Knows what must not be written down. One per process: whoever keeps secrets teaches it all of them again when they
/// change, so that there are never more than are in use, and some that were in use before.
#[derive(Debug, Default)]
pub(crate) struct Redactor {
    known: RwLock<BTreeMap<String, Known>>,
}

/// The values of one keeper of secrets, in order.
#[derive(Debug, Default)]
struct Known {
    now: Vec<Secret>,
    /// What was replaced, the last one first: somebody may be at work with it.
    before: Vec<Secret>,
}

impl Known {
    fn is(&self, values: &[&str]) -> bool {
        self.now.iter().map(Secret::expose).eq(values.iter().copied())
    }

    fn replace(&mut self, values: &[&str]) {
        let now = values.iter().copied().map(Secret::from).collect();
        let mut before = std::mem::replace(&mut self.now, now);
        before.append(&mut self.before);
        let mut seen: BTreeSet<&str> = values.iter().copied().collect();
        self.before = before.iter().filter(|value| seen.insert(value.expose())).take(REPLACED).cloned().collect();
    }
}

impl Redactor {
    /// Learns all values that this keeper has now. Of those that it had before, the last ones are still masked.
    pub(crate) fn learn<'v>(&self, keeper: &str, values: impl IntoIterator<Item = &'v str>) {
        let mut values: Vec<&str> = values.into_iter().map(str::trim).filter(|value| value.len() >= SHORTEST).collect();
        values.sort_unstable();
        values.dedup();
        if self.known.read().get(keeper).is_some_and(|known| known.is(&values)) {
            return;
        }
        let mut known = self.known.write();
        let known = known.entry(keeper.to_owned()).or_default();
        // Somebody else may have taught it the same meanwhile.
        if !known.is(&values) {
            known.replace(&values);
        }
    }

    /// Learns the values of variables whose names say that they are secret.
    pub(crate) fn learn_environment<'a>(&self, variables: impl IntoIterator<Item = (&'a String, &'a String)>) {
        let secret = variables.into_iter().filter(|(name, _)| is_secret(name));
        self.learn("the environment", secret.map(|(_, value)| value.as_str()));
    }

    /// Learns the values of config keys whose names say that they are secret.
    pub(crate) fn learn_config(&self, tree: &Value) {
        let mut values = Vec::new();
        secrets(tree, &mut values);
        self.learn("the config", values);
    }

    /// The text without secrets.
    pub(crate) fn clean<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let mut text = Cow::Borrowed(text);
        for known in self.known.read().values().flat_map(|known| known.now.iter().chain(&known.before)) {
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

fn is_secret(name: &str) -> bool {
    let name = name.to_uppercase();
    SECRET_NAMES.iter().any(|word| name.ends_with(word))
}

fn secrets<'v>(tree: &'v Value, found: &mut Vec<&'v str>) {
    match tree {
        Value::Object(map) => {
            for (name, value) in map {
                match value {
                    Value::String(text) if is_secret(name) => found.push(text),
                    value => secrets(value, found),
                }
            }
        }
        Value::Array(list) => list.iter().for_each(|item| secrets(item, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
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
        redactor.learn("a test", ["short"]);
        assert_eq!(redactor.clean("a short line"), "a short line");
    }

    #[test]
    fn what_was_replaced_stays_masked_for_many_changes_and_is_then_forgotten() {
        let redactor = Redactor::default();
        let config = |token: &str, key: &str| {
            redactor.learn_config(&json!({"gateway": {"auth": {"token": token}}, "apiKey": key}));
        };
        redactor.learn("a keyring", ["kept-by-another"]);
        config("first-token", "the-only-key");
        config("second-token", "the-only-key");
        config("second-token", "the-only-key");
        config("second-token", "another-key");
        config("second-token", "a-third-key");
        let text = "first-token second-token the-only-key another-key a-third-key kept-by-another";
        assert_eq!(redactor.clean(text), "*** *** *** *** *** ***", "somebody may be at work with the first one");
        for turn in 0..1_000 {
            config(&format!("token-number-{turn}"), "a-third-key");
            config("back-and-forth", "a-third-key");
        }
        assert_eq!(redactor.clean("first-token token-number-999 a-third-key"), "first-token *** ***");
        assert!(redactor.known.read().values().all(|known| known.now.len() + known.before.len() <= 2 + REPLACED));
    }
}
