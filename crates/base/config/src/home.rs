//! Puts the home folder in place of a leading `~`, in values whose key says that they are paths.

use serde_json::Value;

const ENDINGS: [&str; 6] = ["dir", "path", "paths", "file", "root", "workspace"];
const LISTS: [&str; 2] = ["paths", "pathPrepend"];

/// The tree with `~` expanded.
pub(crate) fn expand(tree: Value, home: &str) -> Value {
    walk("", tree, home)
}

fn walk(key: &str, value: Value, home: &str) -> Value {
    match value {
        Value::String(text) if is_path(key) => Value::String(path(text, home)),
        Value::Array(list) if LISTS.contains(&key) => list
            .into_iter()
            .map(|item| match item {
                Value::String(text) => Value::String(path(text, home)),
                other => walk("", other, home),
            })
            .collect(),
        Value::Array(list) => list.into_iter().map(|item| walk("", item, home)).collect(),
        Value::Object(map) => map.into_iter().map(|(name, item)| (name.clone(), walk(&name, item, home))).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value,
    }
}

fn is_path(key: &str) -> bool {
    let key = key.to_lowercase();
    ENDINGS.iter().any(|ending| key.ends_with(ending))
}

fn path(text: String, home: &str) -> String {
    match text.strip_prefix('~') {
        Some("") => home.to_owned(),
        Some(below) if below.starts_with('/') => format!("{home}{below}"),
        Some(_) | None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_tilde_is_the_home_folder_only_where_a_path_stands() {
        let tree = json!({"workspace": "~/clawd", "agentDir": "~", "name": "~/x", "paths": ["~/a", "~b"]});
        let expected =
            json!({"workspace": "/home/o/clawd", "agentDir": "/home/o", "name": "~/x", "paths": ["/home/o/a", "~b"]});
        assert_eq!(expand(tree, "/home/o"), expected);
    }
}
