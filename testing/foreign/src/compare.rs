//! A recorded value against one that came: the same keys, the same kinds, the same values where nothing stands for them.

use serde_json::{Map, Value};

use crate::Bindings;

/// One place where they differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// JSON pointer; members of a list of plain texts are named by their text.
    pub at: String,
    pub kind: Kind,
    /// What was recorded and what came, for a person.
    pub shown: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Recorded, but did not come.
    Missing,
    /// Came, but was not recorded.
    Added,
    /// Another value.
    Other,
}

impl Kind {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Added => "added",
            Self::Other => "other",
        }
    }
}

/// Every difference, the first of a branch standing for those below it.
pub fn compare(recorded: &Value, actual: &Value, bindings: &mut Bindings) -> Vec<Difference> {
    let mut found = Vec::new();
    walk(recorded, actual, "", bindings, &mut found);
    found
}

fn walk(recorded: &Value, actual: &Value, at: &str, bindings: &mut Bindings, found: &mut Vec<Difference>) {
    match (recorded, actual) {
        (Value::String(text), _) if text == "<any>" => {}
        (Value::String(text), Value::Number(came)) if is_int(text) && !came.is_f64() => {
            if !bindings.matches(text, &came.to_string()) {
                found.push(Difference { at: at.to_owned(), kind: Kind::Other, shown: shown(recorded, actual) });
            }
        }
        (Value::String(text), Value::Object(_)) if text == "<object>" => {}
        (Value::String(text), Value::String(came)) if !is_kind(text) && bindings.matches(text, came) => {}
        (Value::Object(recorded), Value::Object(actual)) => objects(recorded, actual, at, bindings, found),
        (Value::Array(recorded), Value::Array(actual)) => lists(recorded, actual, at, bindings, found),
        (Value::Number(a), Value::Number(b)) if a.as_f64() == b.as_f64() => {}
        _ if recorded == actual => {}
        _ => found.push(Difference { at: at.to_owned(), kind: Kind::Other, shown: shown(recorded, actual) }),
    }
}

/// Stands for something that is no text.
fn is_kind(text: &str) -> bool {
    is_int(text) || text == "<object>"
}

fn is_int(text: &str) -> bool {
    text == "<int>" || text.starts_with("<int:")
}

fn objects(
    recorded: &Map<String, Value>,
    actual: &Map<String, Value>,
    at: &str,
    bindings: &mut Bindings,
    found: &mut Vec<Difference>,
) {
    for (key, value) in recorded {
        let at = below(at, key);
        match actual.get(key) {
            Some(came) => walk(value, came, &at, bindings, found),
            None => found.push(missing(at, value)),
        }
    }
    for (key, value) in actual.iter().filter(|(key, _)| !recorded.contains_key(*key)) {
        found.push(added(below(at, key), value));
    }
}

fn lists(recorded: &[Value], actual: &[Value], at: &str, bindings: &mut Bindings, found: &mut Vec<Difference>) {
    if let [Value::String(mark), examples @ ..] = recorded
        && mark == "<each>"
    {
        for (index, item) in actual.iter().enumerate() {
            each(examples, item, &below(at, &index.to_string()), bindings, found);
        }
        return;
    }
    let (recorded, open) = match recorded {
        [named @ .., Value::String(more)] if more == "<more>" => (named, true),
        all => (all, false),
    };
    let plain = |items: &[Value]| items.iter().all(|item| item.as_str().is_some_and(|text| !text.contains('<')));
    if !recorded.is_empty() && plain(recorded) && plain(actual) {
        return names(recorded, actual, at, found);
    }
    for (index, item) in recorded.iter().enumerate() {
        let at = below(at, &index.to_string());
        match actual.get(index) {
            Some(came) => walk(item, came, &at, bindings, found),
            None => found.push(missing(at, item)),
        }
    }
    if !open {
        for (index, item) in actual.iter().enumerate().skip(recorded.len()) {
            found.push(added(below(at, &index.to_string()), item));
        }
    }
}

/// An item like one of the examples: the nearest example says how it differs.
fn each(examples: &[Value], item: &Value, at: &str, bindings: &mut Bindings, found: &mut Vec<Difference>) {
    let mut nearest: Option<Vec<Difference>> = None;
    for example in examples {
        let mut differences = Vec::new();
        let mut trial = bindings.clone();
        walk(example, item, at, &mut trial, &mut differences);
        if differences.is_empty() {
            *bindings = trial;
            return;
        }
        if nearest.as_ref().is_none_or(|nearest| differences.len() < nearest.len()) {
            nearest = Some(differences);
        }
    }
    found.extend(nearest.unwrap_or_else(|| vec![added(at.to_owned(), item)]));
}

/// A list of plain texts: which are there, then whether they stand in order.
fn names(recorded: &[Value], actual: &[Value], at: &str, found: &mut Vec<Difference>) {
    let name = |item: &Value| item.as_str().unwrap_or_default().to_owned();
    for item in recorded.iter().filter(|item| !actual.contains(item)) {
        found.push(missing(below(at, &name(item)), item));
    }
    for item in actual.iter().filter(|item| !recorded.contains(item)) {
        found.push(added(below(at, &name(item)), item));
    }
    let known: Vec<&Value> = recorded.iter().filter(|item| actual.contains(item)).collect();
    let came: Vec<&Value> = actual.iter().filter(|item| recorded.contains(item)).collect();
    if known != came {
        let shown = format!("recorded in the order {known:?}, came in the order {came:?}");
        found.push(Difference { at: at.to_owned(), kind: Kind::Other, shown });
    }
}

fn missing(at: String, value: &Value) -> Difference {
    Difference { at, kind: Kind::Missing, shown: format!("recorded {}", short(value)) }
}

fn added(at: String, value: &Value) -> Difference {
    Difference { at, kind: Kind::Added, shown: format!("came {}", short(value)) }
}

fn shown(recorded: &Value, actual: &Value) -> String {
    format!("recorded {}, came {}", short(recorded), short(actual))
}

fn short(value: &Value) -> String {
    let text = value.to_string();
    if text.chars().count() <= 300 { text } else { text.chars().take(300).chain("…".chars()).collect() }
}

fn below(at: &str, key: &str) -> String {
    format!("{at}/{}", key.replace('~', "~0").replace('/', "~1"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn differences(recorded: Value, actual: Value) -> Vec<(String, Kind)> {
        let found = compare(&recorded, &actual, &mut Bindings::default());
        found.into_iter().map(|difference| (difference.at, difference.kind)).collect()
    }

    #[test]
    fn placeholders_stand_for_what_they_say_and_nothing_else() {
        assert_eq!(differences(json!({ "ts": "<int>", "a": "<any>" }), json!({ "ts": 5, "a": null })), []);
        assert_eq!(differences(json!({ "ts": "<int>" }), json!({ "ts": "5" })), [("/ts".into(), Kind::Other)]);
        assert_eq!(differences(json!("<object>"), json!([])), [(String::new(), Kind::Other)]);
    }

    #[test]
    fn a_key_too_few_and_a_key_too_many_are_told_apart() {
        let found = differences(json!({ "a": { "b": 1 } }), json!({ "a": { "c/d": 1 } }));
        assert_eq!(found, [("/a/b".into(), Kind::Missing), ("/a/c~1d".into(), Kind::Added)]);
    }

    #[test]
    fn each_item_must_be_like_one_of_the_examples() {
        let recorded = json!(["<each>", { "k": "<text>" }, { "n": "<int>" }]);
        assert_eq!(differences(recorded.clone(), json!([{ "k": "x" }, { "n": 1 }])), []);
        assert_eq!(differences(recorded.clone(), json!([])), []);
        assert_eq!(differences(recorded, json!([{ "n": "x" }])), [("/0/n".into(), Kind::Other)]);
    }

    #[test]
    fn a_list_of_names_is_compared_by_name_and_order() {
        let found = differences(json!(["a", "b", "c"]), json!(["b", "x", "a"]));
        let expected = [("/c".into(), Kind::Missing), ("/x".into(), Kind::Added), (String::new(), Kind::Other)];
        assert_eq!(found, expected);
        assert_eq!(differences(json!([1, "<more>"]), json!([1, 2, 3])), []);
    }
}
