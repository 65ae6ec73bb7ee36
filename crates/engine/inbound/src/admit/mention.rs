//! Patterns that count as speaking to the agent, where the network shows no mention.

use regex::{Regex, RegexBuilder};

/// Compiled patterns; what does not compile is left out and named.
#[derive(Debug, Clone, Default)]
pub struct Patterns {
    compiled: Vec<Regex>,
}

impl Patterns {
    /// Compiles the owner's patterns; gives those that are no regular expressions back.
    #[must_use]
    pub fn new(patterns: &[String]) -> (Self, Vec<String>) {
        let mut refused = Vec::new();
        let mut compiled = Vec::new();
        for pattern in patterns {
            match RegexBuilder::new(pattern).case_insensitive(true).size_limit(1 << 18).build() {
                Ok(regex) => compiled.push(regex),
                Err(_) => refused.push(pattern.clone()),
            }
        }
        (Self { compiled }, refused)
    }

    /// From an agent's name and emoji, when the owner gave no patterns.
    #[must_use]
    pub fn of_identity(name: Option<&str>, emoji: Option<&str>) -> Self {
        let mut patterns = Vec::new();
        if let Some(name) = name.map(str::trim).filter(|name| !name.is_empty()) {
            let words: Vec<String> = name.split_whitespace().map(regex::escape).collect();
            patterns.push(format!(r"\b@?{}\b", words.join(r"\s+")));
        }
        if let Some(emoji) = emoji.map(str::trim).filter(|emoji| !emoji.is_empty()) {
            patterns.push(regex::escape(emoji));
        }
        Self::new(&patterns).0
    }

    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        let clean: String = text.chars().filter(|c| !is_invisible(*c)).collect();
        self.compiled.iter().any(|regex| regex.is_match(&clean))
    }
}

/// Zero-width and direction marks that people's apps put into names.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}
