//! What commands print for scripts: one JSON value each, with a gateway and, where that makes sense, without one.

use std::process::{Output, Stdio};

use anyhow::Context as _;
use fakes::model::Answer;
use serde_json::{Value, json};
use testkit::{Home, config_for};
use tokio::process::Command;

use crate::stage::Stage;

/// Nobody listens there.
const NO_GATEWAY: &str = "1";

/// The binary in a home where no gateway runs.
pub(crate) fn command(home: &Home) -> anyhow::Result<Command> {
    let mut command = Command::new(testkit::binary()?);
    command.env_clear().current_dir(home.path()).env("HOME", home.path()).env("CLAWDBOT_GATEWAY_PORT", NO_GATEWAY);
    command.env("PATH", "/usr/bin:/bin").env("LANG", "C.UTF-8").env("TZ", "UTC");
    command.stdin(Stdio::null()).kill_on_drop(true);
    Ok(command)
}

/// Runs a command to its end where no gateway runs.
pub(crate) async fn run(home: &Home, args: &[&str]) -> anyhow::Result<Output> {
    Ok(command(home)?.args(args).output().await?)
}

/// As [`run`], for commands that succeed with one JSON value.
async fn asked(home: &Home, args: &[&str]) -> anyhow::Result<Value> {
    let output = run(home, args).await?;
    let said = || format!("{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    anyhow::ensure!(output.status.success(), said());
    serde_json::from_slice(&output.stdout).with_context(said)
}

/// A home with a config and nothing that runs.
fn quiet_home() -> anyhow::Result<Home> {
    let home = Home::new()?;
    let mut config = config_for(None, None);
    config["agents"] = json!({ "defaults": { "model": { "primary": "fake/fake-1" } } });
    config["channels"] = json!({ "telegram": { "botToken": "1:never-used" } });
    config["models"] = json!({ "providers": { "fake": {
        "baseUrl": "http://127.0.0.1:1/v1", "apiKey": "test-key", "api": "openai-completions",
        "models": [{ "id": "fake-1", "name": "Fake", "contextWindow": 200_000, "maxTokens": 8192 }] } } });
    home.write_config(&config)?;
    Ok(home)
}

/// A stage where one thing was said.
async fn spoken() -> anyhow::Result<Stage> {
    let stage = Stage::set().await?;
    stage.model.otherwise(|_| Answer::text("fine"));
    stage.gateway.chat("main").await?.ask("hello").await?;
    Ok(stage)
}

#[tokio::test]
async fn status_and_health_tell_of_the_gateway_that_runs() -> anyhow::Result<()> {
    let stage = spoken().await?;
    stage.account_is("running").await?;
    let status = stage.gateway.cli_json(&["status", "--json"]).await?;
    assert_eq!(status["gateway"]["running"], true, "{status}");
    assert_eq!(status["sessions"]["count"], 1, "{status}");
    let deep = stage.gateway.cli_json(&["status", "--deep", "--json"]).await?;
    assert_eq!(deep["health"]["ok"], true, "{deep}");
    let health = stage.gateway.cli_json(&["health", "--json"]).await?;
    assert_eq!(health["ok"], true, "{health}");
    assert_eq!(health["channelOrder"][0], "telegram", "{health}");
    Ok(())
}

#[tokio::test]
async fn without_a_gateway_status_reads_the_files_and_health_fails() -> anyhow::Result<()> {
    let home = quiet_home()?;
    let status = asked(&home, &["status", "--json"]).await?;
    assert_eq!(status["gateway"]["running"], false, "{status}");
    assert_eq!(status["sessions"]["defaults"]["model"], "fake/fake-1", "{status}");
    let health = run(&home, &["health", "--json"]).await?;
    assert_eq!(health.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&health.stderr).contains("no gateway is running"), "{health:?}");
    Ok(())
}

#[tokio::test]
async fn sessions_are_the_same_with_the_gateway_and_after_it() -> anyhow::Result<()> {
    let mut stage = spoken().await?;
    let online = stage.gateway.cli_json(&["sessions", "--json"]).await?;
    assert_eq!(online["count"], 1, "{online}");
    assert_eq!(online["sessions"][0]["key"], "agent:main:main", "{online}");
    stage.gateway.stop().await?;
    let offline = asked(stage.gateway.home(), &["sessions", "--json"]).await?;
    assert_eq!(offline["count"], 1, "{offline}");
    for fact in ["key", "sessionId", "updatedAt", "totalTokens"] {
        assert_eq!(offline["sessions"][0][fact], online["sessions"][0][fact], "{fact}");
    }
    Ok(())
}

#[tokio::test]
async fn models_name_the_one_in_use_with_and_without_a_gateway() -> anyhow::Result<()> {
    let stage = Stage::set().await?;
    let online = stage.gateway.cli_json(&["models", "list", "--json"]).await?;
    let offline = asked(&quiet_home()?, &["models", "list", "--json"]).await?;
    for list in [&online, &offline] {
        assert_eq!(list["count"], 1, "{list}");
        let model = &list["models"][0];
        assert_eq!((&model["key"], &model["default"]), (&json!("fake/fake-1"), &json!(true)), "{list}");
        assert_eq!(model["contextWindow"], 200_000, "{list}");
    }
    Ok(())
}

#[tokio::test]
async fn channels_tell_who_is_connected_and_without_a_gateway_who_is_set_up() -> anyhow::Result<()> {
    let stage = Stage::set().await?;
    stage.account_is("running").await?;
    let online = stage.gateway.cli_json(&["channels", "status", "--json"]).await?;
    assert_eq!(online["channelAccounts"]["telegram"][0]["running"], true, "{online}");
    let probed = stage.gateway.cli_json(&["channels", "status", "--probe", "--json"]).await?;
    assert_eq!(probed["channelAccounts"]["telegram"][0]["probe"]["ok"], true, "{probed}");
    let offline = asked(&quiet_home()?, &["channels", "status", "--json"]).await?;
    assert_eq!(offline["gatewayRunning"], false, "{offline}");
    let account = &offline["accounts"][0];
    assert_eq!((&account["configured"], &account["running"]), (&json!(true), &json!(false)), "{offline}");
    Ok(())
}

#[tokio::test]
async fn a_config_key_is_set_read_listed_and_removed() -> anyhow::Result<()> {
    let home = quiet_home()?;
    let set = asked(&home, &["config", "set", "gateway.port", "4711", "--json"]).await?;
    assert_eq!(set["ok"], true, "{set}");
    assert_eq!(asked(&home, &["config", "get", "gateway.port", "--json"]).await?, json!(4711));
    let list = asked(&home, &["config", "list", "--json"]).await?;
    assert_eq!(list["gateway.port"], 4711, "{list}");
    let unset = asked(&home, &["config", "unset", "gateway.port", "--json"]).await?;
    assert_ne!(unset["hash"], set["hash"], "{unset}");
    let gone = run(&home, &["config", "get", "gateway.port", "--json"]).await?;
    assert_eq!(gone.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&gone.stderr).contains("gateway.port is not set"), "{gone:?}");
    Ok(())
}

#[tokio::test]
async fn a_value_that_is_not_allowed_changes_nothing_and_a_broken_file_is_judged() -> anyhow::Result<()> {
    let home = quiet_home()?;
    let before = std::fs::read(home.config_path())?;
    let refused = run(&home, &["config", "set", "gateway.bind", "\"everywhere\"", "--json"]).await?;
    assert_eq!(refused.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("gateway.bind"), "{refused:?}");
    assert_eq!(std::fs::read(home.config_path())?, before);
    assert_eq!(asked(&home, &["config", "validate", "--json"]).await?["valid"], true);

    home.write_config(&json!({ "gateway": { "bind": "everywhere" } }))?;
    let judged = run(&home, &["config", "validate", "--json"]).await?;
    assert_eq!(judged.status.code(), Some(1));
    let said: Value = serde_json::from_slice(&judged.stdout)?;
    assert_eq!(said["valid"], false, "{said}");
    assert_eq!(said["issues"][0]["path"], "gateway.bind", "{said}");
    Ok(())
}

#[tokio::test]
async fn the_doctor_names_who_holds_the_folder_and_what_is_broken() -> anyhow::Result<()> {
    let finding = |all: &Value, check: &str| -> Value {
        let found = all["findings"].as_array().and_then(|all| all.iter().find(|one| one["check"] == check).cloned());
        found.unwrap_or_default()
    };
    let stage = Stage::set().await?;
    let online = stage.gateway.cli_json(&["doctor", "--json"]).await?;
    let pid = stage.gateway.pid().map(|pid| pid.to_string()).unwrap_or_default();
    let holder = finding(&online, "gateway");
    assert!(holder["message"].as_str().is_some_and(|said| said.contains(&pid)), "{online}");

    let home = quiet_home()?;
    let quiet = asked(&home, &["doctor", "--json"]).await?;
    assert_eq!(
        (&quiet["ok"], &finding(&quiet, "gateway")["message"]),
        (&json!(true), &json!("no gateway is running here"))
    );
    home.write_config(&json!({ "gateway": { "bind": "everywhere" } }))?;
    let broken = run(&home, &["doctor", "--json"]).await?;
    assert_eq!(broken.status.code(), Some(1));
    let said: Value = serde_json::from_slice(&broken.stdout)?;
    assert_eq!((&said["ok"], &finding(&said, "config")["severity"]), (&json!(false), &json!("error")), "{said}");
    Ok(())
}

#[tokio::test]
async fn logs_are_the_same_lines_from_the_gateway_and_from_the_file() -> anyhow::Result<()> {
    let lines = |output: &Output| -> anyhow::Result<Vec<Value>> {
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        text.lines().map(|line| serde_json::from_str(line).with_context(|| line.to_owned())).collect()
    };
    let mut stage = spoken().await?;
    let online = lines(&stage.gateway.cli(&["logs", "--json"]).await?)?;
    assert_eq!(online[0]["type"], "meta", "{online:?}");
    assert!(online.len() > 1 && online[1]["_meta"]["logLevelName"].is_string(), "{online:?}");
    stage.gateway.stop().await?;
    let offline = lines(&run(stage.gateway.home(), &["logs", "--json"]).await?)?;
    assert_eq!(offline[1], online[1], "the same file is read");
    Ok(())
}
