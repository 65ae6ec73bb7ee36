//! The program under test, and the model it asks.

use std::{
    fs,
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use anyhow::{Context as _, Result, bail};
use fakes::{FakeModel, model::Answer};
use serde_json::json;
use tempfile::TempDir;
use tokio::{
    io::AsyncReadExt as _,
    net::TcpStream,
    process::{Child, Command},
    time::{interval, timeout},
};

use crate::{Bindings, GatewayKind};

const TOKEN: &str = "replay-token";
const PASSWORD: &str = "replay-password";
const START: Duration = Duration::from_secs(20);

/// A running gateway, as a story needs it.
pub trait Gateway: Send + Sync {
    fn address(&self) -> SocketAddr;
    /// `token`, `password`, `config`, `state`, `workspace`.
    fn facts(&self) -> Bindings;
    /// Tells it to stop, as a service manager does.
    fn stop(&self);
}

/// The built binary in an empty home.
#[derive(Debug)]
pub struct Spawned {
    address: SocketAddr,
    home: TempDir,
    config: String,
    child: Child,
}

impl Spawned {
    /// Starts `binary` and waits until it listens.
    ///
    /// # Errors
    /// It ended, or did not listen in time; what it printed is part of the error.
    pub async fn start(binary: &Path, kind: GatewayKind, model_url: &str) -> Result<Self> {
        let home = tempfile::tempdir()?;
        let state = home.path().join(".clawdbot");
        fs::create_dir(&state)?;
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let config = config(kind, address.port(), model_url);
        fs::write(state.join("clawdbot.json"), &config)?;
        let child = Command::new(binary)
            .args(["gateway", "--port", &address.port().to_string()])
            .env_clear()
            .env("HOME", home.path())
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| binary.display().to_string())?;
        let mut spawned = Self { address, home, config, child };
        match timeout(START, spawned.listening()).await {
            Ok(listening) => listening?,
            Err(_) => bail!("it did not listen on {address} within {START:?}"),
        }
        Ok(spawned)
    }

    async fn listening(&mut self) -> Result<()> {
        let mut again = interval(Duration::from_millis(20));
        loop {
            again.tick().await;
            if let Some(status) = self.child.try_wait()? {
                let mut printed = String::new();
                if let Some(stderr) = &mut self.child.stderr {
                    stderr.read_to_string(&mut printed).await?;
                }
                bail!("it ended with {status}: {printed}");
            }
            if TcpStream::connect(self.address).await.is_ok() {
                return Ok(());
            }
        }
    }

    fn state(&self) -> PathBuf {
        self.home.path().join(".clawdbot")
    }
}

impl Gateway for Spawned {
    fn address(&self) -> SocketAddr {
        self.address
    }

    fn facts(&self) -> Bindings {
        let mut facts = Bindings::default();
        facts.bind("token", TOKEN);
        facts.bind("password", PASSWORD);
        facts.bind("config", &self.config);
        facts.bind("state", self.state().display().to_string());
        facts.bind("workspace", self.home.path().join("clawd").display().to_string());
        facts
    }

    fn stop(&self) {
        let pid = self.child.id().and_then(|id| i32::try_from(id).ok()).and_then(rustix::process::Pid::from_raw);
        if let Some(pid) = pid {
            let _gone = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
        }
    }
}

fn config(kind: GatewayKind, port: u16, model_url: &str) -> String {
    let auth = match kind {
        GatewayKind::Token => json!({ "mode": "token", "token": TOKEN }),
        GatewayKind::Password => json!({ "mode": "password", "password": PASSWORD }),
    };
    let free = json!({ "input": 0, "output": 0, "cacheRead": 0, "cacheWrite": 0 });
    let provider = |api: &str, path: &str, id: &str, window: u64, reasoning: bool| {
        json!({ "baseUrl": format!("{model_url}{path}"), "apiKey": "sk-replay", "api": api, "models": [{
            "id": id, "name": id, "reasoning": reasoning, "input": ["text", "image"], "cost": free,
            "contextWindow": window, "maxTokens": 16_000,
        }] })
    };
    let mut config = json!({
        "gateway": { "mode": "local", "port": port, "auth": auth },
        "models": { "mode": "merge", "providers": {
            "anthropic": provider("anthropic-messages", "", "claude-opus-4-5", 200_000, true),
            "openai": provider("openai-responses", "/v1", "gpt-5.2", 400_000, true),
            "fakecc": provider("openai-completions", "/v1", "gpt-4o", 128_000, false),
        } },
        "agents": { "defaults": { "model": { "primary": "anthropic/claude-opus-4-5" } } },
    });
    if kind == GatewayKind::Password {
        config["gateway"]["controlUi"] = json!({ "allowInsecureAuth": true });
    }
    format!("{config:#}\n")
}

/// Lets the model say what it said when the stories were recorded.
pub fn script(model: &FakeModel) {
    model.otherwise(|seen| {
        let said = seen.user_text();
        // As Anthropic, Responses and Completions write a tool's result.
        let marks = ["tool_result", "function_call_output", r#""role":"tool""#];
        let last = seen.messages().last().map(ToString::to_string).unwrap_or_default();
        let has_result = marks.iter().any(|mark| last.contains(mark));
        if said.contains("failme") {
            Answer::status(400)
        } else if said.contains("answer slowly") {
            Answer::text("w0").usage(11, 7, 0).stall()
        } else if said.contains("use tool") && !has_result {
            let call = r#"{"command":"echo hi-from-tool"}"#;
            Answer::text("Running a tool.").tool_call("exec", call).usage(11, 1, 0)
        } else {
            let words = ["Hello", " from", " the", " fake", " model.", " You", " said something."];
            words.into_iter().fold(Answer::default(), |answer, word| answer.and_text(word)).usage(11, 7, 0)
        }
    });
}
