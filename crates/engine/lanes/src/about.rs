//! What a tool call is about, for a person who sees calls go by.

use serde_json::Value;

/// The argument that tells it; the first that is there.
const TELLING: [&str; 6] = ["command", "path", "file_path", "url", "query", "sessionId"];

/// The telling argument of a call, if it has one.
#[must_use]
pub fn about(arguments: &Value) -> Option<&str> {
    let told = TELLING.iter().find_map(|name| arguments.get(name)?.as_str())?.trim();
    (!told.is_empty()).then_some(told)
}
