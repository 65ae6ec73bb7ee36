//! The machine misbehaves: a clear word, an exit code, nothing lost.

use std::path::PathBuf;

use fakes::model::Answer;
use serde_json::json;
use testkit::{Home, TestGateway};

use crate::stage::Stage;

async fn refused(home: Home) -> anyhow::Result<String> {
    match TestGateway::start_in(home, &[]).await {
        Ok(_) => anyhow::bail!("the gateway started"),
        Err(error) => Ok(format!("{error:#}")),
    }
}

#[tokio::test]
async fn a_config_that_is_broken_is_refused_with_path_reason_and_allowed_values() -> anyhow::Result<()> {
    let home = Home::new()?;
    home.write_config(&json!({ "gateway": { "bind": "everywhere", "prot": 1 } }))?;
    let said = refused(home).await?;
    assert!(said.contains("gateway.bind") && said.contains("loopback"), "{said}");
    assert!(said.contains("prot"), "{said}");

    let home = Home::new()?;
    std::fs::create_dir_all(home.state())?;
    std::fs::write(home.config_path(), "{ gateway: { port: ")?;
    let said = refused(home).await?;
    assert!(said.contains("clawdbot.json"), "{said}");
    Ok(())
}

#[tokio::test]
async fn a_port_that_is_taken_is_named() -> anyhow::Result<()> {
    let gateway = TestGateway::start_in(Home::new()?, &[]).await?;
    let other = Home::new()?;
    let mut command = tokio::process::Command::new(testkit::binary()?);
    command.env("HOME", other.path()).args(["gateway", "--port", &gateway.port().to_string()]);
    let output = command.output().await?;
    assert!(!output.status.success());
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains(&gateway.port().to_string()), "{said}");
    Ok(())
}

#[tokio::test]
async fn a_state_folder_below_a_file_is_named() -> anyhow::Result<()> {
    let home = Home::new()?;
    std::fs::write(home.path().join("file"), "")?;
    let state = home.path().join("file/below");
    let output = tokio::process::Command::new(testkit::binary()?)
        .env("HOME", home.path())
        .env("CLAWDBOT_STATE_DIR", &state)
        .args(["gateway", "--port", "1"])
        .output()
        .await?;
    assert!(!output.status.success());
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("file/below"), "{said}");
    Ok(())
}

#[tokio::test]
async fn a_state_folder_that_is_read_only_is_named() -> anyhow::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let home = Home::new()?;
    home.write_config(&testkit::config_for(None, None))?;
    std::fs::set_permissions(home.state(), std::fs::Permissions::from_mode(0o500))?;
    let binary = testkit::binary()?;
    let mut command = if rustix::process::getuid().is_root() {
        // No mode keeps root from writing: a mount of its own does.
        let mut command = tokio::process::Command::new("unshare");
        let script = "mount --bind \"$1\" \"$1\" && mount -o remount,ro,bind \"$1\" && shift && exec \"$@\"";
        command.args(["--user", "--map-root-user", "--mount", "sh", "-c", script, "sh"]).arg(home.state()).arg(binary);
        command
    } else {
        tokio::process::Command::new(binary)
    };
    let output = command.env("HOME", home.path()).args(["gateway", "--port", "1"]).output().await?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains(".clawdbot") && said.to_lowercase().contains("read-only"), "{said}");
    Ok(())
}

#[tokio::test]
async fn a_disk_that_is_full_refuses_new_messages_and_loses_none_it_took() -> anyhow::Result<()> {
    let mut stage = Stage::set().await?;
    stage.model.otherwise(|_| Answer::text("fine"));
    let mut chat = stage.gateway.chat("main").await?;
    assert_eq!(chat.ask("before").await?.text, "fine");
    let pid = stage.gateway.pid().and_then(|pid| i32::try_from(pid).ok()).and_then(rustix::process::Pid::from_raw);
    // No file of the process may grow any more: what a full disk does, without filling one.
    let limit = |current| rustix::process::Rlimit { current, maximum: None };
    rustix::process::prlimit(pid, rustix::process::Resource::Fsize, limit(Some(0)))?;
    let Err(refused) = chat.say("while full").await else { anyhow::bail!("a message that cannot be kept was taken") };
    assert!(format!("{refused:#}").contains("room"), "it says what to do: {refused:#}");
    assert_eq!(chat.call("health", &json!({})).await?["ok"], true, "the gateway lives");
    rustix::process::prlimit(pid, rustix::process::Resource::Fsize, limit(None))?;
    assert_eq!(chat.ask("after").await?.text, "fine");
    stage.gateway.kill().await?;
    stage.gateway.restart().await?;
    let history = serde_json::to_string(&stage.gateway.chat("main").await?.history().await?)?;
    assert!(history.contains("before") && history.contains("after"), "{history}");
    assert!(!history.contains("while full"), "{history}");
    Ok(())
}

/// The one transcript of the agent.
fn transcript(stage: &Stage) -> anyhow::Result<PathBuf> {
    let files = std::fs::read_dir(stage.gateway.home().state().join("agents/main/sessions"))?;
    let mut paths = files.filter_map(Result::ok).map(|file| file.path());
    let found = paths.find(|path| path.extension().is_some_and(|extension| extension == "jsonl"));
    found.ok_or_else(|| anyhow::anyhow!("no transcript"))
}

#[tokio::test]
async fn a_transcript_with_a_torn_last_line_is_mended_and_goes_on() -> anyhow::Result<()> {
    let mut stage = Stage::set().await?;
    stage.model.otherwise(|_| Answer::text("fine"));
    let mut chat = stage.gateway.chat("main").await?;
    chat.ask("first").await?;
    stage.gateway.stop().await?;
    let transcript = transcript(&stage)?;
    let mut torn = std::fs::read_to_string(&transcript)?;
    torn.push_str(r#"{"type":"message","id":"0badc0de","par"#);
    std::fs::write(&transcript, torn)?;
    stage.gateway.restart().await?;
    let mut chat = stage.gateway.chat("main").await?;
    assert_eq!(chat.ask("second").await?.text, "fine");
    let asked = stage.model.request(2).await.body.to_string();
    assert!(asked.contains("first") && asked.contains("second"), "{asked}");
    stage.gateway.stop().await?;
    for line in std::fs::read_to_string(&transcript)?.lines() {
        let _: serde_json::Value = serde_json::from_str(line)?;
    }
    Ok(())
}

#[tokio::test]
async fn a_transcript_with_a_broken_line_in_the_middle_keeps_what_stands_around_it() -> anyhow::Result<()> {
    let mut stage = Stage::set().await?;
    stage.model.otherwise(|_| Answer::text("fine"));
    let mut chat = stage.gateway.chat("main").await?;
    chat.ask("first").await?;
    chat.ask("in the middle").await?;
    chat.ask("last").await?;
    stage.gateway.stop().await?;
    let transcript = transcript(&stage)?;
    let mut lines: Vec<Vec<u8>> =
        std::fs::read(&transcript)?.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
    let broken = lines.iter_mut().find(|line| String::from_utf8_lossy(line).contains("in the middle"));
    *broken.ok_or_else(|| anyhow::anyhow!("no such line"))? = b"\0\xff{\"type\":\"mess".to_vec();
    std::fs::write(&transcript, lines.join(&b'\n'))?;
    stage.gateway.restart().await?;
    let mut chat = stage.gateway.chat("main").await?;
    assert_eq!(chat.ask("after").await?.text, "fine");
    let asked = stage.model.request(4).await.body.to_string();
    assert!(["first", "last", "after"].iter().all(|words| asked.contains(words)), "{asked}");
    assert!(!asked.contains("in the middle"), "{asked}");
    Ok(())
}

#[tokio::test]
async fn a_bind_beyond_loopback_without_auth_is_refused_with_the_reason() -> anyhow::Result<()> {
    let home = Home::new()?;
    home.write_config(&json!({ "gateway": { "bind": "lan", "auth": { "mode": "none" } } }))?;
    let said = refused(home).await;
    // The mode `none` is no key of the file: without token and password there is none either.
    let said = match said {
        Ok(said) => said,
        Err(error) => anyhow::bail!(error),
    };
    assert!(said.contains("auth"), "{said}");
    Ok(())
}

#[tokio::test]
async fn a_funnel_without_a_password_is_refused_with_the_reason() -> anyhow::Result<()> {
    // The second says that the environment has the password, and there is none.
    for auth in [json!({ "token": "a-token-of-loopback" }), json!({ "mode": "password" })] {
        let home = Home::new()?;
        let mut config = testkit::config_for(None, None);
        config["gateway"]["tailscale"] = json!({ "mode": "funnel" });
        config["gateway"]["auth"] = auth;
        home.write_config(&config)?;
        let said = refused(home).await?;
        assert!(said.contains("gateway.tailscale.mode") && said.contains("password"), "{said}");
    }
    Ok(())
}
