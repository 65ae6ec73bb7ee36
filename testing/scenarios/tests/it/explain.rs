//! `clawdbot explain`: what became of a message.

use fakes::model::Answer;

use crate::stage::Stage;

#[tokio::test]
async fn explain_tells_the_whole_chain_of_an_answered_message() -> anyhow::Result<()> {
    let stage = Stage::set().await?;
    stage.model.answer(Answer::text("Fine, thanks."));
    stage.telegram.user("ann").says("how are you?");
    stage.telegram.expect_reply().await;
    let chain = stage.explained().await?.to_string();
    for step in [
        "inbound.received",
        "inbound.verdict",
        "inbound.route",
        "run.started",
        "run.ended",
        "outbound.prepared",
        "outbound.sending",
        "outbound.sent",
    ] {
        assert!(chain.contains(step), "{step} is missing: {chain}");
    }
    let words = stage.gateway.cli(&["explain", "last", "--channel", "telegram"]).await?;
    assert!(words.status.success());
    let words = String::from_utf8(words.stdout)?;
    assert!(words.contains("(queue collect, 0 ahead, waited "), "the message's time in line is told: {words}");
    Ok(())
}

#[tokio::test]
async fn explain_tells_of_an_ignored_message_which_rule_it_was() -> anyhow::Result<()> {
    let stage = Stage::set_with(|config| config["channels"]["telegram"]["dmPolicy"] = "allowlist".into()).await?;
    stage.telegram.user("bob").says("let me in");
    stage.telegram.all_confirmed().await;
    let chain = stage.explained().await?.to_string();
    assert!(chain.contains("dmPolicy allowlist: sender is not in allowFrom"), "{chain}");
    Ok(())
}
