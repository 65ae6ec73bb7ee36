//! A conversation through the gateway, as the page has it.

use fakes::model::Answer;

use crate::stage::Stage;

#[tokio::test]
async fn a_message_is_answered_and_the_history_has_both() -> anyhow::Result<()> {
    let stage = Stage::set().await?;
    stage.model.answer(Answer::text("Good morning!"));
    let mut chat = stage.gateway.chat("main").await?;
    let reply = chat.ask("good morning").await?;
    assert_eq!((reply.state.as_str(), reply.text.as_str()), ("final", "Good morning!"));
    let history = chat.history().await?;
    let roles: Vec<&str> = history.iter().filter_map(|message| message["role"].as_str()).collect();
    assert_eq!(roles, ["user", "assistant"]);
    Ok(())
}

#[tokio::test]
async fn a_stopped_answer_ends_at_once_and_keeps_what_was_said() -> anyhow::Result<()> {
    let stage = Stage::set().await?;
    stage.model.answer(Answer::text("This is the beginning").stall());
    let mut chat = stage.gateway.chat("main").await?;
    let run = chat.say("tell me a story").await?;
    while chat.next().await?["state"] != "delta" {}
    let stopped = chat.call("chat.abort", &serde_json::json!({ "sessionKey": "main", "runId": run })).await?;
    assert_eq!(stopped["aborted"], true);
    assert_eq!(chat.reply(&run).await?.state, "aborted");
    stage.model.abandoned(1).await;
    stage.model.answer(Answer::text("Done."));
    assert_eq!(chat.ask("and now?").await?.text, "Done.");
    let history = serde_json::to_string(&chat.history().await?)?;
    assert!(history.contains("This is the beginning"), "{history}");
    Ok(())
}

#[tokio::test]
async fn the_same_key_twice_is_one_run_even_across_a_restart() -> anyhow::Result<()> {
    let mut stage = Stage::set().await?;
    stage.model.answer(Answer::text("once"));
    let mut chat = stage.gateway.chat("main").await?;
    chat.say_as("do it", "key-1").await?;
    assert_eq!(chat.reply("key-1").await?.text, "once");
    stage.gateway.kill().await?;
    stage.gateway.restart().await?;
    let chat = stage.gateway.chat("main").await?;
    assert_eq!(chat.say_as("do it", "key-1").await?["status"], "ok");
    assert_eq!(stage.model.requests().len(), 1);
    Ok(())
}
