//! The wire needs no client of ours: one in another language, with a bare socket, has a conversation.

use std::process::Stdio;

use anyhow::Context as _;
use fakes::{FakeModel, model::Answer};
use serde_json::{Value, json};
use testkit::{TestGateway, config_for};
use tokio::process::Command;

const CLIENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/client.py");

#[tokio::test]
async fn a_client_made_of_a_socket_json_and_a_hash_chats_and_sees_the_events() -> anyhow::Result<()> {
    let python = Command::new("python3").arg("--version").stdout(Stdio::null()).status().await;
    if !python.is_ok_and(|status| status.success()) {
        return Ok(testkit::skip("python3")?);
    }
    let model = FakeModel::start().await?;
    model.answer(Answer::call("exec", r#"{"command":"echo from-the-tool"}"#));
    model.answer(Answer::text("It said ").and_text("from-the-tool."));
    let gateway = TestGateway::start(&config_for(Some(&model), None)).await?;
    let (port, token) = (gateway.port().to_string(), gateway.token());
    let output = Command::new("python3").args([CLIENT, &port, token, "main", "what does it say?"]).output().await?;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let said: Vec<Value> = String::from_utf8(output.stdout)?
        .lines()
        .map(|line| serde_json::from_str(line).with_context(|| line.to_owned()))
        .collect::<Result<_, _>>()?;

    assert_eq!(said.first(), Some(&json!({ "hello": "hello-ok", "methods": true })));
    assert_eq!(said.get(1), Some(&json!({ "run": true, "status": "started" })));
    let phases: Vec<&str> = said
        .iter()
        .filter(|line| line["agent"] == "lifecycle")
        .filter_map(|line| line["data"]["phase"].as_str())
        .collect();
    assert_eq!(phases, ["start", "end"]);
    assert!(said.iter().any(|line| line["agent"] == "assistant"), "the answer is seen as it comes: {said:?}");
    let last = said.iter().rfind(|line| line["chat"].is_string()).context("a chat event")?;
    assert_eq!(
        (&last["chat"], &last["message"]["content"][0]["text"]),
        (&json!("final"), &json!("It said from-the-tool."))
    );
    assert_eq!(said.last(), Some(&json!({ "history": ["user", "assistant", "toolResult", "assistant"] })));
    Ok(())
}
