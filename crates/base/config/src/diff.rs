//! Says which places of the tree differ between two readings.

use serde_json::Value;

use crate::path::ConfigPath;

/// The places that were added, removed or changed. A list is one place: its items have no names of their own.
#[must_use]
pub fn diff(old: &Value, new: &Value) -> Vec<ConfigPath> {
    let mut places = Vec::new();
    walk(Some(old), Some(new), &ConfigPath::root(), &mut places);
    places
}

fn walk(old: Option<&Value>, new: Option<&Value>, path: &ConfigPath, places: &mut Vec<ConfigPath>) {
    match (old, new) {
        (Some(Value::Object(old)), Some(Value::Object(new))) => {
            let added = new.keys().filter(|name| !old.contains_key(*name));
            for name in old.keys().chain(added) {
                walk(old.get(name), new.get(name), &path.child(name), places);
            }
        }
        _ if old != new => places.push(path.clone()),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_the_changed_places_are_named() {
        let old = json!({"a": {"b": 1, "c": [1, 2]}, "d": 1});
        let new = json!({"a": {"b": 2, "c": [1, 3], "e": {}}, "d": 1});
        let places: Vec<String> = diff(&old, &new).iter().map(ToString::to_string).collect();
        assert_eq!(places, ["a.b", "a.c", "a.e"]);
    }
}
