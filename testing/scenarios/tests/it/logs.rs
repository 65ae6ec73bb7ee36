//! What the log says of a turn, and what it never says.

use fakes::model::Answer;
use serde_json::{Value, json};

use crate::stage::Stage;

/// A turn on Telegram with one tool.
async fn a_turn_with_a_tool() -> anyhow::Result<Stage> {
    turn_with(|_| {}).await
}

async fn turn_with(change: impl FnOnce(&mut Value)) -> anyhow::Result<Stage> {
    let stage = Stage::set_with(change).await?;
    stage.model.answer(Answer::call("exec", r#"{"command":"echo hello"}"#).usage(40, 2, 0));
    stage.model.answer(Answer::text("It said hello.").usage(50, 3, 0));
    stage.telegram.user("ann").says("run it");
    stage.telegram.expect_reply().await;
    Ok(stage)
}

async fn lines(stage: &Stage) -> anyhow::Result<Vec<Value>> {
    let tail = stage.gateway.chat("main").await?.call("logs.tail", &json!({ "limit": 1000 })).await?;
    let parse = |line: &Value| Ok(serde_json::from_str(line.as_str().unwrap_or_default())?);
    tail["lines"].as_array().into_iter().flatten().map(parse).collect()
}

/// The lines, once one of them is the delivery's: it is written a moment after the network took the message.
async fn lines_to_the_end(stage: &Stage) -> anyhow::Result<Vec<Value>> {
    let asked = async {
        loop {
            let lines = lines(stage).await?;
            if lines.iter().any(|line| line["1"] == "message delivered") {
                return anyhow::Ok(lines);
            }
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(15), asked).await?
}

#[tokio::test]
async fn every_stage_of_a_turn_is_found_under_the_run_that_explain_names() -> anyhow::Result<()> {
    let stage = a_turn_with_a_tool().await?;
    let lines = lines_to_the_end(&stage).await?;
    let chain = stage.explained().await?;
    let started = |step: &&Value| step["kind"] == "run.started";
    let told =
        chain["steps"].as_array().and_then(|steps| steps.iter().find(started)).and_then(|it| it["text"].as_str());
    let run = told.and_then(|told| Some(told.strip_prefix("run ")?.split_once(" started")?.0));
    let run = run.ok_or_else(|| anyhow::anyhow!("no run: {chain}"))?;
    let of_run = |line: &&Value| line["2"]["run"] == run || line["2"]["cause"] == run;
    let told: Vec<&str> = lines.iter().filter(of_run).filter_map(|line| line["1"].as_str()).collect();
    let expected = ["run started", "model answered", "tool ended", "model answered", "run ended", "message delivered"];
    assert_eq!(told.iter().filter(|told| expected.contains(told)).copied().collect::<Vec<_>>(), expected, "{told:?}");
    let tool = lines.iter().find(|line| line["1"] == "tool ended").cloned().unwrap_or_default();
    assert_eq!((&tool["2"]["tool"], &tool["2"]["ok"]), (&"exec".into(), &true.into()), "{tool}");
    Ok(())
}

#[tokio::test]
async fn the_log_of_a_turn_holds_no_key_and_no_token_even_when_it_says_everything() -> anyhow::Result<()> {
    const KEY: &str = "plain-words-that-are-the-key";
    let stage = turn_with(|config| {
        config["logging"] = json!({ "level": "trace", "file": "all.log" });
        config["models"]["providers"]["fake"]["apiKey"] = KEY.into();
    })
    .await?;
    lines_to_the_end(&stage).await?;
    let file = stage.gateway.chat("main").await?.call("logs.tail", &json!({})).await?["file"].clone();
    let log = std::fs::read_to_string(file.as_str().unwrap_or_default())?;
    assert!(log.contains("model answered"), "the turn is in it: {log}");
    let secret = [KEY, stage.telegram.token(), stage.gateway.token()];
    let told: Vec<&str> = secret.into_iter().filter(|secret| log.contains(secret)).collect();
    assert_eq!(told, Vec::<&str>::new());
    Ok(())
}
