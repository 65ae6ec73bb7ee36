//! The state folder from before agents had folders: `sessions/` and `agent/` belong to the default agent.
//!
//! Done before anything in the folder is opened, by whoever holds it. What stands at the newer place already stays:
//! only files without a twin are moved, and two indexes become one, with both kept as they were.

use std::io;

use ids::AgentId;
use serde_json::{Map, Value};
use stdx::{AbsPath, AtomicFile};
use tracing::{info, warn};

const INDEX: &str = "sessions.json";

/// Moves what lies at the old places.
pub(crate) fn adopt(state: &AbsPath, default: &AgentId) -> io::Result<()> {
    let agent = state.join("agents").join(default.as_str());
    for name in ["sessions", "agent"] {
        let (from, to) = (state.join(name), agent.join(name));
        let files = files(&from)?;
        if files.is_empty() {
            continue;
        }
        stdx::create_private_dir(&to)?;
        // A link from the one to the other is one place: each file would be its own twin.
        if std::fs::canonicalize(&from)? == std::fs::canonicalize(&to)? {
            continue;
        }
        let mut moved = 0_usize;
        for file in files {
            let (old, twin) = (from.join(&file), to.join(&file));
            if !twin.exists() {
                match std::fs::rename(&old, &twin) {
                    Err(error) if error.kind() == io::ErrorKind::CrossesDevices => {
                        warn!(from = %old, to = %twin, "a file of an older layout is on another disk: move it by hand");
                        continue;
                    }
                    renamed => renamed?,
                }
                moved += 1;
            } else if file == INDEX {
                merge(&old, &twin)?;
                moved += 1;
            }
        }
        if moved > 0 {
            info!(from = %from, to = %to, moved, "files of an older layout were moved to their agent");
        }
        // A folder that still holds something stays.
        let _not_empty = std::fs::remove_dir(&from);
    }
    Ok(())
}

/// The names of the files in a folder that may not be there.
fn files(folder: &AbsPath) -> io::Result<Vec<String>> {
    let entries = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            names.extend(entry.file_name().into_string());
        }
    }
    names.sort();
    Ok(names)
}

/// Puts the sessions of an old index into the newer one: of two with one key, the one used later.
fn merge(old: &AbsPath, newer: &AbsPath) -> io::Result<()> {
    let (before, text) = (std::fs::read(newer)?, std::fs::read_to_string(old)?);
    let read = |text: &str| match config::parse_json5(text) {
        Ok(Value::Object(sessions)) => Some(sessions),
        Ok(_) | Err(_) => None,
    };
    let both = (read(&text), read(&String::from_utf8_lossy(&before)));
    AtomicFile::real(newer.with_suffix(".before-merge")).write(&before)?;
    if let (Some(old), Some(mut sessions)) = both {
        for (key, session) in old {
            if sessions.get(&key).is_none_or(|known| used(known) < used(&session)) {
                sessions.insert(key, session);
            }
        }
        AtomicFile::real(newer.clone()).write(&written(sessions)?)?;
    }
    std::fs::rename(old, newer.with_suffix(".older-layout"))
}

fn used(session: &Value) -> f64 {
    session.get("updatedAt").and_then(Value::as_f64).unwrap_or(0.0)
}

fn written(sessions: Map<String, Value>) -> io::Result<Vec<u8>> {
    let mut text = serde_json::to_vec_pretty(&Value::Object(sessions))?;
    text.push(b'\n');
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn files_without_a_twin_move_and_two_indexes_become_one() {
        let folder = tempfile::tempdir().unwrap();
        let state = AbsPath::new(folder.path()).unwrap();
        let put = |path: &str, text: &str| {
            let path = state.join(path);
            std::fs::create_dir_all(path.parent()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        let get = |path: &str| std::fs::read_to_string(state.join(path)).unwrap();
        put("sessions/a.jsonl", "old a");
        put("sessions/b.jsonl", "old b");
        put("sessions/sessions.json", r#"{"main": {"updatedAt": 5}, "x": {"updatedAt": 1}}"#);
        put("agent/auth-profiles.json", "keys");
        put("agents/butler/sessions/b.jsonl", "new b");
        put("agents/butler/sessions/sessions.json", r#"{"main": {"updatedAt": 3}, "x": {"updatedAt": 2}, "y": {}}"#);
        let before = get("agents/butler/sessions/sessions.json");
        adopt(&state, &"butler".parse().unwrap()).unwrap();
        assert_eq!(get("agents/butler/sessions/a.jsonl"), "old a");
        assert_eq!((get("agents/butler/sessions/b.jsonl"), get("sessions/b.jsonl")), ("new b".into(), "old b".into()));
        let index: Value = serde_json::from_str(&get("agents/butler/sessions/sessions.json")).unwrap();
        assert_eq!(index, json!({"main": {"updatedAt": 5}, "x": {"updatedAt": 2}, "y": {}}));
        assert_eq!(get("agents/butler/sessions/sessions.json.before-merge"), before);
        assert_eq!(get("agents/butler/agent/auth-profiles.json"), "keys");
        assert!(!state.join("agent").exists());
    }

    #[test]
    fn a_folder_of_today_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let state = AbsPath::new(folder.path()).unwrap();
        adopt(&state, &AgentId::main()).unwrap();
        assert!(!state.join("agents").exists());
    }
}
