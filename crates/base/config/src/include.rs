//! Puts other files in place of `$include`.
//!
//! A string takes the place of its object; a list of strings is merged in order; keys beside `$include` are merged over
//! what was included. Merging goes into objects, joins lists, and lets the later value win elsewhere.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value};
use stdx::AbsPath;

use crate::json5;

const KEY: &str = "$include";
const DEEPEST: usize = 10;

/// Why an include could not be put in place.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum IncludeError {
    #[error("Circular include detected: {0}")]
    Circular(String),
    #[error("Includes are nested deeper than {DEEPEST}: {0}")]
    TooDeep(String),
    #[error("Cannot read included file {written} (looked for {resolved}): {reason}")]
    Unreadable { written: String, resolved: String, reason: String },
    #[error("Cannot parse included file {resolved}: {reason}")]
    Syntax { resolved: String, reason: json5::SyntaxError },
    #[error("$include must be a file name or a list of file names")]
    NotNames,
    #[error("Keys beside $include need the included file to hold an object: {0}")]
    NotAnObject(String),
}

/// A tree with its includes in place, and the files they came from.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Included {
    pub tree: Value,
    pub files: Vec<AbsPath>,
}

pub(crate) fn resolve(tree: &Value, file: &AbsPath) -> Result<Included, IncludeError> {
    let mut includer = Includer { chain: vec![file.clone()], files: Vec::new() };
    let tree = includer.value(tree)?;
    Ok(Included { tree, files: includer.files })
}

struct Includer {
    /// The files we are in, outermost first.
    chain: Vec<AbsPath>,
    files: Vec<AbsPath>,
}

impl Includer {
    fn value(&mut self, value: &Value) -> Result<Value, IncludeError> {
        match value {
            Value::Array(list) => list.iter().map(|item| self.value(item)).collect(),
            Value::Object(map) => match map.get(KEY) {
                None => Ok(Value::Object(self.entries(map)?)),
                Some(names) => self.object(map, names),
            },
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Ok(value.clone()),
        }
    }

    fn entries(&mut self, map: &Map<String, Value>) -> Result<Map<String, Value>, IncludeError> {
        let beside = map.iter().filter(|(name, _)| *name != KEY);
        beside.map(|(name, value)| Ok((name.clone(), self.value(value)?))).collect()
    }

    fn object(&mut self, map: &Map<String, Value>, names: &Value) -> Result<Value, IncludeError> {
        let included = match names {
            Value::String(name) => self.file(name)?,
            Value::Array(list) => {
                let mut merged = Value::Object(Map::new());
                for name in list {
                    let name = name.as_str().ok_or(IncludeError::NotNames)?;
                    let next = self.file(name)?;
                    merge(&mut merged, next);
                }
                merged
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => return Err(IncludeError::NotNames),
        };
        let beside = self.entries(map)?;
        if beside.is_empty() {
            return Ok(included);
        }
        if !included.is_object() {
            return Err(IncludeError::NotAnObject(names.to_string()));
        }
        let mut merged = included;
        merge(&mut merged, Value::Object(beside));
        Ok(merged)
    }

    fn file(&mut self, written: &str) -> Result<Value, IncludeError> {
        let here = self.chain.last().map_or_else(|| Path::new("/"), |file| file.parent_path());
        let unreadable = |resolved: &Path, reason: String| IncludeError::Unreadable {
            written: written.to_owned(),
            resolved: resolved.display().to_string(),
            reason,
        };
        let joined: PathBuf = here.join(written);
        let file = AbsPath::new(&joined).map_err(|error| unreadable(&joined, error.to_string()))?;
        if self.chain.contains(&file) {
            let names = self.chain.iter().chain([&file]).map(ToString::to_string).collect::<Vec<_>>();
            return Err(IncludeError::Circular(names.join(" -> ")));
        }
        if self.chain.len() > DEEPEST {
            return Err(IncludeError::TooDeep(file.to_string()));
        }
        let text = std::fs::read_to_string(&file).map_err(|error| unreadable(&file, error.to_string()))?;
        let tree = json5::parse(&text).map_err(|reason| IncludeError::Syntax { resolved: file.to_string(), reason })?;
        self.files.push(file.clone());
        self.chain.push(file);
        let value = self.value(&tree);
        self.chain.pop();
        value
    }
}

/// The folder of a file.
trait ParentPath {
    fn parent_path(&self) -> &Path;
}

impl ParentPath for AbsPath {
    fn parent_path(&self) -> &Path {
        self.as_path().parent().unwrap_or_else(|| Path::new("/"))
    }
}

fn merge(into: &mut Value, from: Value) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => {
            for (name, value) in from {
                match into.get_mut(&name) {
                    Some(known) => merge(known, value),
                    None => {
                        into.insert(name, value);
                    }
                }
            }
        }
        (Value::Array(into), Value::Array(from)) => into.extend(from),
        (into, from) => *into = from,
    }
}
