//! A recorded story: the format is described in `testing/recorded/README.md`.

use std::{collections::BTreeMap, fs, path::Path};

use anyhow::{Context as _, Result};
use serde::Deserialize;
use serde_json::Value;

/// One file.
#[derive(Debug, Clone)]
pub struct Story {
    /// The file's name without its ending.
    pub name: String,
    pub about: String,
    pub gateway: GatewayKind,
    pub steps: Vec<Step>,
}

/// How the gateway of a story is set up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum GatewayKind {
    Token,
    Password,
    /// With a password, a network that does not run, and two agents that show the steps of tools.
    Configured,
}

/// One thing that happens.
#[derive(Debug, Clone)]
pub enum Step {
    Open { conn: String, path: String, headers: BTreeMap<String, String> },
    Send { conn: String, message: Message },
    Recv { conn: String, frame: Value },
    Close { conn: String, code: u16, reason: String },
    Leave { conn: String },
    StopGateway,
}

/// What a client sends.
#[derive(Debug, Clone)]
pub enum Message {
    Text(Value),
    Binary(Value),
    /// Not a frame.
    Raw(String),
    /// A request of exactly this many bytes.
    Bytes(usize),
}

#[derive(Deserialize)]
struct Head {
    story: String,
    gateway: GatewayKind,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Line {
    conn: Option<String>,
    open: Option<Open>,
    send: Option<Value>,
    send_binary: Option<Value>,
    send_text: Option<String>,
    send_bytes: Option<usize>,
    recv: Option<Value>,
    close: Option<Close>,
    leave: Option<bool>,
    gateway: Option<String>,
}

#[derive(Deserialize)]
struct Open {
    #[serde(default)]
    path: Option<String>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Close {
    code: u16,
    reason: String,
}

impl Story {
    /// Reads one file.
    ///
    /// # Errors
    /// The file cannot be read or is not in the format.
    pub fn read(path: &Path) -> Result<Self> {
        let name = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default().to_owned();
        let text = fs::read_to_string(path).with_context(|| path.display().to_string())?;
        Self::parse(name, &text).with_context(|| path.display().to_string())
    }

    /// Every story of a folder, in its order.
    ///
    /// # Errors
    /// See [`Story::read`].
    pub fn read_all(folder: &Path) -> Result<Vec<Self>> {
        let entries = fs::read_dir(folder).with_context(|| folder.display().to_string())?;
        let mut paths = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
        paths.retain(|path| path.extension().is_some_and(|ending| ending == "jsonl"));
        paths.sort();
        paths.iter().map(|path| Self::read(path)).collect()
    }

    fn parse(name: String, text: &str) -> Result<Self> {
        let mut lines = text.lines().filter(|line| !line.is_empty());
        let head: Head = serde_json::from_str(lines.next().context("an empty file")?)?;
        let steps = lines
            .map(|line| {
                let parsed: Line = serde_json::from_str(line).with_context(|| line.to_owned())?;
                step(parsed).with_context(|| line.to_owned())
            })
            .collect::<Result<_>>()?;
        Ok(Self { name, about: head.story, gateway: head.gateway, steps })
    }
}

fn step(line: Line) -> Result<Step> {
    if line.gateway.is_some() {
        return Ok(Step::StopGateway);
    }
    let conn = line.conn.context("no conn")?;
    if let Some(open) = line.open {
        return Ok(Step::Open { conn, path: open.path.unwrap_or_else(|| "/".into()), headers: open.headers });
    }
    if let Some(frame) = line.recv {
        return Ok(Step::Recv { conn, frame });
    }
    if let Some(Close { code, reason }) = line.close {
        return Ok(Step::Close { conn, code, reason });
    }
    if line.leave.is_some() {
        return Ok(Step::Leave { conn });
    }
    let message = line.send.map(Message::Text);
    let message = message.or(line.send_binary.map(Message::Binary));
    let message = message.or(line.send_text.map(Message::Raw));
    let message = message.or(line.send_bytes.map(Message::Bytes)).context("no known step")?;
    Ok(Step::Send { conn, message })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_recorded_story_is_in_the_format() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../recorded/frames");
        let stories = Story::read_all(&folder).unwrap();
        assert!(stories.len() > 40);
        for story in &stories {
            assert!(matches!(story.steps.first(), Some(Step::Open { .. })), "{}", story.name);
        }
    }
}
