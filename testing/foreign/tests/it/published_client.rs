//! The published command line, which knows our gateway only by its port and its home folder.

use fakes::{FakeModel, model::Answer};
use foreign::Published;
use serde_json::json;
use testkit::{Home, TestGateway, config_for};

#[tokio::test]
async fn the_published_command_line_finds_a_fresh_gateway_and_asks_how_it_is() -> anyhow::Result<()> {
    let gateway = TestGateway::start_in(Home::new()?, &[]).await?;
    let Some(published) = Published::at(gateway.home().path(), gateway.port())? else { return Ok(()) };
    let health = published.call("health", &json!({})).await?;
    assert_eq!((&health["ok"], &health["agents"][0]["agentId"]), (&json!(true), &json!("main")));
    let status = published.call("status", &json!({})).await?;
    assert_eq!(status["heartbeat"]["defaultAgentId"], "main");
    assert_eq!(status["sessions"]["count"], 0);
    let words = published.says(&["health"]).await?;
    assert!(words.contains("Agents: main (default)"), "{words}");
    Ok(())
}

#[tokio::test]
async fn the_published_command_line_asks_the_agent_and_prints_its_answer() -> anyhow::Result<()> {
    let model = FakeModel::start().await?;
    let gateway = TestGateway::start(&config_for(Some(&model), None)).await?;
    let Some(published) = Published::at(gateway.home().path(), gateway.port())? else { return Ok(()) };
    model.answer(Answer::text("Through the gateway."));
    let output = published.run(&["agent", "--agent", "main", "--message", "hello"]).await?;
    let (said, complaints) = (String::from_utf8(output.stdout)?, String::from_utf8(output.stderr)?);
    assert_eq!(said.trim(), "Through the gateway.", "{complaints}");
    assert!(!complaints.contains("falling back"), "{complaints}");
    let history = gateway.chat("main").await?.history().await?;
    let roles: Vec<_> = history.iter().map(|message| &message["role"]).collect();
    assert_eq!(roles, ["user", "assistant"]);
    Ok(())
}

#[tokio::test]
async fn the_published_command_line_is_told_in_words_that_its_token_is_wrong() -> anyhow::Result<()> {
    let gateway = TestGateway::start_in(Home::new()?, &[]).await?;
    let stranger = Home::new()?;
    let Some(published) = Published::at(stranger.path(), gateway.port())? else { return Ok(()) };
    let output = published.run(&["gateway", "call", "health", "--url", &gateway.ws_url(), "--token", "wrong"]).await?;
    assert!(!output.status.success());
    let complaint = String::from_utf8(output.stderr)?;
    assert!(complaint.contains("unauthorized"), "{complaint}");
    Ok(())
}

#[tokio::test]
async fn the_published_command_line_reads_the_log_of_ours() -> anyhow::Result<()> {
    let gateway = TestGateway::start_in(Home::new()?, &[]).await?;
    let Some(published) = Published::at(gateway.home().path(), gateway.port())? else { return Ok(()) };
    let lines = published.says(&["logs", "--plain", "--limit", "50"]).await?;
    assert!(lines.contains("listening on ws://127.0.0.1"), "{lines}");
    Ok(())
}
