//! The config file: reads it in steps, and changes it without losing comments, order, secrets or the old version.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Weak};

use parking_lot::Mutex;
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};
use stdx::{AbsPath, AtomicFile};

use crate::edit::{self, Edit, EditError};
use crate::issue::{Issue, Issues};
use crate::json5::SyntaxError;
use crate::path::ConfigPath;
use crate::schema::Schema;
use crate::snapshot::Snapshot;
use crate::{backup, env, home, include, json5, moves};

/// The environment as `main` read it.
pub type Environment = Arc<BTreeMap<String, String>>;

/// The one JSON5 file of the program.
pub struct ConfigFile {
    path: AbsPath,
    environment: Environment,
    /// Makes the schema. It is larger than all else that is known of a config and is needed while one is looked at.
    build: Box<dyn Fn() -> Schema + Send + Sync>,
    in_use: Mutex<Weak<Schema>>,
    /// Held from reading to writing, so that two edits of this process do not lose one another.
    writing: Mutex<()>,
}

impl fmt::Debug for ConfigFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConfigFile").field("path", &self.path).finish_non_exhaustive()
    }
}

/// What the writer believes the file to hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Base {
    /// Whatever it holds: a person at the command line.
    Whatever,
    /// The text with this hash; a remote writer must say it where there is a file.
    Hash(Option<String>),
}

/// Why the file was not written. The texts are part of the protocol.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    #[error("config base hash required; re-run config.get and retry")]
    HashRequired,
    #[error("config changed since last load; re-run config.get and retry")]
    Changed,
    #[error(transparent)]
    Syntax(#[from] SyntaxError),
    #[error("invalid config; fix before patching")]
    BrokenBefore(Issues),
    #[error("invalid config")]
    Invalid(Issues),
    #[error(transparent)]
    Edit(#[from] EditError),
    #[error("cannot write {path}: {source}")]
    Disk { path: AbsPath, source: std::io::Error },
}

impl ConfigFile {
    #[must_use]
    pub fn new(path: AbsPath, environment: Environment, build: impl Fn() -> Schema + Send + Sync + 'static) -> Self {
        // A link is followed once, so that writing replaces the file and not the link.
        let path = std::fs::canonicalize(&path).ok().and_then(|real| AbsPath::new(real).ok()).unwrap_or(path);
        Self { path, environment, build: Box::new(build), in_use: Mutex::default(), writing: Mutex::new(()) }
    }

    #[must_use]
    pub fn path(&self) -> &AbsPath {
        &self.path
    }

    /// What may be written. Whoever keeps it spares the next one the work of making it.
    #[must_use]
    pub fn schema(&self) -> Arc<Schema> {
        let mut in_use = self.in_use.lock();
        in_use.upgrade().unwrap_or_else(|| {
            let schema = Arc::new((self.build)());
            *in_use = Arc::downgrade(&schema);
            schema
        })
    }

    /// Reads and checks the file. What is wrong is in the snapshot.
    #[must_use]
    pub fn load(&self) -> Snapshot {
        match AtomicFile::real(self.path.clone()).read() {
            Ok(None) => self.read_text(None),
            Ok(Some(bytes)) => match String::from_utf8(bytes) {
                Ok(text) => self.read_text(Some(text)),
                Err(error) => self.unreadable(Some(error.into_bytes()), "the file is not UTF-8 text".to_owned()),
            },
            Err(error) => self.unreadable(None, format!("cannot read {}: {error}", self.path)),
        }
    }

    /// What a text would mean in this place; nothing is written.
    #[must_use]
    pub fn read_text(&self, raw: Option<String>) -> Snapshot {
        let text = raw.as_deref().unwrap_or_default();
        let hash = hash(text.as_bytes());
        let (parsed, meaning) = match json5::parse(text) {
            Ok(parsed) => {
                let meaning = self.meaning(&parsed);
                (parsed, meaning)
            }
            Err(error) => {
                let issue = Issue::new(ConfigPath::root(), format!("JSON5 parse failed: {error}"));
                (Value::Object(Map::new()), Meaning::broken(Issues::one(issue)))
            }
        };
        let Meaning { effective, issues, moved, includes } = meaning;
        Snapshot { path: self.path.clone(), raw, hash, parsed, effective, issues, moved, includes }
    }

    /// Where in a reading a key stands, by its place now or in an older version.
    #[must_use]
    pub fn find(&self, snapshot: &Snapshot, path: &ConfigPath) -> Option<Value> {
        let moves = self.schema().moves();
        let tree = moves::all(moves, snapshot.parsed.clone()).tree;
        let now = || moves::place(moves, path)?.find(&tree);
        path.find(&snapshot.parsed).or_else(|| path.find(&tree)).or_else(now).cloned()
    }

    /// Changes the file and gives its new reading. Nothing is written if nothing changes or anything is wrong. What
    /// stands at the places of an older version is written at those of this one.
    ///
    /// # Errors
    /// See [`WriteError`]. The file is then as it was.
    pub fn write(&self, edits: &[Edit], base: &Base) -> Result<Snapshot, WriteError> {
        self.write_with(base, |_| Ok(Some(edits.to_vec())))
    }

    /// As [`ConfigFile::write`], with edits that are decided from what the file says at that moment, keys at their places
    /// of now: nobody writes in between. `None` writes nothing.
    ///
    /// # Errors
    /// What `decide` refuses, and see [`WriteError`]. The file is then as it was.
    pub fn write_with<E: From<WriteError>>(
        &self,
        base: &Base,
        decide: impl FnOnce(&Snapshot) -> Result<Option<Vec<Edit>>, E>,
    ) -> Result<Snapshot, E> {
        let _writing = self.writing.lock();
        let _schema = self.schema();
        let before = self.load();
        guard(&before, base)?;
        let modern = self.modern(&before);
        match decide(&modern)? {
            Some(edits) => Ok(self.edit(before, &modern, &edits)?),
            None => Ok(before),
        }
    }

    fn edit(&self, before: Snapshot, modern: &Snapshot, edits: &[Edit]) -> Result<Snapshot, WriteError> {
        let patches = edits.iter().any(|edit| matches!(edit, Edit::Merge(_)));
        if patches && !before.is_valid() {
            return Err(WriteError::BrokenBefore(before.issues));
        }
        let edits = &self.at_present(modern, edits)?;
        let edited = self.read_text(Some(edit::apply(modern, edits)?));
        let text = self.modern(&edited).raw.unwrap_or_default();
        if before.raw.as_deref() == Some(&text) {
            return Ok(before);
        }
        let after = self.read_text(Some(text.clone()));
        // An unset may mend a broken file step by step; anything else must leave it whole.
        let mends = edits.iter().all(|edit| matches!(edit, Edit::Unset(_))) && after.issues.len() < before.issues.len();
        if !after.is_valid() && !mends {
            return Err(WriteError::Invalid(after.issues));
        }
        edit::took_effect(&after, edits)?;
        let failed = |source| WriteError::Disk { path: self.path.clone(), source };
        if before.exists() {
            backup::rotate(&self.path).map_err(failed)?;
        }
        AtomicFile::real(self.path.clone()).write(text.as_bytes()).map_err(failed)?;
        Ok(after)
    }

    /// The file with every key at its place of now; as it is, where that would change what it means.
    fn modern(&self, snapshot: &Snapshot) -> Snapshot {
        let steps = moves::all(self.schema().moves(), snapshot.parsed.clone()).steps;
        let text = snapshot.raw.as_deref().filter(|_| !steps.is_empty());
        let followed = text.and_then(|text| edit::follow(text, &steps).ok()).map(|text| self.read_text(Some(text)));
        // An included file may say something that a move would be read before.
        followed.filter(|after| after.effective == snapshot.effective).unwrap_or_else(|| snapshot.clone())
    }

    /// The edits with places of this version instead of older ones.
    ///
    /// # Errors
    /// What an older key means depends on more than the key: whoever sets it must say the newer one.
    fn at_present(&self, modern: &Snapshot, edits: &[Edit]) -> Result<Vec<Edit>, EditError> {
        let moves = self.schema().moves();
        let mut present = Vec::new();
        for edit in edits {
            match edit {
                Edit::Set(path, value) => present.extend(self.set_at_present(modern, path, value)?),
                Edit::Merge(patch) => {
                    let moved = moves::all(moves, patch.clone());
                    if moved.is_partial(patch) {
                        return Err(EditError::OlderKeys(moved.told));
                    }
                    present.push(if moved.steps.is_empty() { edit.clone() } else { Edit::Merge(moved.tree) });
                }
                Edit::Unset(path) if path.find(&modern.parsed).is_none() => {
                    present.push(moves::place(moves, path).map_or_else(|| edit.clone(), Edit::Unset));
                }
                Edit::Unset(_) | Edit::Replace(_) => present.push(edit.clone()),
            }
        }
        Ok(present)
    }

    /// What setting a key means today: its place is set, and what belongs beside it where nothing stands.
    fn set_at_present(&self, modern: &Snapshot, path: &ConfigPath, value: &Value) -> Result<Vec<Edit>, EditError> {
        let moves = self.schema().moves();
        let moved = moves::all(moves, moves::alone(path, value.clone()));
        let around = moves::with(modern.parsed.clone(), path, value.clone());
        let told = moves::all(moves, around).told.about(path);
        if moved.steps.is_empty() {
            // A key inside a list is an older one only where the list is seen.
            return if told.is_empty() {
                Ok(vec![Edit::Set(path.clone(), value.clone())])
            } else {
                Err(EditError::OlderKeys(told))
            };
        }
        let place = moves::place(moves, path).unwrap_or_else(|| path.clone());
        let stands = place.find(&moved.tree).filter(|_| place.items() == path.items());
        let Some(stands) = stands else {
            return Err(EditError::OlderKeys(if told.is_empty() { moved.told } else { told }));
        };
        let mut edits = vec![Edit::Set(place.clone(), stands.clone())];
        for (beside, value) in moves::leaves(&moved.tree) {
            if !beside.is_within(&place) && beside.find(&modern.parsed).is_none() {
                edits.push(Edit::Set(beside, value));
            }
        }
        Ok(edits)
    }

    fn meaning(&self, parsed: &Value) -> Meaning {
        let included = match include::resolve(parsed, &self.path) {
            Ok(included) => included,
            Err(error) => return Meaning::broken(Issues::one(Issue::new(ConfigPath::root(), error.to_string()))),
        };
        let includes = included.files;
        let substituted = match env::substitute(&included.tree, &self.environment) {
            Ok(tree) => tree,
            Err(missing) => {
                let mut issues = Issues::default();
                for variable in missing {
                    issues.add(&ConfigPath::root(), variable.to_string());
                }
                return Meaning { includes, ..Meaning::broken(issues) };
            }
        };
        let schema = self.schema();
        let moved = moves::all(schema.moves(), substituted);
        let issues = schema.check(&moved.tree);
        let effective = match self.environment.get("HOME") {
            Some(home) => home::expand(moved.tree, home),
            None => moved.tree,
        };
        Meaning { effective, issues, moved: moved.told, includes }
    }

    fn unreadable(&self, bytes: Option<Vec<u8>>, reason: String) -> Snapshot {
        let issues = Issues::one(Issue::new(ConfigPath::root(), reason));
        let raw = bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        let hash = hash(raw.as_deref().unwrap_or_default().as_bytes());
        let empty = Value::Object(Map::new());
        let (parsed, effective) = (empty.clone(), empty);
        let (moved, includes) = (Issues::default(), Vec::new());
        Snapshot { path: self.path.clone(), raw, hash, parsed, effective, issues, moved, includes }
    }
}

struct Meaning {
    effective: Value,
    issues: Issues,
    moved: Issues,
    includes: Vec<AbsPath>,
}

impl Meaning {
    fn broken(issues: Issues) -> Self {
        Self { effective: Value::Object(Map::new()), issues, moved: Issues::default(), includes: Vec::new() }
    }
}

fn guard(before: &Snapshot, base: &Base) -> Result<(), WriteError> {
    match base {
        Base::Hash(None) if before.exists() => Err(WriteError::HashRequired),
        Base::Hash(Some(hash)) if before.exists() && *hash != before.hash => Err(WriteError::Changed),
        Base::Whatever | Base::Hash(_) => Ok(()),
    }
}

fn hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
