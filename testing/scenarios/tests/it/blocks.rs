//! Answers that leave while the model still writes, and lines about tools between them.

use std::time::Duration;

use anyhow::Context as _;
use fakes::model::Answer;
use serde_json::{Value, json};

use crate::stage::Stage;

/// A fact that is not there within this time does not come.
const PATIENCE: Duration = Duration::from_secs(20);

const FIRST: &str = "The first paragraph says what comes first.";
const SECOND: &str = "The second paragraph says what comes then.";
const THIRD: &str = "The third paragraph says how it all ended.";

/// Blocks of one paragraph each; `idle_ms` is the pause that lets one out.
fn in_blocks(idle_ms: u64) -> impl FnOnce(&mut Value) {
    move |config| {
        config["channels"]["telegram"]["blockStreaming"] = true.into();
        let defaults = &mut config["agents"]["defaults"];
        defaults["blockStreamingChunk"] = json!({ "minChars": 40, "maxChars": 80 });
        defaults["blockStreamingCoalesce"] = json!({ "idleMs": idle_ms });
    }
}

/// Waits until the facts about the last message say so.
async fn facts_say(stage: &Stage, wanted: &str) -> anyhow::Result<()> {
    let said = async {
        while !stage.explained().await?.to_string().contains(wanted) {}
        anyhow::Ok(())
    };
    tokio::time::timeout(PATIENCE, said).await.with_context(|| format!("no fact says {wanted:?}"))?
}

#[tokio::test]
async fn paragraphs_arrive_while_the_model_writes_and_the_end_brings_only_what_is_left() -> anyhow::Result<()> {
    let stage = Stage::set_with(in_blocks(50)).await?;
    let answer = Answer::text(format!("{FIRST}\n\n{SECOND}\n\n")).stall();
    stage.model.answer(answer.and_text(THIRD));
    stage.telegram.user("ann").says("tell me");
    assert_eq!(stage.telegram.expect_reply().await.text, FIRST);
    assert_eq!(stage.telegram.expect_reply().await.text, SECOND);
    stage.model.release();
    assert_eq!(stage.telegram.expect_reply().await.text, THIRD);
    stage.telegram.all_confirmed().await;
    assert_eq!(stage.telegram.texts().len(), 3);
    let chain = stage.explained().await?.to_string();
    assert!(chain.contains(":block-1:1") && chain.contains(":block-2:1"), "{chain}");
    Ok(())
}

#[tokio::test]
async fn a_block_that_left_before_a_kill_is_not_said_again() -> anyhow::Result<()> {
    let mut stage = Stage::set_with(in_blocks(60_000)).await?;
    stage.model.answer(Answer::text(format!("{FIRST}\n\n{SECOND}\n\n")).stall());
    stage.telegram.user("ann").says("tell me");
    assert_eq!(stage.telegram.expect_reply().await.text, FIRST);
    facts_say(&stage, "outbound.sent").await?;
    stage.gateway.kill().await?;
    stage.model.answer(Answer::text(format!("{FIRST}\n\n{SECOND}\n\n{THIRD}")));
    stage.gateway.restart().await?;
    stage.telegram.expect(|sent| sent.text == THIRD).await;
    stage.telegram.all_confirmed().await;
    assert_eq!(stage.telegram.texts(), [FIRST, SECOND, THIRD]);
    Ok(())
}

#[tokio::test]
async fn a_model_that_says_something_else_after_the_kill_is_heard_whole() -> anyhow::Result<()> {
    let mut stage = Stage::set_with(in_blocks(60_000)).await?;
    stage.model.answer(Answer::text(format!("{FIRST}\n\n{SECOND}\n\n")).stall());
    stage.telegram.user("ann").says("tell me");
    assert_eq!(stage.telegram.expect_reply().await.text, FIRST);
    facts_say(&stage, "outbound.sent").await?;
    stage.gateway.kill().await?;
    stage.model.answer(Answer::text("On second thoughts: no."));
    stage.gateway.restart().await?;
    assert_eq!(stage.telegram.expect_reply().await.text, "On second thoughts: no.");
    Ok(())
}

#[tokio::test]
async fn with_message_end_nothing_arrives_before_the_message_is_whole_and_then_in_blocks() -> anyhow::Result<()> {
    let stage = Stage::set_with(|config| {
        in_blocks(0)(config);
        config["agents"]["defaults"]["blockStreamingBreak"] = "message_end".into();
    })
    .await?;
    stage.model.answer(Answer::text(format!("{FIRST}\n\n{SECOND}\n\n")).stall().and_text(THIRD));
    stage.telegram.user("ann").says("tell me");
    stage.model.stalled(1).await;
    assert!(stage.telegram.texts().is_empty());
    stage.model.release();
    stage.telegram.expect(|sent| sent.text == THIRD).await;
    assert_eq!(stage.telegram.texts(), [FIRST, SECOND, THIRD]);
    Ok(())
}

/// What ann sees from `/verbose level` on when she says hello and the agent runs a command for her.
async fn seen_with(level: &str) -> anyhow::Result<Vec<String>> {
    let stage = Stage::set().await?;
    let ann = stage.telegram.user("ann");
    ann.says(&format!("/verbose {level}"));
    stage.telegram.expect_reply().await;
    stage.model.answer(Answer::text("Hi."));
    ann.says("hello");
    stage.telegram.expect(|sent| sent.text == "Hi.").await;
    stage.model.answer(Answer::text("Let me see.").tool_call("exec", r#"{"command":"echo hello"}"#));
    stage.model.answer(Answer::text("It says hello."));
    ann.says("run it");
    stage.telegram.expect(|sent| sent.text == "It says hello.").await;
    Ok(stage.telegram.texts())
}

#[tokio::test]
async fn a_verbose_session_shows_tool_calls_between_answers_and_a_full_one_their_results() -> anyhow::Result<()> {
    assert_eq!(seen_with("off").await?, ["Verbose: off.", "Hi.", "Let me see.", "It says hello."]);
    let on = seen_with("on").await?;
    assert!(on[1].starts_with("🧭 New session: "), "{on:?}");
    assert_eq!(on[2..], ["Hi.", "Let me see.", "🛠️ exec: echo hello", "It says hello."]);
    let full = seen_with("full").await?;
    assert_eq!((full.len(), &full[4]), (7, &on[4]), "{full:?}");
    assert!(full[5].starts_with("🛠️ exec:") && full[5].contains("hello"), "{full:?}");
    Ok(())
}
