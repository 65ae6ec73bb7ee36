//! The model's vendor misbehaves: a clear sentence, nothing lost, the next message works.

use fakes::model::Answer;

use crate::stage::Stage;

/// Tells one thing to a model that fails so, then one to a model that works again.
async fn after(fault: Answer) -> anyhow::Result<String> {
    let stage = Stage::set().await?;
    stage.model.otherwise(move |_| fault.clone());
    let mut chat = stage.gateway.chat("main").await?;
    let failed = chat.ask("first").await?;
    stage.model.otherwise(|_| Answer::text("working again"));
    let works = chat.ask("second").await?;
    assert_eq!(works.text, "working again", "{failed:?}");
    let history = serde_json::to_string(&chat.history().await?)?;
    assert!(history.contains("first") && history.contains("second"));
    Ok(failed.error.unwrap_or(failed.text))
}

#[tokio::test]
async fn refused_credentials_are_named_as_such() -> anyhow::Result<()> {
    let said = after(Answer::status(401)).await?;
    assert!(said.to_lowercase().contains("key") || said.to_lowercase().contains("credential"), "{said}");
    Ok(())
}

#[tokio::test]
async fn a_rate_limit_with_a_time_is_waited_for_and_answered() -> anyhow::Result<()> {
    let stage = Stage::set().await?;
    stage.model.answer(Answer::status(429).retry_after("0"));
    stage.model.answer(Answer::text("after the limit"));
    let mut chat = stage.gateway.chat("main").await?;
    assert_eq!(chat.ask("hello").await?.text, "after the limit");
    Ok(())
}

#[tokio::test]
async fn an_overloaded_vendor_is_tried_again() -> anyhow::Result<()> {
    let stage = Stage::set().await?;
    stage.model.answer(Answer::status(500));
    stage.model.answer(Answer::text("second try"));
    let mut chat = stage.gateway.chat("main").await?;
    assert_eq!(chat.ask("hello").await?.text, "second try");
    Ok(())
}

#[tokio::test]
async fn an_answer_cut_in_the_middle_is_taken_up_again() -> anyhow::Result<()> {
    let stage = Stage::set().await?;
    stage.model.answer(Answer::text("half of an ans").cut());
    stage.model.answer(Answer::text("a whole answer"));
    let mut chat = stage.gateway.chat("main").await?;
    assert_eq!(chat.ask("hello").await?.text, "a whole answer");
    Ok(())
}

#[tokio::test]
async fn broken_json_of_a_tool_call_goes_back_to_the_model() -> anyhow::Result<()> {
    let stage = Stage::set().await?;
    stage.model.answer(Answer::call("exec", r#"{"command": "ls"#));
    stage.model.answer(Answer::text("I will write it properly."));
    let mut chat = stage.gateway.chat("main").await?;
    assert_eq!(chat.ask("list").await?.text, "I will write it properly.");
    Ok(())
}

#[tokio::test]
async fn a_vendor_that_is_not_there_is_said_in_one_sentence() -> anyhow::Result<()> {
    let mut stage = Stage::set().await?;
    stage.model.go_down().await?;
    let mut chat = stage.gateway.chat("main").await?;
    let failed = chat.ask("hello").await?;
    let said = failed.error.unwrap_or_default();
    assert!(!said.is_empty() && said.lines().count() == 1, "{said}");
    stage.model.come_back().await?;
    stage.model.answer(Answer::text("back"));
    let works = chat.ask("hello again").await?;
    assert_eq!(works.text, "back", "{:#?}", stage.model.requests());
    Ok(())
}
