//! The environment, read once: the process's own, then `.env` of the current folder, then `.env` of the state folder.
//!
//! A later source never overrides an earlier one.

use std::collections::BTreeMap;

use stdx::AbsPath;

/// Names and values.
pub(crate) type Variables = BTreeMap<String, String>;

/// What the process was started with.
pub(crate) fn of_process() -> Variables {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect()
}

/// Adds what a `.env` file says and is not set yet; a file that is missing or cannot be read adds nothing.
pub(crate) fn add_file(variables: &mut Variables, path: &AbsPath) {
    if let Ok(text) = std::fs::read_to_string(path) {
        add(variables, parse(&text));
    }
}

/// Adds what is not set yet.
pub(crate) fn add(variables: &mut Variables, more: impl IntoIterator<Item = (String, String)>) {
    for (name, value) in more {
        if variables.get(&name).is_none_or(String::is_empty) {
            variables.insert(name, value);
        }
    }
}

/// The value of a variable that is set to something.
pub(crate) fn text<'a>(variables: &'a Variables, name: &str) -> Option<&'a str> {
    variables.get(name).map(|value| value.trim()).filter(|value| !value.is_empty())
}

/// Whether a switch is on.
pub(crate) fn is_on(variables: &Variables, name: &str) -> bool {
    text(variables, name).is_some_and(|value| !matches!(value.to_lowercase().as_str(), "0" | "false" | "no" | "off"))
}

fn parse(text: &str) -> Vec<(String, String)> {
    text.lines().filter_map(line).collect()
}

/// `NAME=value`, with `export ` before it, quotes around the value, or a comment behind it.
fn line(line: &str) -> Option<(String, String)> {
    let line = line.trim();
    let line = line.strip_prefix("export ").unwrap_or(line);
    let (name, value) = line.split_once('=')?;
    let (name, value) = (name.trim(), value.trim());
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '.');
    is_name.then(|| (name.to_owned(), unquoted(value)))
}

fn unquoted(value: &str) -> String {
    if let Some(rest) = value.strip_prefix('"')
        && let Some((inner, _)) = rest.split_once('"')
    {
        return inner.replace("\\n", "\n");
    }
    if let Some(rest) = value.strip_prefix('\'')
        && let Some((inner, _)) = rest.split_once('\'')
    {
        return inner.to_owned();
    }
    value.split_once(" #").map_or(value, |(value, _)| value.trim_end()).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_gives_what_is_not_set_yet_and_no_more() {
        let mut variables =
            Variables::from([("KEY".to_owned(), "own".to_owned()), ("EMPTY".to_owned(), String::new())]);
        add(
            &mut variables,
            parse("# c\nKEY=file\nexport NEW = \"a b\" # c\nEMPTY='x'\nPLAIN=1 # one\nbroken line\n=2"),
        );
        let expected = [("EMPTY", "x"), ("KEY", "own"), ("NEW", "a b"), ("PLAIN", "1")];
        assert_eq!(variables, expected.map(|(name, value)| (name.to_owned(), value.to_owned())).into());
    }
}
