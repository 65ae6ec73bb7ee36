//! From nothing to a model that answers: at a terminal, where every answer is wrong once, and by flags.
//!
//! The terminal is a real one, and it is read by event: a story waits for words, never for time.

use std::io::{Read as _, Write};
use std::os::unix::fs::PermissionsExt as _;
use std::process::Output;
use std::time::Duration;

use anyhow::{Context as _, bail};
use fakes::model::Answer;
use fakes::{FakeModel, FakeTelegram};
use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use serde_json::{Value, json};
use testkit::{Home, TestGateway};
use tokio::sync::mpsc;

use crate::commands;

/// What the keys make of it.
pub(crate) const CTRL_C: &str = "\u{3}";
const WRONG_KEY: &str = "sk-proj-wrong";
pub(crate) const RIGHT_KEY: &str = "sk-proj-right";
/// Nothing listens there: what this machine runs besides must not change the story.
pub(crate) const NO_SERVERS: [&str; 6] = ["--ollama-port", "1", "--llamacpp-port", "1", "--lmstudio-port", "1"];
/// Words that do not come within this time do not come.
const PATIENCE: Duration = Duration::from_secs(30);

/// The binary at a terminal.
pub(crate) struct Terminal {
    child: Box<dyn Child + Send + Sync>,
    keys: Box<dyn Write + Send>,
    shown: mpsc::Receiver<Vec<u8>>,
    bytes: Vec<u8>,
    /// What was waited for already, in [`words`] of all bytes.
    past: usize,
    _master: Box<dyn MasterPty + Send>,
}

impl Terminal {
    /// Starts a command in this home; `port` is where a gateway is looked for.
    pub(crate) fn run(home: &Home, port: u16, args: &[&str]) -> anyhow::Result<Self> {
        Self::run_with(home, port, args, &[])
    }

    /// As [`Terminal::run`], with more in the environment.
    pub(crate) fn run_with(home: &Home, port: u16, args: &[&str], env: &[(&str, &str)]) -> anyhow::Result<Self> {
        let size = PtySize { rows: 50, cols: 250, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size)?;
        let mut command = CommandBuilder::new(testkit::binary()?);
        command.env_clear();
        command.cwd(home.path());
        command.env("HOME", home.path());
        command.env("CLAWDBOT_GATEWAY_PORT", port.to_string());
        for (name, value) in [("PATH", "/usr/bin:/bin"), ("LANG", "C.UTF-8"), ("TERM", "xterm-256color")] {
            command.env(name, value);
        }
        env.iter().for_each(|(name, value)| command.env(name, value));
        command.args(args);
        let child = pair.slave.spawn_command(command)?;
        let mut reader = pair.master.try_clone_reader()?;
        let (send, shown) = mpsc::channel(64);
        std::thread::spawn(move || {
            let mut piece = [0; 4096];
            // A terminal whose program ended answers with an error or with nothing.
            while let Ok(count @ 1..) = reader.read(&mut piece) {
                if send.blocking_send(piece[..count].to_vec()).is_err() {
                    return;
                }
            }
        });
        let keys = pair.master.take_writer()?;
        Ok(Self { child, keys, shown, bytes: Vec::new(), past: 0, _master: pair.master })
    }

    /// Waits until these words appear after those waited for before.
    pub(crate) async fn shows(&mut self, wanted: &str) -> anyhow::Result<()> {
        loop {
            let text = words(&self.bytes);
            if let Some(at) = text[self.past..].find(wanted) {
                self.past += at + wanted.len();
                return Ok(());
            }
            match tokio::time::timeout(PATIENCE, self.shown.recv()).await {
                Ok(Some(piece)) => self.bytes.extend(piece),
                Ok(None) => bail!("it ended without {wanted:?}:\n{text}"),
                Err(_) => bail!("{wanted:?} does not come:\n{text}"),
            }
        }
    }

    pub(crate) fn pid(&self) -> Option<u32> {
        self.child.process_id()
    }

    /// Presses keys.
    pub(crate) fn press(&mut self, keys: &str) -> anyhow::Result<()> {
        self.keys.write_all(keys.as_bytes())?;
        Ok(self.keys.flush()?)
    }

    /// Types a line and ends it.
    pub(crate) fn answer(&mut self, line: &str) -> anyhow::Result<()> {
        self.press(&format!("{line}\r"))
    }

    /// Waits for the end; gives the exit code and all that was shown.
    pub(crate) async fn ended(mut self) -> anyhow::Result<(u32, String)> {
        while let Some(piece) = tokio::time::timeout(PATIENCE, self.shown.recv()).await.context("it goes on")? {
            self.bytes.extend(piece);
        }
        Ok((self.child.wait()?.exit_code(), words(&self.bytes)))
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // One that ended already cannot be killed.
        let _gone = self.child.kill();
    }
}

/// What a terminal shows without what steers it; more bytes only add to it.
fn words(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let mut plain = String::new();
    let mut rest = text.chars();
    while let Some(char) = rest.next() {
        if char != '\u{1b}' {
            plain.push(char);
        } else if rest.next() == Some('[') {
            let _end = rest.find(char::is_ascii_alphabetic);
        }
    }
    plain
}

/// A home that knows only where the vendors are: on this machine.
pub(crate) fn home_with(model: &FakeModel, telegram: &FakeTelegram) -> anyhow::Result<Home> {
    let home = Home::new()?;
    home.write_config(&json!({
        "models": { "providers": { "openai": { "baseUrl": format!("{}/v1", model.url()), "models": [] } } },
        "channels": { "telegram": { "apiRoot": telegram.url() } },
    }))?;
    Ok(home)
}

/// A vendor that takes one key alone.
pub(crate) async fn vendor() -> anyhow::Result<FakeModel> {
    let model = FakeModel::start().await?;
    model.otherwise(|seen| match seen.header("authorization") == Some(&format!("Bearer {RIGHT_KEY}")) {
        true => Answer::text("OK"),
        false => Answer::status(401),
    });
    Ok(model)
}

pub(crate) fn written(home: &Home) -> anyhow::Result<Value> {
    Ok(serde_json::from_str(&std::fs::read_to_string(home.config_path())?)?)
}

/// Every file below the home, with what is in it.
pub(crate) fn files(folder: &std::path::Path) -> anyhow::Result<Vec<(String, Vec<u8>)>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(files(&path)?);
        } else {
            found.push((path.display().to_string(), std::fs::read(&path)?));
        }
    }
    found.sort();
    Ok(found)
}

async fn by_flags(home: &Home, flags: &[&str]) -> anyhow::Result<(Output, Value)> {
    by_flags_with(home, &[NO_SERVERS.as_slice(), flags].concat(), &[]).await
}

/// The flags are all there is, and this is in the environment.
pub(crate) async fn by_flags_with(
    home: &Home,
    flags: &[&str],
    env: &[(&str, &str)],
) -> anyhow::Result<(Output, Value)> {
    let mut command = commands::command(home)?;
    command.args(["onboard", "--non-interactive", "--json"]).args(flags).envs(env.iter().copied());
    let output = command.output().await?;
    let said = serde_json::from_slice(&output.stdout)
        .with_context(|| format!("{flags:?}: {}", String::from_utf8_lossy(&output.stderr)))?;
    Ok((output, said))
}

#[tokio::test]
async fn each_wrong_answer_is_told_and_asked_again_until_a_model_and_a_bot_work() -> anyhow::Result<()> {
    let (model, telegram) = (vendor().await?, FakeTelegram::start().await?);
    let home = home_with(&model, &telegram)?;
    let mut terminal = Terminal::run(&home, 1, &[&["onboard"], NO_SERVERS.as_slice()].concat())?;

    terminal.shows("Nothing is set up on this machine yet").await?;
    terminal.shows("address of a model server").await?;
    terminal.answer(WRONG_KEY)?;
    terminal.shows("refuses this key").await?;
    terminal.shows("address of a model server").await?;
    terminal.answer(&FakeModel::closed_url().await?)?;
    terminal.shows("does not answer like a model server").await?;
    terminal.shows("address of a model server").await?;
    terminal.answer(RIGHT_KEY)?;
    terminal.shows("openai/gpt-5.2 answers: OK").await?;

    terminal.shows("The token of a Telegram bot").await?;
    terminal.answer("1:wrong")?;
    terminal.shows("refuses this token").await?;
    terminal.shows("The token of a Telegram bot").await?;
    terminal.answer(telegram.token())?;
    terminal.shows("Telegram knows the bot as @").await?;
    let (code, shown) = terminal.ended().await?;
    assert_eq!(code, 0, "{shown}");
    assert!(shown.contains("clawdbot gateway"), "it says what to do next: {shown}");
    for secret in [WRONG_KEY, RIGHT_KEY, telegram.token()] {
        assert!(!shown.contains(secret), "{secret} is on the screen: {shown}");
    }
    assert_eq!(model.requests().len(), 2, "each key was tried by one real call");

    let config = written(&home)?;
    assert_eq!(config["agents"]["defaults"]["model"]["primary"], "openai/gpt-5.2");
    assert_eq!(config["channels"]["telegram"]["botToken"], telegram.token());
    assert_eq!(config["channels"]["telegram"]["apiRoot"], telegram.url(), "what was there stays");
    assert_eq!(std::fs::metadata(home.config_path())?.permissions().mode() & 0o777, 0o600);
    let valid = commands::run(&home, &["config", "validate", "--json"]).await?;
    assert!(valid.status.success(), "{}", String::from_utf8_lossy(&valid.stdout));

    let gateway = TestGateway::start_in(home, &[]).await?;
    telegram.polled().await;
    let said = gateway.cli(&["agent", "--message", "hello"]).await?;
    assert_eq!(String::from_utf8_lossy(&said.stdout), "OK\n", "{}", String::from_utf8_lossy(&said.stderr));
    Ok(())
}

#[tokio::test]
async fn flags_alone_lead_to_a_gateway_that_answers() -> anyhow::Result<()> {
    let (model, telegram) = (vendor().await?, FakeTelegram::start().await?);
    let home = home_with(&model, &telegram)?;
    let flags = ["--api-key", RIGHT_KEY, "--bot-token", telegram.token(), "--gateway-token", "chosen-by-a-script"];
    let (output, said) = by_flags(&home, &flags).await?;
    assert!(output.status.success(), "{said}");
    assert_eq!((&said["ok"], &said["model"], &said["answer"]), (&json!(true), &json!("openai/gpt-5.2"), &json!("OK")));
    assert_eq!(said["channel"]["kind"], "telegram");
    assert_eq!(model.requests().len(), 1);
    let config = written(&home)?;
    assert_eq!(config["gateway"]["auth"]["token"], "chosen-by-a-script");
    assert_eq!(config["plugins"]["entries"]["telegram"]["enabled"], true, "as the published program wants it");

    let gateway = TestGateway::start_in(home, &[]).await?;
    telegram.polled().await;
    let said = gateway.cli(&["agent", "--message", "hello"]).await?;
    assert_eq!(String::from_utf8_lossy(&said.stdout), "OK\n", "{}", String::from_utf8_lossy(&said.stderr));
    Ok(())
}

#[tokio::test]
async fn a_server_of_ones_own_needs_an_address_and_a_model_alone() -> anyhow::Result<()> {
    let (model, telegram) = (FakeModel::start().await?, FakeTelegram::start().await?);
    let home = home_with(&model, &telegram)?;
    let url = format!("{}/v1", model.url());
    let (output, said) = by_flags(&home, &["--base-url", &url, "--model", "mine/fake-1", "--skip-channels"]).await?;
    assert!(output.status.success(), "{said}");
    assert_eq!((&said["model"], &said["channel"]), (&json!("mine/fake-1"), &Value::Null));
    assert_eq!(written(&home)?["models"]["providers"]["mine"]["baseUrl"], url);
    Ok(())
}

#[tokio::test]
async fn a_flag_that_is_wrong_is_named_and_nothing_is_left_half_written() -> anyhow::Result<()> {
    let (model, telegram) = (vendor().await?, FakeTelegram::start().await?);
    let home = home_with(&model, &telegram)?;
    let before = files(home.path())?;
    let dead = FakeModel::closed_url().await?;
    let wrong: [(&str, &[&str]); 4] = [
        ("--api-key", &["--api-key", WRONG_KEY]),
        ("--base-url", &["--base-url", &dead]),
        ("--bot-token", &["--api-key", RIGHT_KEY, "--bot-token", "1:wrong"]),
        ("--api-key", &[]),
    ];
    for (flag, flags) in wrong {
        let (output, said) = by_flags(&home, flags).await?;
        assert_eq!(output.status.code(), Some(1), "{flags:?}");
        assert_eq!((&said["ok"], &said["error"]["flag"]), (&json!(false), &json!(flag)), "{said}");
        assert!(said["error"]["message"].as_str().is_some_and(|message| !message.is_empty()), "{said}");
        assert_eq!(files(home.path())?, before, "{flags:?}");
    }
    Ok(())
}

#[tokio::test]
async fn a_dialog_that_is_left_while_the_model_is_asked_has_written_nothing() -> anyhow::Result<()> {
    let (model, telegram) = (FakeModel::start().await?, FakeTelegram::start().await?);
    model.answer(Answer::text("O").stall());
    let home = home_with(&model, &telegram)?;
    let before = files(home.path())?;
    let mut terminal = Terminal::run(&home, 1, &[&["onboard"], NO_SERVERS.as_slice()].concat())?;
    terminal.shows("address of a model server").await?;
    terminal.answer(RIGHT_KEY)?;
    model.stalled(1).await;
    terminal.press(CTRL_C)?;
    let (code, shown) = terminal.ended().await?;
    assert_eq!(code, 1, "{shown}");
    assert_eq!(files(home.path())?, before);
    Ok(())
}

#[tokio::test]
async fn without_a_terminal_the_dialog_says_that_flags_are_needed() -> anyhow::Result<()> {
    let output = commands::run(&Home::new()?, &["onboard"]).await?;
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("--non-interactive"));
    Ok(())
}
