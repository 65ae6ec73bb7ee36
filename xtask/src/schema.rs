//! `cargo xtask schema` and `cargo xtask golden`: what the wire looks like, written down beside the types.
//!
//! The schema comes from the types alone. A golden file keeps its samples; each is read as its type and written again,
//! so that a field the type no longer knows disappears from the file, where a reviewer sees it go.

use std::{fs, path::PathBuf};

use anyhow::{Context as _, Result};
use protocol::{
    Effect, Scope, Twin,
    catalogue::{EVENTS, METHODS, Rewrite},
};
use serde_json::{Value, json};

fn protocol() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../crates/contract/protocol")
}

/// Writes `schema.json`.
pub(crate) fn schema() -> Result<()> {
    let path = protocol().join("schema.json");
    fs::write(&path, pretty(&protocol::schema::schema())?).with_context(|| path.display().to_string())
}

/// Writes every golden file anew.
pub(crate) fn golden() -> Result<()> {
    let folder = protocol().join("tests/golden");
    for method in METHODS {
        let path = folder.join(format!("{}.json", method.name));
        let before = read(&path)?;
        let after = json!({
            "method": method.name,
            "scope": method.scope.as_str(),
            "effect": effect(method.effect),
            "listed": method.listed,
            "params": rewritten(&before, "params", method.rewrite_params)?,
            "reply": rewritten(&before, "reply", method.rewrite_reply)?,
        });
        fs::write(&path, pretty(&after)?)?;
    }
    for event in EVENTS {
        let path = folder.join("events").join(format!("{}.json", event.name));
        let after = json!({
            "event": event.name,
            "scope": event.scope.map(Scope::as_str),
            "payload": rewritten(&read(&path)?, "payload", event.rewrite_payload)?,
        });
        fs::write(&path, pretty(&after)?)?;
    }
    Ok(())
}

fn read(path: &PathBuf) -> Result<Value> {
    let text = fs::read(path).with_context(|| format!("{}: write a first one with samples", path.display()))?;
    serde_json::from_slice(&text).with_context(|| path.display().to_string())
}

fn rewritten(before: &Value, part: &str, rewrite: Rewrite) -> Result<Value> {
    let samples = before.get(part).and_then(Value::as_array).with_context(|| format!("no samples in {before}"))?;
    let again = samples.iter().map(|sample| {
        let text = rewrite(&sample.to_string()).with_context(|| format!("{part} {sample}"))?;
        Ok(serde_json::from_str(&text)?)
    });
    again.collect::<Result<Vec<Value>>>().map(Value::Array)
}

fn effect(effect: Effect) -> &'static str {
    match effect {
        Effect::Free => "free",
        Effect::Once(Twin::InFlight) => "once, a running twin is told so",
        Effect::Once(Twin::Stored) => "once, a running twin gets the interim reply",
        Effect::Once(Twin::Wait) => "once, a running twin waits",
    }
}

fn pretty(value: &Value) -> Result<String> {
    Ok(serde_json::to_string_pretty(value)? + "\n")
}
