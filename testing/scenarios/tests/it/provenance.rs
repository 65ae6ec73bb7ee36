//! Where every text came from, and what never leaves.

use fakes::model::Answer;
use serde_json::Value;

use crate::stage::Stage;

#[tokio::test]
async fn reasoning_tool_output_and_marks_planted_in_an_answer_never_reach_the_vendor() -> anyhow::Result<()> {
    let stage = Stage::set().await?;
    std::fs::create_dir_all(stage.gateway.home().workspace())?;
    stage.model.answer(
        Answer::call("exec", r#"{"command":"echo PLANTED-OUTPUT"}"#).thinking("PLANTED-REASONING", "signature"),
    );
    stage.model.answer(Answer::text("<think>PLANTED-TAG</think>HEARTBEAT_OK All done."));
    stage.telegram.user("ann").says("go");
    let answer = stage.telegram.expect_reply().await;
    assert_eq!(answer.text, "All done.");
    for accepted in stage.telegram.log() {
        assert!(!accepted.params.to_string().contains("PLANTED"), "{accepted:?}");
        assert!(!accepted.params.to_string().contains("HEARTBEAT"), "{accepted:?}");
    }
    Ok(())
}

#[tokio::test]
async fn every_entry_of_a_transcript_has_an_origin_and_the_history_shows_none_of_it() -> anyhow::Result<()> {
    let mut stage = Stage::set().await?;
    std::fs::create_dir_all(stage.gateway.home().workspace())?;
    stage.model.answer(Answer::call("exec", r#"{"command":"true"}"#));
    stage.model.answer(Answer::text("Done."));
    stage.telegram.user("ann").says("go");
    stage.telegram.expect_reply().await;
    let chat = stage.gateway.chat("main").await?;
    let history = serde_json::to_string(&chat.history().await?)?;
    assert!(!history.contains("\"origin\""), "{history}");
    stage.gateway.stop().await?;
    let sessions = stage.gateway.home().state().join("agents/main/sessions");
    let mut entries = 0;
    for file in std::fs::read_dir(sessions)? {
        let path = file?.path();
        if path.extension().is_none_or(|extension| extension != "jsonl") {
            continue;
        }
        for line in std::fs::read_to_string(path)?.lines() {
            let entry: Value = serde_json::from_str(line)?;
            if entry["type"] != "session" {
                entries += 1;
                assert!(entry["x"]["origin"].is_string(), "{line}");
            }
        }
    }
    assert!(entries >= 4, "{entries}");
    Ok(())
}
