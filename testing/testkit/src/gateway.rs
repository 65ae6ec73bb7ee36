//! One gateway process: started, asked, killed, started again.

use std::{
    process::{Output, Stdio},
    time::Duration,
};

use anyhow::{Context as _, bail};
use client::{Client, Options};
use protocol::connect::{ClientId, ClientMode};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader, Lines},
    net::TcpListener,
    process::{Child, ChildStdout, Command},
};

use crate::{Chat, Home, binary, home::TOKEN};

/// A start that takes longer has failed.
const PATIENCE: Duration = Duration::from_secs(20);

/// A running gateway.
#[derive(Debug)]
pub struct TestGateway {
    home: Home,
    port: u16,
    env: Vec<(String, String)>,
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    first_line: String,
}

impl TestGateway {
    /// Starts a gateway in an empty home with this config.
    ///
    /// # Errors
    /// It did not come up; the text holds what it printed.
    pub async fn start(config: &Value) -> anyhow::Result<Self> {
        let home = Home::new()?;
        home.write_config(config)?;
        Self::start_in(home, &[]).await
    }

    /// Starts a gateway in a prepared home.
    ///
    /// # Errors
    /// As [`TestGateway::start`].
    pub async fn start_in(home: Home, env: &[(&str, &str)]) -> anyhow::Result<Self> {
        let port = free_port().await?;
        let env: Vec<(String, String)> = env.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        let (child, lines, first_line) = spawn(&home, port, &env).await?;
        Ok(Self { home, port, env, child, lines, first_line })
    }

    /// Starts again what was killed or stopped: same home, same port.
    ///
    /// # Errors
    /// As [`TestGateway::start`].
    pub async fn restart(&mut self) -> anyhow::Result<()> {
        (self.child, self.lines, self.first_line) = spawn(&self.home, self.port, &self.env).await?;
        Ok(())
    }

    #[must_use]
    pub fn home(&self) -> &Home {
        &self.home
    }

    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    #[must_use]
    pub fn token(&self) -> &'static str {
        TOKEN
    }

    /// The one line that the gateway prints when it is up.
    #[must_use]
    pub fn first_line(&self) -> &str {
        &self.first_line
    }

    #[must_use]
    pub fn ws_url(&self) -> String {
        format!("ws://127.0.0.1:{}/", self.port)
    }

    #[must_use]
    pub fn http_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    #[must_use]
    pub fn pid(&self) -> Option<u32> {
        self.child.id()
    }

    /// `kill -9`, and waits until it is gone.
    ///
    /// # Errors
    /// It was gone already.
    pub async fn kill(&mut self) -> anyhow::Result<()> {
        self.child.kill().await.context("kill -9")
    }

    /// Asks it to stop, as a service manager does; gives the exit code.
    ///
    /// # Errors
    /// It was gone already, or died of a signal.
    pub async fn stop(&mut self) -> anyhow::Result<i32> {
        let pid = self.child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        kill_process(pid.context("the gateway is gone")?, Signal::TERM)?;
        let status = tokio::time::timeout(PATIENCE, self.child.wait()).await.context("the gateway does not stop")??;
        status.code().context("the gateway died of a signal")
    }

    /// Waits until the process ends by itself; gives its exit code.
    ///
    /// # Errors
    /// It goes on, or died of a signal.
    pub async fn ended(&mut self) -> anyhow::Result<Option<i32>> {
        Ok(tokio::time::timeout(PATIENCE, self.child.wait()).await.context("the gateway goes on")??.code())
    }

    /// A connected operator with every scope.
    ///
    /// # Errors
    /// The handshake's.
    pub async fn client(&self) -> anyhow::Result<Client> {
        self.client_with(&["operator.admin"]).await
    }

    async fn client_with(&self, scopes: &[&str]) -> anyhow::Result<Client> {
        let options = Options::new(self.ws_url(), ClientId::Test, ClientMode::Test, "0.0.0")?
            .token(TOKEN.to_owned())
            .scopes(scopes);
        Ok(Client::connect(&options).await?)
    }

    /// A conversation through `chat.send`.
    ///
    /// # Errors
    /// The handshake's.
    pub async fn chat(&self, session: &str) -> anyhow::Result<Chat> {
        Ok(Chat::new(self.client().await?, session))
    }

    /// The same for an operator who has these scopes alone.
    ///
    /// # Errors
    /// The handshake's.
    pub async fn chat_with(&self, session: &str, scopes: &[&str]) -> anyhow::Result<Chat> {
        Ok(Chat::new(self.client_with(scopes).await?, session))
    }

    /// Runs a command of the binary in the same home.
    ///
    /// # Errors
    /// It could not be started.
    pub async fn cli(&self, args: &[&str]) -> anyhow::Result<Output> {
        let mut command = base_command(&self.home, &self.env)?;
        command.env("CLAWDBOT_GATEWAY_PORT", self.port.to_string());
        Ok(command.args(args).stdin(Stdio::null()).output().await?)
    }

    /// Starts a command of the binary in the same home, with pipes to and from it.
    ///
    /// # Errors
    /// It could not be started.
    pub fn piped(&self, args: &[&str]) -> anyhow::Result<Child> {
        let mut command = base_command(&self.home, &self.env)?;
        command.env("CLAWDBOT_GATEWAY_PORT", self.port.to_string()).args(args);
        Ok(command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?)
    }

    /// As [`TestGateway::cli`] for commands with `--json`, parsed.
    ///
    /// # Errors
    /// The command failed or printed something else.
    pub async fn cli_json(&self, args: &[&str]) -> anyhow::Result<Value> {
        let output = self.cli(args).await?;
        if !output.status.success() {
            bail!("{args:?}: {}{}", String::from_utf8_lossy(&output.stderr), String::from_utf8_lossy(&output.stdout));
        }
        let text = String::from_utf8(output.stdout)?;
        serde_json::from_str(&text).with_context(|| format!("{args:?} printed: {text}"))
    }

    /// The next line on its standard output.
    ///
    /// # Errors
    /// The process ended.
    pub async fn next_line(&mut self) -> anyhow::Result<String> {
        self.lines.next_line().await?.context("the gateway ended")
    }
}

/// A port that was free a moment ago.
///
/// # Errors
/// The machine has none.
async fn free_port() -> anyhow::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0").await?.local_addr()?.port())
}

fn base_command(home: &Home, env: &[(String, String)]) -> anyhow::Result<Command> {
    let mut command = Command::new(binary()?);
    command.env_clear().current_dir(home.path()).env("HOME", home.path()).kill_on_drop(true);
    #[expect(clippy::disallowed_methods, reason = "commands of the agent need the machine's programs")]
    let path = std::env::var("PATH").unwrap_or_default();
    command.env("PATH", path).env("LANG", "C.UTF-8").env("TZ", "UTC");
    command.envs(env.iter().map(|(key, value)| (key.as_str(), value.as_str())));
    Ok(command)
}

type Started = (Child, Lines<BufReader<ChildStdout>>, String);

async fn spawn(home: &Home, port: u16, env: &[(String, String)]) -> anyhow::Result<Started> {
    let mut command = base_command(home, env)?;
    let errors = std::fs::File::create(home.path().join("stderr.txt"))?;
    command.args(["gateway", "--port", &port.to_string()]).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(errors);
    let mut child = command.spawn()?;
    let mut lines = BufReader::new(child.stdout.take().context("standard output")?).lines();
    let first = tokio::time::timeout(PATIENCE, lines.next_line()).await.context("the gateway does not come up")??;
    match first {
        Some(line) => Ok((child, lines, line)),
        None => {
            let status = child.wait().await?;
            let errors = std::fs::read_to_string(home.path().join("stderr.txt")).unwrap_or_default();
            bail!("the gateway ended at once ({status}): {errors}")
        }
    }
}
