//! Tells of the written keys which this program does not read yet, and which the other version would refuse.

use serde_json::Value;

use super::shape::{Kind, Shape};
use crate::path::ConfigPath;

/// Written keys worth a word. Each is the highest of its kind: what lies below is not repeated.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Survey {
    /// Accepted, but nothing here reads them yet.
    pub unused: Vec<ConfigPath>,
    /// Ours alone: the other version refuses a file with them.
    pub ours_alone: Vec<ConfigPath>,
}

pub(super) fn survey(root: &Shape, tree: &Value) -> Survey {
    let mut survey = Survey::default();
    walk(root, tree, &ConfigPath::root(), &mut survey);
    survey
}

fn walk(shape: &Shape, value: &Value, path: &ConfigPath, survey: &mut Survey) {
    match value {
        Value::Object(map) => {
            let Some(object) = shape.object() else { return };
            for (name, value) in map {
                let Some(key) = object.key(name) else { continue };
                let path = path.child(name);
                match (key.listed, key.read) {
                    (true, false) => survey.unused.push(path),
                    (false, true) => survey.ours_alone.push(path),
                    (true, true) if key.shape.ours_alone.contains(value) => survey.ours_alone.push(path),
                    (true, true) | (false, false) => walk(&key.shape, value, &path, survey),
                }
            }
        }
        Value::Array(list) => {
            let items =
                shape.kinds.iter().find_map(|kind| if let Kind::List(items) = kind { Some(items) } else { None });
            let Some(items) = items else { return };
            for (index, item) in list.iter().enumerate() {
                walk(items, item, &path.child(index), survey);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
