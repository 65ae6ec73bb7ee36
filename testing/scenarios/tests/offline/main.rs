//! Nothing leaves the machine when every address that the owner wrote is on it.
//!
//! The story runs in a network of its own, in which everything beyond this machine is routed to one device that counts.

#![cfg(test)]

mod apart;

use anyhow::{Context as _, Result};
use fakes::model::Answer;
use fakes::{FakeModel, FakeTelegram};
use serde_json::json;
use testkit::{Home, TestGateway};

use apart::Apart;

#[tokio::test]
async fn a_day_with_a_model_and_a_bot_on_this_machine_sends_no_packet_beyond_it() -> Result<()> {
    let name = "a_day_with_a_model_and_a_bot_on_this_machine_sends_no_packet_beyond_it";
    match apart::enter(name)? {
        Apart::Inside => {}
        Apart::Done => return Ok(()),
        Apart::Refused => return Ok(testkit::skip("a network of its own")?),
    }
    day().await?;
    assert_eq!(apart::sent()?, 0, "packets beyond this machine");
    apart::send_one()?;
    assert_ne!(apart::sent()?, 0, "the device counts what is sent");
    Ok(())
}

/// First steps, a chat, a tool, a compaction, a restart.
async fn day() -> Result<()> {
    let (model, telegram) = (FakeModel::start().await?, FakeTelegram::start().await?);
    model.serves("tiny", 32_768, &["tools"]);
    let ann = telegram.user("ann");
    let home = Home::new()?;
    home.write_config(&json!({ "channels": { "telegram": { "apiRoot": telegram.url(), "allowFrom": [ann.id()] } } }))?;
    let mut gateway = TestGateway::start_in(home, &[]).await?;
    let port = model.port().to_string();
    let flags = ["onboard", "--non-interactive", "--json", "--bot-token", telegram.token()];
    let servers = ["--ollama-port", &port, "--llamacpp-port", "1", "--lmstudio-port", "1"];
    model.answer(Answer::text("OK"));
    let done = gateway.cli_json(&[flags.as_slice(), servers.as_slice()].concat()).await?;
    assert_eq!(done["model"], "ollama/tiny", "{done}");

    telegram.polled().await;
    model.answer(Answer::text("Good morning."));
    ann.says("good morning");
    assert_eq!(telegram.expect_reply().await.text, "Good morning.");
    model.answer(Answer::call("exec", r#"{"command":"echo by hand > made.txt"}"#));
    model.answer(Answer::text("Made."));
    ann.says("make something");
    assert_eq!(telegram.expect_reply().await.text, "Made.");
    assert_eq!(std::fs::read_to_string(gateway.home().workspace().join("made.txt"))?, "by hand\n");
    model.answer(Answer::text("SUMMARY: a morning."));
    ann.says("/compact");
    let told = telegram.expect_reply().await.text;
    assert!(!told.contains("Not compacted"), "{told}");

    assert_eq!(gateway.stop().await?, 0);
    gateway.restart().await?;
    model.answer(Answer::text("Good night."));
    ann.says("good night");
    assert_eq!(telegram.expect_reply().await.text, "Good night.");
    let asked = model.requests().last().cloned().context("a request")?.body.to_string();
    assert!(asked.contains("SUMMARY: a morning."), "{asked}");
    let status = gateway.cli_json(&["status", "--deep", "--json"]).await?;
    assert_eq!(status["gateway"]["running"], true, "{status}");
    assert_eq!(gateway.stop().await?, 0);
    Ok(())
}
