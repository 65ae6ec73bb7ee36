//! Changes the text of the file in place: comments, order and spelling of everything else stay.
//!
//! Edits work on what is written, before the environment is put in place. A value that is set to what it already
//! means is left as written, so a secret that stands there as `${NAME}` is never spelled out.

use jsonc_parser::cst::{CstArray, CstInputValue, CstNode, CstObject, CstRootNode};
use serde_json::{Map, Value};

use crate::issue::Issues;
use crate::json5::{self, SyntaxError};
use crate::moves::Step;
use crate::path::ConfigPath;
use crate::snapshot::Snapshot;

/// One change to the file.
#[derive(Clone, Debug, PartialEq)]
pub enum Edit {
    /// Sets a value; objects and lists on the way are made.
    Set(ConfigPath, Value),
    /// Removes a key or list item.
    Unset(ConfigPath),
    /// Merges a tree: objects merge, null removes, anything else replaces (RFC 7396).
    Merge(Value),
    /// Writes another text in place of the whole file.
    Replace(String),
}

/// Why a change could not be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    #[error("config.patch raw must be an object")]
    NotAnObject,
    #[error("{0} is not set in this file")]
    NotSet(ConfigPath),
    #[error("{0} cannot be reached: what is above it is neither an object nor a list with that item")]
    Unreachable(ConfigPath),
    #[error("{0} would not take effect: the key is written twice, or an included file says otherwise")]
    NoEffect(ConfigPath),
    #[error("set the keys of this version instead of older ones:\n{0}")]
    OlderKeys(Issues),
    #[error(transparent)]
    Syntax(#[from] SyntaxError),
}

/// The text after all edits.
pub(crate) fn apply(before: &Snapshot, edits: &[Edit]) -> Result<String, EditError> {
    let mut text = before.raw.clone().unwrap_or_else(|| "{}\n".to_owned());
    for edit in edits {
        text = match edit {
            Edit::Replace(text) => {
                json5::parse(text)?;
                text.clone()
            }
            Edit::Set(path, value) => {
                let document = Document::parse(&text)?;
                document.set(before, path, value)?;
                document.text()
            }
            Edit::Unset(path) => {
                let document = Document::parse(&text)?;
                document.unset(path)?;
                document.text()
            }
            Edit::Merge(Value::Object(patch)) => {
                let document = Document::parse(&text)?;
                document.merge(before, &ConfigPath::root(), patch)?;
                document.text()
            }
            Edit::Merge(_) => return Err(EditError::NotAnObject),
        };
    }
    Ok(text)
}

/// The text after steps that its tree was taken through. Values go with their comments.
pub(crate) fn follow(text: &str, steps: &[Step]) -> Result<String, EditError> {
    let mut text = text.to_owned();
    for step in steps {
        let document = Document::parse(&text)?;
        text = match step {
            Step::Put(path, value) => {
                document.put(path, value)?;
                document.text()
            }
            Step::Drop(path) => {
                document.unset(path)?;
                document.text()
            }
            Step::Take(from, to) => {
                let value = document.written(from).ok_or_else(|| EditError::NotSet(from.clone()))?;
                document.unset(from)?;
                // A word that stands nowhere else keeps the place until the text of the value is put there.
                let mark = (0_u32..).map(|n| format!("moved-{n}")).find(|mark| !text.contains(mark.as_str()));
                let mark = mark.unwrap_or_default();
                document.put(to, &Value::String(mark.clone()))?;
                document.text().replacen(&format!("\"{mark}\""), &value, 1)
            }
        };
    }
    Ok(text)
}

/// Whether the values that were set are the ones now in force.
pub(crate) fn took_effect(after: &Snapshot, edits: &[Edit]) -> Result<(), EditError> {
    for (index, edit) in edits.iter().enumerate() {
        let Edit::Set(path, value) = edit else { continue };
        let is_overridden = edits.iter().skip(index + 1).any(|later| match later {
            Edit::Set(other, _) | Edit::Unset(other) => other.is_within(path) || path.is_within(other),
            Edit::Merge(_) | Edit::Replace(_) => true,
        });
        let has_reference = value.to_string().contains(['$', '~']);
        if !is_overridden && !has_reference && after.value(path) != Some(value) {
            return Err(EditError::NoEffect(path.clone()));
        }
    }
    Ok(())
}

struct Document {
    root: CstRootNode,
}

impl Document {
    fn parse(text: &str) -> Result<Self, EditError> {
        let root = CstRootNode::parse(text, &json5::options()).map_err(SyntaxError::from)?;
        Ok(Self { root })
    }

    fn text(&self) -> String {
        self.root.to_string()
    }

    fn set(&self, before: &Snapshot, path: &ConfigPath, value: &Value) -> Result<(), EditError> {
        let Some(value) = as_written(value, path.find(&before.effective), path.find(&before.parsed)) else {
            return Ok(());
        };
        self.put(path, &value)
    }

    fn put(&self, path: &ConfigPath, value: &Value) -> Result<(), EditError> {
        let Some((above, last)) = path.split_last() else {
            self.root.set_value(input(value));
            return Ok(());
        };
        let unreachable = || EditError::Unreachable(path.clone());
        let mut place = Place::Object(self.root.object_value_or_set());
        let names: Vec<&str> = above.steps().chain([last]).collect();
        for (step, next) in names.iter().zip(names.iter().skip(1)) {
            place = place.enter(step, next).ok_or_else(unreachable)?;
        }
        place.put(last, value).ok_or_else(unreachable)
    }

    /// The text of a value, with its comments.
    fn written(&self, path: &ConfigPath) -> Option<String> {
        let (above, last) = path.split_last()?;
        let mut place = Place::Object(self.root.object_value()?);
        for step in above.steps() {
            place = place.existing(step)?;
        }
        let node = match place {
            Place::Object(object) => object.get(last)?.value()?,
            Place::List(list) => list.elements().into_iter().nth(last.parse::<usize>().ok()?)?,
        };
        Some(node.to_string())
    }

    fn unset(&self, path: &ConfigPath) -> Result<(), EditError> {
        let not_set = || EditError::NotSet(path.clone());
        let (above, last) = path.split_last().ok_or_else(not_set)?;
        let mut place = Place::Object(self.root.object_value().ok_or_else(not_set)?);
        for step in above.steps() {
            place = place.existing(step).ok_or_else(not_set)?;
        }
        place.take(last).ok_or_else(not_set)
    }

    fn merge(&self, before: &Snapshot, at: &ConfigPath, patch: &Map<String, Value>) -> Result<(), EditError> {
        for (name, value) in patch {
            let path = at.child(name);
            match value {
                Value::Null => match self.unset(&path) {
                    Ok(()) | Err(EditError::NotSet(_)) => {}
                    Err(error) => return Err(error),
                },
                // An object merges into whatever stands there; where nothing does, its nulls vanish.
                Value::Object(patch) if path.find(&before.parsed).is_some_and(Value::is_object) => {
                    self.merge(before, &path, patch)?;
                }
                other => self.set(before, &path, &without_nulls(other))?,
            }
        }
        Ok(())
    }
}

/// Where an edit has arrived.
enum Place {
    Object(CstObject),
    List(CstArray),
}

impl Place {
    fn of(node: &CstNode) -> Option<Self> {
        node.as_object().map(Self::Object).or_else(|| node.as_array().map(Self::List))
    }

    fn existing(&self, step: &str) -> Option<Self> {
        match self {
            Self::Object(object) => Self::of(&object.get(step)?.value()?),
            Self::List(list) => Self::of(list.elements().get(step.parse::<usize>().ok()?)?),
        }
    }

    /// Goes a step down and makes what is missing: a list where the next step is the number 0, else an object.
    fn enter(&self, step: &str, next: &str) -> Option<Self> {
        if let Some(place) = self.existing(step) {
            return Some(place);
        }
        let empty = if next == "0" { Value::Array(Vec::new()) } else { Value::Object(Map::new()) };
        // A plain value is not silently replaced by a tree.
        if self.holds(step) {
            return None;
        }
        self.put(step, &empty)?;
        self.existing(step)
    }

    fn holds(&self, step: &str) -> bool {
        match self {
            Self::Object(object) => object.get(step).is_some(),
            Self::List(list) => step.parse::<usize>().is_ok_and(|index| index < list.elements().len()),
        }
    }

    fn put(&self, step: &str, value: &Value) -> Option<()> {
        match self {
            Self::Object(object) => match object.get(step) {
                Some(property) => property.set_value(input(value)),
                None => {
                    object.append(step, input(value));
                }
            },
            Self::List(list) => {
                let index = step.parse::<usize>().ok()?;
                let elements = list.elements();
                if index > elements.len() {
                    return None;
                }
                list.insert(index, input(value));
                if let Some(old) = elements.into_iter().nth(index) {
                    old.remove();
                }
            }
        }
        Some(())
    }

    fn take(&self, step: &str) -> Option<()> {
        match self {
            Self::Object(object) => object.get(step)?.remove(),
            Self::List(list) => list.elements().into_iter().nth(step.parse::<usize>().ok()?)?.remove(),
        }
        Some(())
    }
}

/// The value as it should be written; `None` where what stands there already means it.
fn as_written(value: &Value, effective: Option<&Value>, parsed: Option<&Value>) -> Option<Value> {
    if effective == Some(value) {
        return None;
    }
    Some(keep_references(value, effective, parsed))
}

/// Puts what is written back in place of every part that means the same.
fn keep_references(value: &Value, effective: Option<&Value>, parsed: Option<&Value>) -> Value {
    match (value, effective, parsed) {
        (_, Some(effective), Some(parsed)) if value == effective => parsed.clone(),
        (Value::Object(map), Some(Value::Object(effective)), Some(Value::Object(parsed))) => map
            .iter()
            .map(|(name, item)| (name.clone(), keep_references(item, effective.get(name), parsed.get(name))))
            .collect(),
        (Value::Array(list), Some(Value::Array(effective)), Some(Value::Array(parsed))) => list
            .iter()
            .enumerate()
            .map(|(index, item)| keep_references(item, effective.get(index), parsed.get(index)))
            .collect(),
        _ => value.clone(),
    }
}

fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let kept = map.iter().filter(|(_, item)| !item.is_null());
            kept.map(|(name, item)| (name.clone(), without_nulls(item))).collect()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => value.clone(),
    }
}

fn input(value: &Value) -> CstInputValue {
    match value {
        Value::Null => CstInputValue::Null,
        Value::Bool(flag) => CstInputValue::Bool(*flag),
        Value::Number(number) => CstInputValue::Number(number.to_string()),
        Value::String(text) => CstInputValue::String(text.clone()),
        Value::Array(list) => CstInputValue::Array(list.iter().map(input).collect()),
        Value::Object(map) => {
            CstInputValue::Object(map.iter().map(|(name, item)| (name.clone(), input(item))).collect())
        }
    }
}
