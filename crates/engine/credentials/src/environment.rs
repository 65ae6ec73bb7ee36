//! Which names of the environment hold a provider's key: data, kept beside the code.

use std::collections::BTreeMap;

use provider::ProfileKind;
use stdx::Secret;

const TABLE: &str = include_str!("../data/environment.txt");

/// What the table says of a provider. One it does not list takes `<NAME>_API_KEY`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Names {
    names: Vec<Name>,
    /// It can do without any key.
    pub keyless: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Name {
    text: String,
    is_token: bool,
}

impl Names {
    pub(crate) fn of(provider: &str) -> Self {
        let line = TABLE.lines().find_map(|line| {
            let (name, rest) = line.split_once(' ')?;
            (name == provider).then_some(rest)
        });
        let Some(line) = line else {
            let text = format!("{}_API_KEY", provider.to_uppercase().replace(['-', '.', ' '], "_"));
            return Self { names: vec![Name { text, is_token: false }], keyless: false };
        };
        let words = line.split_whitespace();
        let names = words.clone().filter(|word| *word != "keyless").map(|word| match word.strip_suffix(":token") {
            Some(text) => Name { text: text.to_owned(), is_token: true },
            None => Name { text: word.to_owned(), is_token: false },
        });
        Self { names: names.collect(), keyless: words.clone().any(|word| word == "keyless") }
    }

    /// The first of the names that is set to something.
    pub(crate) fn find(&self, environment: &BTreeMap<String, String>) -> Option<ProfileKind> {
        self.names.iter().find_map(|name| {
            let value = environment.get(&name.text).map(|value| value.trim()).filter(|value| !value.is_empty())?;
            let secret = Secret::from(value);
            Some(if name.is_token { ProfileKind::Token(secret) } else { ProfileKind::ApiKey(secret) })
        })
    }

    /// The names, for a person who has none of them set.
    pub(crate) fn texts(&self) -> Vec<&str> {
        self.names.iter().map(|name| name.text.as_str()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn a_token_is_taken_before_a_key_and_blank_values_are_not_set() {
        let names = Names::of("anthropic");
        let both = environment(&[("ANTHROPIC_API_KEY", "key"), ("ANTHROPIC_OAUTH_TOKEN", "token")]);
        assert!(matches!(names.find(&both), Some(ProfileKind::Token(secret)) if secret.expose() == "token"));
        let blank = environment(&[("ANTHROPIC_API_KEY", " key "), ("ANTHROPIC_OAUTH_TOKEN", " ")]);
        assert!(matches!(names.find(&blank), Some(ProfileKind::ApiKey(secret)) if secret.expose() == "key"));
    }

    #[test]
    fn a_provider_nobody_listed_has_the_usual_name() {
        assert_eq!(Names::of("my-own.vendor").texts(), ["MY_OWN_VENDOR_API_KEY"]);
        assert!(Names::of("ollama").keyless);
    }
}
