//! Folders to start on: a config for the instant model, and as many sessions as a measurement wants.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use serde_json::{Map, Value, json};
use tempfile::TempDir;

use crate::model::Model;
use crate::options::root;
use crate::program::{Program, TOKEN};

/// A home folder, on the disk of the repository; it goes with its owner.
#[derive(Debug)]
pub(crate) struct Home {
    folder: TempDir,
}

impl Home {
    pub(crate) fn new(program: &Program, model: &Model) -> Result<Self> {
        let place = root().join("target/bench");
        fs::create_dir_all(&place)?;
        let home = Self { folder: tempfile::Builder::new().prefix("home-").tempdir_in(place)? };
        fs::create_dir_all(home.state())?;
        fs::write(home.state().join("clawdbot.json"), config(program, model).to_string())?;
        Ok(home)
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// What the gateway complained of.
    pub(crate) fn errors(&self) -> String {
        fs::read_to_string(self.path().join("errors.txt")).unwrap_or_default()
    }

    /// Writes a session file as the published program has it, with this many sessions in it.
    pub(crate) fn with_sessions(self, count: usize) -> Result<Self> {
        let now = jiff::Timestamp::now().as_millisecond();
        let sessions: Map<String, Value> = (0..count)
            .map(|number| {
                let entry = json!({
                    "sessionId": uuid::Uuid::new_v4(), "updatedAt": now - i64::try_from(number).unwrap_or(0) * 1_000,
                    "label": format!("session {number}"), "systemSent": true, "abortedLastRun": false,
                    "chatType": "direct", "inputTokens": 100, "outputTokens": 200, "totalTokens": 300,
                    "contextTokens": 200_000, "modelProvider": "fake", "model": "fake-1",
                });
                (format!("agent:main:bench-{number}"), entry)
            })
            .collect();
        let folder = self.state().join("agents/main/sessions");
        fs::create_dir_all(&folder)?;
        fs::write(folder.join("sessions.json"), serde_json::to_string_pretty(&sessions)?).context("sessions.json")?;
        Ok(self)
    }

    fn state(&self) -> PathBuf {
        self.path().join(".clawdbot")
    }
}

fn config(program: &Program, model: &Model) -> Value {
    let mut config = json!({
        "gateway": { "mode": "local", "bind": "loopback", "auth": { "mode": "token", "token": TOKEN } },
        "models": { "providers": { "fake": {
            "baseUrl": model.url(), "apiKey": "bench", "api": "openai-completions",
            "models": [{ "id": "fake-1", "name": "Fake", "reasoning": false, "input": ["text"],
                "cost": { "input": 0, "output": 0, "cacheRead": 0, "cacheWrite": 0 },
                "contextWindow": 200_000, "maxTokens": 8192 }] } } },
        "agents": { "defaults": { "model": { "primary": "fake/fake-1" }, "heartbeat": { "every": "0m" } } },
    });
    if let (false, Some(config)) = (program.is_ours(), config.as_object_mut()) {
        config.insert("update".to_owned(), json!({ "checkOnStart": false }));
    }
    config
}
