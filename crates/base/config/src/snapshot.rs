//! One reading of the config file: the text, what it says, what it means, and what is wrong with it.

use serde_json::Value;
use serde_json::value::RawValue;
use stdx::AbsPath;

use crate::issue::{Issue, Issues};
use crate::path::ConfigPath;
use crate::schema;
use crate::section::Section;

/// One reading of the file. It is usable only if it has no issues.
#[derive(Clone, PartialEq)]
pub struct Snapshot {
    pub path: AbsPath,
    /// The text; `None` where there is no file.
    pub raw: Option<String>,
    /// SHA-256 of the text, in hex; of the empty text where there is no file.
    pub hash: String,
    /// What is written, before includes and environment. Holds no secret that came from the environment.
    pub parsed: Value,
    /// What it means: includes, environment and home folder in place. Holds secrets: never log it.
    pub effective: Value,
    pub issues: Issues,
    /// What is written at the place of an older version, and what became of it in `effective`.
    pub moved: Issues,
    /// The files that were included.
    pub includes: Vec<AbsPath>,
}

impl Snapshot {
    #[must_use]
    pub fn is_valid(&self) -> bool {
        self.issues.is_empty()
    }

    /// Whether there is a file at all.
    #[must_use]
    pub fn exists(&self) -> bool {
        self.raw.is_some()
    }

    /// Reads a section; what is not written has its defaults.
    ///
    /// # Errors
    /// If what is written does not fit the section. A checked snapshot fits.
    pub fn section<T: Section>(&self) -> Result<T, Issue> {
        schema::read_section(&self.effective)
    }

    /// The value in force at a place.
    #[must_use]
    pub fn value(&self, path: &ConfigPath) -> Option<&Value> {
        path.find(&self.effective)
    }

    /// The value in force at a place as JSON text, for the adapter that owns it.
    #[must_use]
    pub fn json(&self, path: &ConfigPath) -> Option<Box<RawValue>> {
        serde_json::value::to_raw_value(self.value(path)?).ok()
    }
}

/// Values are left out: they may be secrets.
impl std::fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Snapshot")
            .field("path", &self.path)
            .field("hash", &self.hash)
            .field("issues", &self.issues)
            .finish_non_exhaustive()
    }
}
