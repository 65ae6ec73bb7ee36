//! The first start on a machine that has nothing of ours.

use std::os::unix::fs::PermissionsExt as _;

use fakes::FakeTelegram;
use testkit::{Home, TestGateway, config_for};

#[tokio::test]
async fn an_empty_home_gets_a_token_private_folders_and_one_line_with_the_pages_address() -> anyhow::Result<()> {
    let mut gateway = TestGateway::start_in(Home::new()?, &[]).await?;
    let line = gateway.first_line().to_owned();
    assert!(line.contains(&format!("http://127.0.0.1:{}/#code=", gateway.port())), "{line}");
    let config: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(gateway.home().config_path())?)?;
    let token = config["gateway"]["auth"]["token"].as_str().unwrap_or_default();
    assert!(token.len() >= 32, "{config}");
    assert!(!line.contains(token), "the token itself is never printed");
    let mode = |path: &std::path::Path| std::fs::metadata(path).map(|m| m.permissions().mode() & 0o777);
    assert_eq!(mode(&gateway.home().state())?, 0o700);
    assert_eq!(mode(&gateway.home().config_path())?, 0o600);
    assert_eq!(gateway.stop().await?, 0);
    Ok(())
}

#[tokio::test]
async fn a_second_gateway_on_the_same_folder_is_refused_and_names_the_first() -> anyhow::Result<()> {
    let gateway = TestGateway::start_in(Home::new()?, &[]).await?;
    let second = gateway.cli(&["gateway", "--port", "1"]).await?;
    assert!(!second.status.success());
    let said = String::from_utf8_lossy(&second.stderr).into_owned();
    let pid = gateway.pid().map(|pid| pid.to_string()).unwrap_or_default();
    assert!(said.contains(&pid), "{said}");
    Ok(())
}

#[tokio::test]
async fn without_a_model_a_person_on_telegram_is_told_in_one_sentence_what_to_do() -> anyhow::Result<()> {
    let telegram = FakeTelegram::start().await?;
    let ann = telegram.user("ann");
    let _gateway = TestGateway::start(&config_for(None, Some((&telegram, &[ann.id()])))).await?;
    ann.says("hello");
    let told = telegram.expect_reply().await.text;
    assert!(told.contains("clawdbot onboard"), "{told}");
    assert_eq!(sentences(&told), 1, "{told}");
    ann.says("are you there?");
    assert_eq!(telegram.expect_reply().await.text, told);
    assert_eq!(telegram.texts().len(), 2, "nothing besides it is said");
    Ok(())
}

#[tokio::test]
async fn an_account_that_has_not_connected_yet_is_configured_and_starting() -> anyhow::Result<()> {
    let telegram = FakeTelegram::start().await?;
    telegram.slow("getMe", std::time::Duration::from_secs(60));
    let gateway = TestGateway::start(&config_for(None, Some((&telegram, &[])))).await?;
    let health = gateway.chat("main").await?.call("health", &serde_json::json!({})).await?;
    assert_eq!(health["channels"]["telegram"]["configured"], true, "{health}");
    let status = gateway.cli(&["status"]).await?;
    let status = String::from_utf8_lossy(&status.stdout);
    assert!(status.contains("Telegram: default: starting"), "{status}");
    Ok(())
}

/// Sentences of one text: what ends them is followed by a space or by nothing.
fn sentences(text: &str) -> usize {
    text.split_whitespace().filter(|word| word.ends_with(['.', '!', '?'])).count()
}

#[tokio::test]
async fn without_a_model_the_answer_is_one_sentence_that_says_what_to_do() -> anyhow::Result<()> {
    let gateway = TestGateway::start_in(Home::new()?, &[]).await?;
    let config: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(gateway.home().config_path())?)?;
    assert!(config["agents"].is_null(), "nothing was written that nobody asked for: {config}");
    let said = gateway.cli(&["agent", "--message", "hello"]).await?;
    assert!(!said.status.success());
    let text = format!("{}{}", String::from_utf8_lossy(&said.stdout), String::from_utf8_lossy(&said.stderr));
    assert!(text.contains("clawdbot onboard"), "{text}");
    assert_eq!(sentences(&text), 1, "{text}");
    Ok(())
}
