//! Absolute paths, parsed once: a daemon has no current directory to be relative to.

use std::fmt;
use std::path::{Component, Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// An absolute path without `.` and `..` parts. Cheap to clone.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AbsPath(Arc<Path>);

/// Why a path was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an absolute path")]
pub struct NotAbsolute(String);

impl AbsPath {
    /// Takes an absolute path; `.` and `..` are resolved by their words, without looking at the disk.
    pub fn new(path: impl AsRef<Path>) -> Result<Self, NotAbsolute> {
        let path = path.as_ref();
        if !path.is_absolute() {
            return Err(NotAbsolute(path.display().to_string()));
        }
        let mut clean = PathBuf::new();
        for part in path.components() {
            match part {
                Component::CurDir => {}
                Component::ParentDir => {
                    clean.pop();
                }
                Component::Prefix(_) | Component::RootDir | Component::Normal(_) => clean.push(part),
            }
        }
        Ok(Self(clean.into()))
    }

    /// The path below this one. A part that is itself absolute replaces everything, as `Path::join` does.
    #[must_use]
    pub fn join(&self, part: impl AsRef<Path>) -> Self {
        // Joining to an absolute path always gives an absolute one.
        Self::new(self.0.join(part)).unwrap_or_else(|_| self.clone())
    }

    /// The folder this path is in; the root is its own parent.
    #[must_use]
    pub fn parent(&self) -> Self {
        self.0.parent().map_or_else(|| self.clone(), |parent| Self(parent.into()))
    }

    /// The last part of the path, where it is text.
    #[must_use]
    pub fn file_name(&self) -> Option<&str> {
        self.0.file_name()?.to_str()
    }

    /// The same path with text appended to its last part: `a/b` and `.lock` give `a/b.lock`.
    #[must_use]
    pub fn with_suffix(&self, suffix: &str) -> Self {
        let mut name = self.0.as_os_str().to_owned();
        name.push(suffix);
        Self(PathBuf::from(name).into())
    }

    #[must_use]
    pub fn as_path(&self) -> &Path {
        &self.0
    }
}

impl AsRef<Path> for AbsPath {
    fn as_ref(&self) -> &Path {
        &self.0
    }
}

impl std::ops::Deref for AbsPath {
    type Target = Path;
    fn deref(&self) -> &Path {
        &self.0
    }
}

impl FromStr for AbsPath {
    type Err = NotAbsolute;
    fn from_str(text: &str) -> Result<Self, NotAbsolute> {
        Self::new(text)
    }
}

impl fmt::Display for AbsPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.display().fmt(f)
    }
}

impl fmt::Debug for AbsPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Serialize for AbsPath {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0.display())
    }
}

impl<'de> Deserialize<'de> for AbsPath {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_relative_path_is_refused_with_its_text() {
        assert_eq!(AbsPath::new("a/b").unwrap_err().to_string(), "`a/b` is not an absolute path");
    }

    #[test]
    fn dots_are_resolved_and_never_climb_above_the_root() {
        let path = AbsPath::new("/a/./b/../../../c").unwrap();
        assert_eq!(path.to_string(), "/c");
    }

    #[test]
    fn a_suffix_lands_on_the_last_part() {
        let path = AbsPath::new("/a/b.json").unwrap();
        assert_eq!(path.with_suffix(".lock").to_string(), "/a/b.json.lock");
    }
}
