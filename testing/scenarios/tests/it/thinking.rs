//! How much a model thinks: what a person sets is what its vendor is asked for.

use fakes::model::Answer;
use serde_json::{Value, json};

use crate::stage::Stage;

/// A stage whose model can reason.
async fn with_reasoning() -> anyhow::Result<Stage> {
    Stage::set_with(|config| config["models"]["providers"]["fake"]["models"][0]["reasoning"] = true.into()).await
}

fn efforts(stage: &Stage) -> Vec<Value> {
    stage.model.requests().iter().map(|seen| seen.body["reasoning_effort"].clone()).collect()
}

#[tokio::test]
async fn a_level_that_a_person_sets_reaches_the_next_request_and_off_means_none() -> anyhow::Result<()> {
    let stage = with_reasoning().await?;
    let mut chat = stage.gateway.chat("main").await?;
    chat.ask("one").await?;
    assert_eq!(chat.ask("/think high").await?.text, "Thinking level set to high.");
    chat.ask("two").await?;
    assert_eq!(chat.ask("/think off").await?.text, "Thinking disabled.");
    chat.ask("three").await?;
    let session = json!({ "key": "main", "thinkingLevel": "off" });
    let patched = chat.call("sessions.patch", &session).await?;
    assert_eq!(patched["entry"]["thinkingLevel"], "off");
    chat.ask("four").await?;
    assert_eq!(efforts(&stage), [json!("low"), json!("high"), Value::Null, Value::Null]);
    Ok(())
}

#[tokio::test]
async fn the_highest_level_is_explained_where_the_model_does_not_take_it() -> anyhow::Result<()> {
    let stage = with_reasoning().await?;
    let mut chat = stage.gateway.chat("main").await?;
    let answer = chat.ask("/think xhigh").await?.text;
    assert!(answer.contains("openai/gpt-5.2"), "{answer}");
    let refused = chat.call("sessions.patch", &json!({ "key": "main", "thinkingLevel": "xhigh" })).await;
    let refused = format!("{:#}", refused.unwrap_err());
    assert!(refused.contains("openai/gpt-5.2"), "{refused}");
    let once = json!({ "sessionKey": "main", "message": "hi", "thinking": "xhigh", "idempotencyKey": "once-1" });
    chat.call("chat.send", &once).await?;
    chat.reply("once-1").await?;
    assert_eq!(efforts(&stage), ["high"]);
    Ok(())
}

#[tokio::test]
async fn a_word_that_is_no_level_is_refused_with_those_that_are() -> anyhow::Result<()> {
    let stage = with_reasoning().await?;
    let chat = stage.gateway.chat("main").await?;
    let sent = json!({ "sessionKey": "main", "message": "hi", "thinking": "bogus", "idempotencyKey": "bogus-1" });
    let refused = format!("{:#}", chat.call("chat.send", &sent).await.unwrap_err());
    assert!(refused.contains("bogus") && refused.contains("minimal"), "{refused}");
    let asked = json!({ "sessionKey": "main", "message": "hi", "thinking": "bogus", "idempotencyKey": "bogus-2" });
    let refused = format!("{:#}", chat.call("agent", &asked).await.unwrap_err());
    assert!(refused.contains("bogus") && refused.contains("minimal"), "{refused}");
    let typed = stage.gateway.cli(&["agent", "-m", "hi", "--thinking", "bogus"]).await?;
    let words = String::from_utf8_lossy(&typed.stderr);
    assert!(!typed.status.success() && words.contains("minimal"), "{words}");
    assert!(stage.model.requests().is_empty());
    Ok(())
}

#[tokio::test]
async fn a_vendor_that_refuses_the_level_is_asked_again_with_one_it_takes() -> anyhow::Result<()> {
    let stage = with_reasoning().await?;
    let says = "Unsupported value: 'low' is not supported with this model. Supported values are: 'medium' and 'high'.";
    stage.model.answer(Answer::refusal(400, says));
    stage.model.answer(Answer::text("thought about it"));
    let mut chat = stage.gateway.chat("main").await?;
    assert_eq!(chat.ask("hello").await?.text, "thought about it");
    assert_eq!(efforts(&stage), ["low", "medium"]);
    Ok(())
}
