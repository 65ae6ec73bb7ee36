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
async fn a_rate_limit_without_a_time_is_waited_for_too() -> anyhow::Result<()> {
    let stage = Stage::set().await?;
    stage.model.answer(Answer::status(429));
    stage.model.answer(Answer::text("after the limit"));
    let mut chat = stage.gateway.chat("main").await?;
    assert_eq!(chat.ask("hello").await?.text, "after the limit");
    Ok(())
}

#[tokio::test]
async fn answers_that_hold_nothing_or_nonsense_are_told_in_one_sentence() -> anyhow::Result<()> {
    for fault in [Answer::silent(), Answer::empty(), Answer::text("half").malformed(), Answer::hang_up()] {
        let shown = format!("{fault:?}");
        let said = after(fault).await?;
        assert!(said.contains("fake/fake-1") && said.lines().count() == 1, "{shown}: {said}");
    }
    Ok(())
}

#[tokio::test]
async fn an_answer_that_stalls_in_the_middle_ends_with_the_time_of_the_run() -> anyhow::Result<()> {
    let stage = Stage::set_with(|config| config["agents"]["defaults"]["timeoutSeconds"] = 1.into()).await?;
    stage.model.answer(Answer::text("half of an ans").stall());
    let mut chat = stage.gateway.chat("main").await?;
    let stalled = chat.ask("first").await?;
    assert_eq!(stalled.state, "aborted", "{stalled:?}");
    stage.model.otherwise(|_| Answer::text("working again"));
    assert_eq!(chat.ask("second").await?.text, "working again");
    Ok(())
}

#[tokio::test]
async fn an_answer_of_ten_megabytes_harms_nobody() -> anyhow::Result<()> {
    let stage = Stage::set().await?;
    stage.model.otherwise(|_| Answer::text("in short"));
    stage.model.answer(Answer::huge(10 << 20));
    let mut chat = stage.gateway.chat("main").await?;
    // It is no answer, and the model is asked again. A client that reads slower than the pieces come is let go of.
    if let Ok(answer) = chat.ask("everything you know").await {
        assert_eq!(answer.text, "in short");
    }
    stage.model.otherwise(|_| Answer::text("working again"));
    let mut chat = stage.gateway.chat("main").await?;
    assert_eq!(chat.ask("second").await?.text, "working again");
    assert!(chat.history().await?.iter().any(|entry| entry.to_string().contains("everything you know")));
    Ok(())
}

#[tokio::test]
async fn a_vendor_whose_name_nobody_knows_is_said_in_one_sentence() -> anyhow::Result<()> {
    // A name that never exists: <https://www.rfc-editor.org/rfc/rfc6761#section-6.4>.
    let url = "http://model.invalid/v1";
    let stage = Stage::set_with(|config| config["models"]["providers"]["fake"]["baseUrl"] = url.into()).await?;
    let mut chat = stage.gateway.chat("main").await?;
    let said = chat.ask("hello").await?.error.unwrap_or_default();
    assert!(said.contains("cannot reach the vendor of fake/fake-1") && said.lines().count() == 1, "{said}");
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
