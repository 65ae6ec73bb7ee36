//! How an editor shows the keys: a name, a sentence, and whether the value is to be hidden. From the same tree as the
//! schema, so that neither knows a key the other does not.

use std::collections::BTreeMap;

use super::shape::{Kind, Object, Shape};

/// How one key is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hint {
    /// The key's name in words.
    pub label: String,
    /// What its owner says of it.
    pub help: Option<String>,
    /// Its value must not be read over somebody's shoulder.
    pub sensitive: bool,
}

/// Every key by its path: `[]` is any item of a list, `*` any name.
pub(super) fn hints(root: &Shape) -> BTreeMap<String, Hint> {
    let mut hints = BTreeMap::new();
    below(root, "", &mut hints);
    hints
}

fn below(shape: &Shape, path: &str, hints: &mut BTreeMap<String, Hint>) {
    for kind in &shape.kinds {
        match kind {
            Kind::List(items) => below(items, &format!("{path}[]"), hints),
            Kind::Object(object) => keys(object, path, hints),
            Kind::Any | Kind::Null | Kind::Boolean | Kind::Text { .. } | Kind::Number { .. } | Kind::Literal(_) => {}
        }
    }
}

fn keys(object: &Object, path: &str, hints: &mut BTreeMap<String, Hint>) {
    let dot = if path.is_empty() { "" } else { "." };
    for (name, key) in &object.keys {
        let path = format!("{path}{dot}{name}");
        let hint = Hint { label: words(name), help: key.about.clone(), sensitive: is_secret(name, &key.shape) };
        hints.insert(path.clone(), hint);
        below(&key.shape, &path, hints);
    }
    if let Some(rest) = &object.rest {
        below(&rest.shape, &format!("{path}{dot}*"), hints);
    }
}

/// `botToken` as `Bot Token`.
fn words(name: &str) -> String {
    let mut words = String::new();
    let mut was_small = false;
    for letter in name.chars() {
        if words.is_empty() {
            words.extend(letter.to_uppercase());
        } else {
            if was_small && letter.is_uppercase() {
                words.push(' ');
            }
            words.push(letter);
        }
        was_small = letter.is_lowercase() || letter.is_ascii_digit();
    }
    words
}

/// Text whose name says that it opens something.
fn is_secret(name: &str, shape: &Shape) -> bool {
    let name = name.to_lowercase();
    let says_so = ["token", "password", "secret", "apikey"].iter().any(|word| name.ends_with(word));
    says_so && shape.kinds.iter().any(|kind| matches!(kind, Kind::Text { .. }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_in_one_word_is_shown_as_several() {
        let told: Vec<_> = ["botToken", "ui", "baseURL", "bm25Weight"].iter().map(|name| words(name)).collect();
        assert_eq!(told, ["Bot Token", "Ui", "Base URL", "Bm25 Weight"]);
    }
}
