//! What the placeholders of a story stand for.
//!
//! `<kind:name>` is the same text wherever it stands; it is bound where it is first sent or first seen. `<name>` of
//! the gateway's own facts is bound from the start. A bare `<kind>` is any text.

use std::collections::BTreeMap;

use serde_json::Value;

/// Texts by placeholder.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bindings(BTreeMap<String, String>);

/// A recorded text, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece<'a> {
    Literal(&'a str),
    Placeholder(&'a str),
}

impl Bindings {
    /// Binds a placeholder, written without its angle brackets.
    pub fn bind(&mut self, name: &str, text: impl Into<String>) {
        self.0.insert(name.to_owned(), text.into());
    }

    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// A value to send: what is bound is filled in, an unbound `<id:…>` becomes a fresh id.
    pub fn fill(&mut self, value: &Value) -> Value {
        match value {
            Value::String(text) if text.starts_with("<int:") => {
                let filled = self.fill_text(text);
                filled.parse::<u64>().map_or(Value::String(filled), Value::from)
            }
            Value::String(text) => Value::String(self.fill_text(text)),
            Value::Array(items) => items.iter().map(|item| self.fill(item)).collect(),
            Value::Object(object) => {
                Value::Object(object.iter().map(|(key, value)| (key.clone(), self.fill(value))).collect())
            }
            other => other.clone(),
        }
    }

    fn fill_text(&mut self, text: &str) -> String {
        let mut filled = String::with_capacity(text.len());
        for piece in pieces(text) {
            match piece {
                Piece::Literal(literal) => filled.push_str(literal),
                Piece::Placeholder(name) => {
                    if !self.0.contains_key(name) && name.starts_with("id:") {
                        self.bind(name, uuid::Uuid::new_v4().to_string());
                    }
                    match self.get(name) {
                        Some(text) => filled.push_str(text),
                        None => filled.push_str(&format!("<{name}>")),
                    }
                }
            }
        }
        filled
    }

    /// Whether a text that came is the recorded one; binds what it sees first.
    pub fn matches(&mut self, recorded: &str, actual: &str) -> bool {
        let mut trial = self.0.clone();
        let fits = fits(&pieces(recorded), actual, &mut trial);
        if fits {
            self.0 = trial;
        }
        fits
    }

    /// Whether a text would match, without binding anything.
    #[must_use]
    pub fn would_match(&self, recorded: &str, actual: &str) -> bool {
        fits(&pieces(recorded), actual, &mut self.0.clone())
    }
}

fn fits(pieces: &[Piece<'_>], text: &str, bound: &mut BTreeMap<String, String>) -> bool {
    let Some((first, rest)) = pieces.split_first() else { return text.is_empty() };
    match first {
        Piece::Literal(literal) => text.strip_prefix(literal).is_some_and(|after| fits(rest, after, bound)),
        Piece::Placeholder(name) => {
            if let Some(known) = bound.get(*name) {
                return text.strip_prefix(known.as_str()).is_some_and(|after| fits(rest, after, bound));
            }
            // Shortest first; what is left decides.
            let ends = text.char_indices().map(|(at, _)| at).chain([text.len()]);
            for end in ends {
                let (taken, after) = text.split_at(end);
                let mut trial = bound.clone();
                if name.contains(':') {
                    if taken.is_empty() {
                        continue;
                    }
                    trial.insert((*name).to_owned(), taken.to_owned());
                }
                if fits(rest, after, &mut trial) {
                    *bound = trial;
                    return true;
                }
            }
            false
        }
    }
}

fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((before, name, after)) = next_placeholder(rest) {
        if !before.is_empty() {
            pieces.push(Piece::Literal(before));
        }
        pieces.push(Piece::Placeholder(name));
        rest = after;
    }
    if !rest.is_empty() {
        pieces.push(Piece::Literal(rest));
    }
    pieces
}

/// `<E.164>` and the like are literal: a placeholder is lower-case letters, perhaps with a number after a colon.
fn next_placeholder(text: &str) -> Option<(&str, &str, &str)> {
    const KINDS: [&str; 18] = [
        "int",
        "text",
        "object",
        "any",
        "id",
        "entry",
        "call",
        "device",
        "key",
        "secret",
        "hash",
        "token",
        "password",
        "config",
        "state",
        "workspace",
        "stamp",
        "slug",
    ];
    let mut from = 0;
    while let Some(open) = text[from..].find('<').map(|at| from + at) {
        let inside = &text[open + 1..];
        if let Some(close) = inside.find('>') {
            let name = &inside[..close];
            if KINDS.contains(&name.split(':').next().unwrap_or_default()) {
                return Some((&text[..open], name, &inside[close + 1..]));
            }
        }
        from = open + 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_named_placeholder_is_the_same_text_everywhere() {
        let mut bindings = Bindings::default();
        bindings.bind("state", "/tmp/s");
        assert!(bindings.matches("<state>/a/<id:1>.jsonl", "/tmp/s/a/xyz.jsonl"));
        assert!(bindings.matches("inject-<id:1>", "inject-xyz"));
        assert!(!bindings.matches("inject-<id:1>", "inject-other"));
        assert!(!bindings.matches("<state>/b", "/elsewhere/b"));
    }

    #[test]
    fn angle_brackets_of_a_message_are_no_placeholder() {
        let mut bindings = Bindings::default();
        assert!(bindings.matches("Pass --to <E.164>, or <text>!", "Pass --to <E.164>, or anything!"));
        assert!(!bindings.matches("Pass --to <E.164>", "Pass --to 5"));
    }

    #[test]
    fn an_id_that_is_sent_first_is_made_up_once() {
        let mut bindings = Bindings::default();
        let first = bindings.fill(&serde_json::json!({ "a": "<id:1>", "b": ["<id:1>", 1] }));
        assert_eq!(first["a"], first["b"][0]);
        assert_ne!(first["a"], "<id:1>");
    }
}
