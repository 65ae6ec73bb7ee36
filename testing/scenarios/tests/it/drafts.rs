//! An answer that is shown as a draft while it is written.

use fakes::model::Answer;
use serde_json::json;

use crate::stage::Stage;

const FIRST: &str = "The first sentence says what comes first.";

/// Asks in a topic of a private chat, and lets the answer stop behind its first sentence.
async fn half_written(mode: &str) -> anyhow::Result<Stage> {
    let stage = Stage::set_with(|config| {
        let telegram = &mut config["channels"]["telegram"];
        telegram["streamMode"] = mode.into();
        telegram["draftChunk"] = json!({ "minChars": 10, "maxChars": 60, "breakPreference": "sentence" });
        telegram["blockStreaming"] = true.into();
        config["agents"]["defaults"]["blockStreamingChunk"] = json!({ "minChars": 10, "maxChars": 64 });
    })
    .await?;
    let answer = Answer::text(format!("{FIRST} <think>a secret</think>And then ")).stall();
    stage.model.answer(answer.and_text("all the rest of what it has to say."));
    let asked = json!({ "text": "tell me", "message_thread_id": 7, "is_topic_message": true });
    stage.telegram.user("ann").posts(asked);
    stage.model.stalled(1).await;
    Ok(stage)
}

fn drafts(stage: &Stage) -> Vec<String> {
    let log = stage.telegram.log();
    log.into_iter().filter(|call| call.method == "sendMessageDraft").map(|call| call.text).collect()
}

#[tokio::test]
async fn in_a_topic_of_a_private_chat_an_answer_is_a_draft_until_it_is_whole() -> anyhow::Result<()> {
    for (mode, wanted) in [("partial", format!("{FIRST} And then")), ("block", FIRST.to_owned())] {
        let stage = half_written(mode).await?;
        let draft = stage.telegram.expect(|call| call.method == "sendMessageDraft" && call.text == wanted).await;
        assert_eq!(draft.thread, Some(7));
        assert!(stage.telegram.texts().is_empty(), "what is a draft leaves in no block");
        stage.model.release();
        let answer = stage.telegram.expect_reply().await;
        assert_eq!(answer.text, format!("{FIRST} And then all the rest of what it has to say."));
        assert!(drafts(&stage).iter().all(|text| !text.contains("secret")), "{:?}", drafts(&stage));
    }
    Ok(())
}

#[tokio::test]
async fn without_drafts_such_an_answer_leaves_in_blocks() -> anyhow::Result<()> {
    let stage = half_written("off").await?;
    stage.model.release();
    stage.telegram.expect(|call| call.is_message() && call.text.contains("say.")).await;
    assert!(drafts(&stage).is_empty());
    assert!(stage.telegram.texts().len() > 1, "{:?}", stage.telegram.texts());
    Ok(())
}
