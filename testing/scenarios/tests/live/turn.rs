//! One turn: the model reads a file by a tool and says what is in it, piece by piece.

#![expect(clippy::indexing_slicing, reason = "a JSON value that lacks a key indexes as null")]

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use serde_json::json;
use testkit::{Home, TestGateway, config_for};

/// In the file, and in no model's memory.
const WORD: &str = "quillwort-7141";
const ASKED: &str = "Read the file note.txt with your read tool. Then tell me in two sentences what a note is, and end \
                     with the exact word that is in the file.";
/// A model may think for a while.
const PATIENCE: Duration = Duration::from_secs(180);

pub(crate) async fn with_a_tool(provider: &str, model: &str, key: (&str, &str)) -> Result<()> {
    let home = Home::new()?;
    let mut config = config_for(None, None);
    config["agents"] = json!({ "defaults": {
        "model": { "primary": format!("{provider}/{model}") }, "heartbeat": { "every": "0m" } } });
    home.write_config(&config)?;
    std::fs::create_dir_all(home.workspace())?;
    std::fs::write(home.workspace().join("note.txt"), WORD)?;
    let gateway = TestGateway::start_in(home, &[key]).await?;
    let mut chat = gateway.chat("main").await?;
    let run = chat.say(ASKED).await?;
    let (mut pieces, mut text) = (0, String::new());
    let answered = async {
        loop {
            let payload = chat.next().await?;
            match payload["state"].as_str() {
                _ if payload["runId"] != run.as_str() => {}
                Some("delta") => pieces += 1,
                Some("final") => {
                    text = payload["message"]["content"][0]["text"].as_str().unwrap_or_default().to_owned();
                    return anyhow::Ok(());
                }
                _ => anyhow::bail!("it ended so: {payload}"),
            }
        }
    };
    tokio::time::timeout(PATIENCE, answered).await.context("no answer")??;
    ensure!(text.contains(WORD), "it did not read the file: {text}");
    ensure!(pieces > 0, "nothing was shown before the end");
    let history = serde_json::to_string(&chat.history().await?)?;
    ensure!(history.contains("toolCall"), "no tool was used: {history}");
    Ok(())
}
