//! Names a place in the config tree, the way people write it: `agents.list[0].model` or `agents.list.0.model`.
//!
//! A path is parsed once; a number is kept as text, because only the tree says whether it is a list index or a key.

use std::fmt;
use std::str::FromStr;

use serde_json::Value;

/// A place in the config tree. The empty path is the whole file.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConfigPath(Vec<String>);

/// Why a text is not a path.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a config path: {0:?} (write it like gateway.auth.token or agents.list[0].model)")]
pub struct BadPath(String);

impl ConfigPath {
    /// The whole file.
    #[must_use]
    pub fn root() -> Self {
        Self::default()
    }

    /// This path and one step more.
    #[must_use]
    pub fn child(&self, step: impl fmt::Display) -> Self {
        let mut steps = self.0.clone();
        steps.push(step.to_string());
        Self(steps)
    }

    /// This path followed by all steps of another.
    #[must_use]
    pub fn join(&self, other: &Self) -> Self {
        Self(self.0.iter().chain(&other.0).cloned().collect())
    }

    /// The steps from the root down.
    pub fn steps(&self) -> impl DoubleEndedIterator<Item = &str> + ExactSizeIterator {
        self.0.iter().map(String::as_str)
    }

    /// The path above this one and the last step; `None` for the whole file.
    #[must_use]
    pub fn split_last(&self) -> Option<(Self, &str)> {
        let (last, above) = self.0.split_last()?;
        Some((Self(above.to_vec()), last))
    }

    /// Whether this path is `other` or lies below it.
    #[must_use]
    pub fn is_within(&self, other: &Self) -> bool {
        self.0.starts_with(&other.0)
    }

    /// How many items of lists are on the way.
    pub(crate) fn items(&self) -> usize {
        self.steps().filter(|step| step.parse::<usize>().is_ok()).count()
    }

    /// Whether this is the whole file.
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// The value at this place, if the tree has one.
    #[must_use]
    pub fn find<'v>(&self, tree: &'v Value) -> Option<&'v Value> {
        self.steps().try_fold(tree, |value, step| match value {
            Value::Object(map) => map.get(step),
            Value::Array(list) => list.get(step.parse::<usize>().ok()?),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
        })
    }
}

impl fmt::Display for ConfigPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("."))
    }
}

impl FromStr for ConfigPath {
    type Err = BadPath;

    fn from_str(text: &str) -> Result<Self, BadPath> {
        let bad = || BadPath(text.to_owned());
        let mut steps = Vec::new();
        for part in text.split('.') {
            let (name, indexes) = part.split_once('[').map_or((part, None), |(name, rest)| (name, Some(rest)));
            if name.is_empty() && (indexes.is_none() || !steps.is_empty()) {
                return Err(bad());
            }
            if !name.is_empty() {
                steps.push(name.to_owned());
            }
            let Some(indexes) = indexes else { continue };
            for index in indexes.strip_suffix(']').ok_or_else(bad)?.split("][") {
                if index.is_empty() || index.contains(['[', ']']) {
                    return Err(bad());
                }
                steps.push(index.trim_matches(['"', '\'']).to_owned());
            }
        }
        Ok(Self(steps))
    }
}

impl<S: Into<String>> FromIterator<S> for ConfigPath {
    fn from_iter<I: IntoIterator<Item = S>>(steps: I) -> Self {
        Self(steps.into_iter().map(Into::into).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn brackets_and_dots_name_the_same_place() {
        let dotted: ConfigPath = "agents.list.0.model".parse().unwrap();
        let bracketed: ConfigPath = "agents.list[0].model".parse().unwrap();
        assert_eq!(dotted, bracketed);
        assert_eq!(dotted.to_string(), "agents.list.0.model");
    }

    #[test]
    fn a_path_with_an_empty_step_is_refused() {
        for text in ["", ".", "a..b", "a.", "a[", "a[]", "a[0", "a[0]]", "a.[0]"] {
            assert!(text.parse::<ConfigPath>().is_err(), "{text:?} was taken");
        }
    }

    #[test]
    fn a_value_is_found_through_lists_and_objects() {
        let tree = json!({"a": {"b": [{"c": 1}]}});
        let found: ConfigPath = "a.b[0].c".parse().unwrap();
        assert_eq!(found.find(&tree), Some(&json!(1)));
        let missing: ConfigPath = "a.b.x".parse().unwrap();
        assert_eq!(missing.find(&tree), None);
    }
}
