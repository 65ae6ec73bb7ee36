//! A home folder of its own for one gateway: config, state, workspace.

#![expect(clippy::indexing_slicing, reason = "a JSON value that lacks a key indexes as null")]

use std::path::{Path, PathBuf};

use fakes::{FakeModel, FakeTelegram};
use serde_json::{Value, json};
use tempfile::TempDir;

/// The token of gateways in tests.
pub(crate) const TOKEN: &str = "test-token-of-a-gateway-on-loopback";

/// A home folder that goes with its owner.
#[derive(Debug)]
pub struct Home {
    folder: TempDir,
}

impl Home {
    /// An empty one.
    ///
    /// # Errors
    /// The file system's.
    pub fn new() -> anyhow::Result<Self> {
        Ok(Self { folder: tempfile::Builder::new().prefix("clawdbot-test-").tempdir()? })
    }

    #[must_use]
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// `<home>/.clawdbot`.
    #[must_use]
    pub fn state(&self) -> PathBuf {
        self.path().join(".clawdbot")
    }

    /// `<home>/clawd`.
    #[must_use]
    pub fn workspace(&self) -> PathBuf {
        self.path().join("clawd")
    }

    /// The config file.
    #[must_use]
    pub fn config_path(&self) -> PathBuf {
        self.state().join("clawdbot.json")
    }

    /// Writes the config as it stands.
    ///
    /// # Errors
    /// The file system's.
    pub fn write_config(&self, config: &Value) -> anyhow::Result<()> {
        std::fs::create_dir_all(self.state())?;
        std::fs::write(self.config_path(), serde_json::to_string_pretty(config)?)?;
        Ok(())
    }
}

/// A config with a fake model and, if given, a fake Telegram whose direct chats are open to the listed senders.
#[must_use]
pub fn config_for(model: Option<&FakeModel>, telegram: Option<(&FakeTelegram, &[i64])>) -> Value {
    let mut config = json!({ "gateway": { "auth": { "token": TOKEN } } });
    if let Some(model) = model {
        config["models"] = json!({ "providers": { "fake": {
            "baseUrl": format!("{}/v1", model.url()), "apiKey": "test-key", "api": "openai-completions",
            "models": [{ "id": "fake-1", "name": "Fake", "reasoning": false, "input": ["text", "image"],
                "cost": { "input": 0, "output": 0, "cacheRead": 0, "cacheWrite": 0 },
                "contextWindow": 200_000, "maxTokens": 8192 }] } } });
        config["agents"] =
            json!({ "defaults": { "model": { "primary": "fake/fake-1" }, "heartbeat": { "every": "0m" } } });
    }
    if let Some((telegram, senders)) = telegram {
        config["channels"] = json!({ "telegram": {
            "botToken": telegram.token(), "apiRoot": telegram.url(), "allowFrom": senders } });
    }
    config
}
