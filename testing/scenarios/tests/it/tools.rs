//! The agent works on the owner's machine.

use fakes::model::Answer;

use crate::stage::Stage;

#[tokio::test]
async fn the_agent_writes_edits_runs_and_reads_a_file() -> anyhow::Result<()> {
    let stage = Stage::set().await?;
    stage.model.answer(Answer::call("write", r#"{"path":"greet.sh","content":"echo hello"}"#));
    stage.model.answer(Answer::call("edit", r#"{"path":"greet.sh","oldText":"hello","newText":"hello world"}"#));
    stage.model.answer(Answer::call("exec", r#"{"command":"sh greet.sh"}"#));
    stage.model.answer(Answer::text("It says hello world."));
    let mut chat = stage.gateway.chat("main").await?;
    assert_eq!(chat.ask("make a greeter").await?.text, "It says hello world.");
    assert_eq!(std::fs::read_to_string(stage.gateway.home().workspace().join("greet.sh"))?, "echo hello world");
    let last = stage.model.request(4).await;
    assert!(last.body.to_string().contains("hello world"), "the command's output went back to the model");
    Ok(())
}
