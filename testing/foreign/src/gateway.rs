//! The program under test, and the model it asks.

use std::{fs, net::SocketAddr};

use anyhow::Result;
use base64::{Engine as _, prelude::BASE64_STANDARD};
use fakes::{FakeModel, model::Answer};
use serde_json::{Value, json};
use testkit::{Home, TestGateway};

use crate::{Bindings, GatewayKind};

const TOKEN: &str = "replay-token";
const PASSWORD: &str = "replay-password";
/// The picture of an agent: its name in the workspace, and one pixel as PNG.
const AVATAR: (&str, &str) =
    ("ava.png", "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNk+M9QDwADhhgAWjR9awAAAABJRU5ErkJggg==");

/// A running gateway, as a story needs it.
pub trait Gateway: Send + Sync {
    fn address(&self) -> SocketAddr;
    /// `token`, `password`, `config`, `state`, `workspace`.
    fn facts(&self) -> Bindings;
    /// Tells it to stop, as a service manager does.
    fn stop(&self);
}

/// The built binary in an empty home, set up as a kind of story wants it.
#[derive(Debug)]
pub struct BuiltGateway {
    process: TestGateway,
    config: String,
}

impl BuiltGateway {
    /// Starts it and waits until it is up.
    ///
    /// # Errors
    /// It did not come up.
    pub async fn start(kind: GatewayKind, model: &FakeModel) -> Result<Self> {
        let home = Home::new()?;
        home.write_config(&config(kind, &model.url()))?;
        let config = fs::read_to_string(home.config_path())?;
        if kind == GatewayKind::Configured {
            fs::create_dir_all(home.workspace())?;
            fs::write(home.workspace().join(AVATAR.0), BASE64_STANDARD.decode(AVATAR.1)?)?;
        }
        // As when the stories were recorded: what is set up is listed, and nothing is asked on a network.
        let process = TestGateway::start_in(home, &[("CLAWDBOT_SKIP_CHANNELS", "1")]).await?;
        if kind == GatewayKind::Configured {
            // The recorded one had been asked before.
            process.cli_json(&["health", "--verbose", "--json"]).await?;
        }
        Ok(Self { process, config })
    }
}

impl Gateway for BuiltGateway {
    fn address(&self) -> SocketAddr {
        ([127, 0, 0, 1], self.process.port()).into()
    }

    fn facts(&self) -> Bindings {
        let mut facts = Bindings::default();
        facts.bind("token", TOKEN);
        facts.bind("password", PASSWORD);
        facts.bind("config", &self.config);
        facts.bind("state", self.process.home().state().display().to_string());
        facts.bind("workspace", self.process.home().workspace().display().to_string());
        facts
    }

    fn stop(&self) {
        let pid = self.process.pid().and_then(|id| i32::try_from(id).ok()).and_then(rustix::process::Pid::from_raw);
        if let Some(pid) = pid {
            let _gone = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
        }
    }
}

fn config(kind: GatewayKind, model_url: &str) -> Value {
    let auth = match kind {
        GatewayKind::Token => json!({ "mode": "token", "token": TOKEN }),
        GatewayKind::Password | GatewayKind::Configured => json!({ "mode": "password", "password": PASSWORD }),
    };
    let free = json!({ "input": 0, "output": 0, "cacheRead": 0, "cacheWrite": 0 });
    let provider = |api: &str, path: &str, id: &str, window: u64, reasoning: bool| {
        json!({ "baseUrl": format!("{model_url}{path}"), "apiKey": "sk-replay", "api": api, "models": [{
            "id": id, "name": id, "reasoning": reasoning, "input": ["text", "image"], "cost": free,
            "contextWindow": window, "maxTokens": 16_000,
        }] })
    };
    let mut config = json!({
        "gateway": { "mode": "local", "auth": auth },
        "models": { "mode": "merge", "providers": {
            "anthropic": provider("anthropic-messages", "", "claude-opus-4-5", 200_000, true),
            "openai": provider("openai-responses", "/v1", "gpt-5.2", 400_000, true),
            "fakecc": provider("openai-completions", "/v1", "gpt-4o", 128_000, false),
        } },
        "agents": { "defaults": { "model": { "primary": "anthropic/claude-opus-4-5" } } },
    });
    match kind {
        GatewayKind::Token => {}
        GatewayKind::Password => config["gateway"]["controlUi"] = json!({ "allowInsecureAuth": true }),
        GatewayKind::Configured => {
            config["gateway"]["controlUi"] = json!({ "basePath": "/ctl" });
            config["channels"] = json!({ "telegram": { "botToken": "1:replay", "apiRoot": "http://127.0.0.1:1" } });
            config["models"]["providers"]["anthropic"]["apiKey"] = json!("sk-ant-oat01-replay");
            config["agents"]["defaults"]["verboseDefault"] = json!("on");
            config["agents"]["list"] = json!([
                { "id": "main", "name": "Main", "identity":
                    { "name": "Clawd", "theme": "space lobster", "emoji": "🦞", "avatar": AVATAR.0 } },
                { "id": "work", "name": "Work" },
            ]);
        }
    }
    config
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
