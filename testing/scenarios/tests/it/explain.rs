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
async fn explain_names_each_model_call_each_tool_and_the_message_that_was_delivered() -> anyhow::Result<()> {
    let stage = Stage::set().await?;
    stage.model.answer(Answer::call("exec", r#"{"command":"echo hello"}"#).usage(40, 2, 0));
    stage.model.answer(Answer::text("It said hello.").usage(50, 3, 0));
    stage.telegram.user("ann").says("run it");
    let sent = stage.telegram.expect_reply().await;
    let receipt = format!("delivered as message {}", sent.message.unwrap_or_default());
    let told = async {
        loop {
            let words = stage.gateway.cli(&["explain", "last", "--channel", "telegram"]).await?;
            let words = String::from_utf8(words.stdout)?;
            if words.contains(&receipt) {
                return anyhow::Ok(words);
            }
        }
    };
    let words = tokio::time::timeout(std::time::Duration::from_secs(15), told).await??;
    let steps = [
        "received from telegram",
        "let in",
        "routed to agent main",
        "started",
        "model fake/fake-1 answered (40 tokens in, 2 out)",
        "tool exec started",
        "tool exec ended",
        "model fake/fake-1 answered (50 tokens in, 3 out)",
        "run ended",
        "prepared",
        "delivery attempt 1",
        receipt.as_str(),
    ];
    let mut rest = words.as_str();
    for step in steps {
        let found = rest.split_once(step).map(|(_, after)| after);
        rest = found.ok_or_else(|| anyhow::anyhow!("{step:?} is missing or out of order:\n{words}"))?;
    }
    let complete = stage.explained().await?;
    assert_eq!(complete["complete"], true, "{complete}");
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
