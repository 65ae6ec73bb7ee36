//! What is wrong with a config, as a list: people mend a file once, not once per mistake.
//!
//! An issue names the place, the reason, and where there is one the way out. It never holds a secret's value.

use std::fmt;

use serde::Serialize;

use crate::path::ConfigPath;

/// One thing wrong at one place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issue {
    pub path: ConfigPath,
    /// What is wrong, with what would be right.
    pub message: String,
    /// What to do about it, where we can tell.
    pub advice: Option<String>,
}

/// Everything wrong, in the order of the tree.
#[derive(Clone, Debug, Default, PartialEq, Eq, thiserror::Error)]
pub struct Issues(Vec<Issue>);

impl Issue {
    #[must_use]
    pub fn new(path: ConfigPath, message: impl Into<String>) -> Self {
        Self { path, message: message.into(), advice: None }
    }

    #[must_use]
    pub fn with_advice(mut self, advice: impl Into<String>) -> Self {
        self.advice = Some(advice.into());
        self
    }
}

/// On the wire an issue is `{path, message}`; the advice is part of the message.
impl Serialize for Issue {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct as _;
        let mut issue = serializer.serialize_struct("Issue", 2)?;
        issue.serialize_field("path", &self.path.to_string())?;
        match &self.advice {
            Some(advice) => issue.serialize_field("message", &format_args!("{} ({advice})", self.message))?,
            None => issue.serialize_field("message", &self.message)?,
        }
        issue.end()
    }
}

impl fmt::Display for Issue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_root() {
            f.write_str(&self.message)?;
        } else {
            write!(f, "{}: {}", self.path, self.message)?;
        }
        match &self.advice {
            Some(advice) => write!(f, " ({advice})"),
            None => Ok(()),
        }
    }
}

impl Issues {
    /// A list of one.
    #[must_use]
    pub fn one(issue: Issue) -> Self {
        Self(vec![issue])
    }

    pub fn push(&mut self, issue: Issue) {
        self.0.push(issue);
    }

    /// Notes what is wrong at `path`.
    pub fn add(&mut self, path: &ConfigPath, message: impl Into<String>) {
        self.0.push(Issue::new(path.clone(), message));
    }

    pub fn append(&mut self, mut other: Self) {
        self.0.append(&mut other.0);
    }

    /// Those about a place, what is above it or below it.
    pub(crate) fn about(self, path: &ConfigPath) -> Self {
        Self(self.0.into_iter().filter(|issue| issue.path.is_within(path) || path.is_within(&issue.path)).collect())
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn iter(&self) -> std::slice::Iter<'_, Issue> {
        self.0.iter()
    }

    /// `Ok` if nothing is wrong.
    ///
    /// # Errors
    /// The list itself, if it is not empty.
    pub fn into_result(self) -> Result<(), Self> {
        if self.0.is_empty() { Ok(()) } else { Err(self) }
    }
}

impl<'a> IntoIterator for &'a Issues {
    type Item = &'a Issue;
    type IntoIter = std::slice::Iter<'a, Issue>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl IntoIterator for Issues {
    type Item = Issue;
    type IntoIter = std::vec::IntoIter<Issue>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl Serialize for Issues {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(&self.0)
    }
}

/// One line per issue.
impl fmt::Display for Issues {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, issue) in self.0.iter().enumerate() {
            let line_break = if index == 0 { "" } else { "\n" };
            write!(f, "{line_break}- {issue}")?;
        }
        Ok(())
    }
}
