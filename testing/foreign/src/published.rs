//! The published program of 2026.1.24: its command line, and its gateway.

use std::{path::Path, process::Output};

use anyhow::{Context as _, bail};
use serde_json::Value;
use tokio::process::Command;

use crate::peer::{Peer, Process, output, peer};

/// The published program on one home folder and one port.
#[derive(Debug, Clone)]
pub struct Published {
    peer: Peer,
    home: std::path::PathBuf,
    port: u16,
}

impl Published {
    /// None when it was left out.
    ///
    /// # Errors
    /// It was not fetched.
    pub fn at(home: &Path, port: u16) -> anyhow::Result<Option<Self>> {
        Ok(peer("clawdbot")?.map(|peer| Self { peer, home: home.to_owned(), port }))
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = self.peer.command("clawdbot/dist/entry.js", &self.home);
        // What would reach beyond this machine, needs a browser, or starts itself again as a child of its own.
        for switch in [
            "CLAWDBOT_NODE_OPTIONS_READY",
            "CLAWDBOT_DISABLE_BONJOUR",
            "CLAWDBOT_SKIP_BROWSER_CONTROL_SERVER",
            "CLAWDBOT_SKIP_CANVAS_HOST",
            "CLAWDBOT_SKIP_CHANNELS",
            "CLAWDBOT_SKIP_GMAIL_WATCHER",
        ] {
            command.env(switch, "1");
        }
        command.env("CLAWDBOT_GATEWAY_PORT", self.port.to_string()).args(args);
        command
    }

    /// One command, to its end.
    ///
    /// # Errors
    /// It does not start or does not end.
    pub async fn run(&self, args: &[&str]) -> anyhow::Result<Output> {
        output(self.command(args)).await
    }

    /// What one command says; its complaints too when it fails.
    ///
    /// # Errors
    /// It failed.
    pub async fn says(&self, args: &[&str]) -> anyhow::Result<String> {
        let output = self.run(args).await?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        if !output.status.success() {
            bail!("{args:?}: {text}{}", String::from_utf8_lossy(&output.stderr));
        }
        Ok(text)
    }

    /// `gateway call` with `--json`.
    ///
    /// # Errors
    /// The call was refused.
    pub async fn call(&self, method: &str, params: &Value) -> anyhow::Result<Value> {
        let text = self.says(&["gateway", "call", method, "--json", "--params", &params.to_string()]).await?;
        let start = text.find('{').with_context(|| format!("{method} printed: {text}"))?;
        Ok(serde_json::from_str(text.get(start..).unwrap_or_default())?)
    }

    /// Its own gateway on this folder.
    ///
    /// # Errors
    /// It did not come up; the text holds what it said.
    pub async fn gateway(&self) -> anyhow::Result<Process> {
        let port = self.port.to_string();
        Process::start(self.command(&["gateway", "--port", &port]), "listening on ws://127.0.0.1").await
    }
}
