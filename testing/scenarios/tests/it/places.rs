//! Installations beside each other: a config elsewhere, profiles with folders of their own.

use std::process::Stdio;

use anyhow::Context as _;
use serde_json::json;
use testkit::{Home, TestGateway, config_for};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Child;

use crate::commands;

/// Starts a gateway with these words before `gateway`; gives the port it says it listens on.
async fn gateway(home: &Home, words: &[&str]) -> anyhow::Result<(Child, u16)> {
    let mut command = commands::command(home)?;
    command.env_remove("CLAWDBOT_GATEWAY_PORT").args(words).args(["gateway", "--port", "0"]);
    let mut child = command.stdout(Stdio::piped()).spawn()?;
    let line = BufReader::new(child.stdout.take().context("standard output")?).lines().next_line().await?;
    let line = line.context("the gateway ended at once")?;
    let port = line.split("127.0.0.1:").nth(1).and_then(|rest| rest.split('/').next()).context("an address")?;
    Ok((child, port.parse().with_context(|| line.clone())?))
}

#[tokio::test]
async fn a_gateway_runs_on_the_config_that_the_environment_names() -> anyhow::Result<()> {
    let home = Home::new()?;
    let elsewhere = home.path().join("elsewhere.json");
    std::fs::write(&elsewhere, config_for(None, None).to_string())?;
    let path = elsewhere.display().to_string();
    let gateway = TestGateway::start_in(home, &[("CLAWDBOT_CONFIG_PATH", &path)]).await?;
    assert!(!gateway.home().config_path().exists(), "the usual place stays empty");
    let chat = gateway.chat("main").await?;
    let told = chat.call("config.get", &json!({})).await?;
    assert_eq!(told["path"], path, "{told}");
    let set = gateway.cli(&["config", "set", "logging.level", "debug"]).await?;
    assert!(set.status.success(), "{set:?}");
    assert!(std::fs::read_to_string(&elsewhere)?.contains("debug"), "commands write there too");
    Ok(())
}

#[tokio::test]
async fn profiles_run_beside_each_other_with_folders_and_tokens_of_their_own() -> anyhow::Result<()> {
    let home = Home::new()?;
    let (_usual, usual) = gateway(&home, &[]).await?;
    let (_work, work) = gateway(&home, &["--profile", "work"]).await?;
    let (_dev, dev) = gateway(&home, &["--dev"]).await?;
    let folders = [".clawdbot", ".clawdbot-work", ".clawdbot-dev"].map(|name| home.path().join(name));
    let tokens: Vec<String> = folders
        .iter()
        .map(|folder| {
            let config = std::fs::read_to_string(folder.join("clawdbot.json"))?;
            let config: serde_json::Value = serde_json::from_str(&config)?;
            config["gateway"]["auth"]["token"].as_str().map(str::to_owned).context("a token")
        })
        .collect::<anyhow::Result<_>>()?;
    assert!(tokens[0] != tokens[1] && tokens[1] != tokens[2] && tokens[0] != tokens[2]);
    for (words, port) in [(&[][..], usual), (&["--profile", "work"], work), (&["--dev"], dev)] {
        let mut command = commands::command(&home)?;
        command.args(words).args(["health", "--json"]).env("CLAWDBOT_GATEWAY_PORT", port.to_string());
        let health = command.output().await?;
        assert!(health.status.success(), "{words:?}: {}", String::from_utf8_lossy(&health.stderr));
    }
    // The token of one profile opens no other.
    let mut command = commands::command(&home)?;
    command.args(["--profile", "work", "health", "--json"]).env("CLAWDBOT_GATEWAY_PORT", usual.to_string());
    assert!(!command.output().await?.status.success());
    Ok(())
}
