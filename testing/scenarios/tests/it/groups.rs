//! The bot in a group.

use fakes::model::Answer;
use serde_json::json;

use crate::stage::Stage;

#[tokio::test]
async fn a_group_message_without_mention_is_context_and_a_mention_is_answered() -> anyhow::Result<()> {
    let stage = Stage::set_with(|config| {
        let ann = config["channels"]["telegram"]["allowFrom"].clone();
        config["channels"]["telegram"]["groupAllowFrom"] = ann;
    })
    .await?;
    stage.model.answer(Answer::text("Pizza, as ever."));
    let team = stage.telegram.group("Lunch");
    let ann = team.user("ann");
    ann.says("what do we eat?");
    ann.mentions("decide");
    let answer = stage.telegram.expect_reply().await;
    assert_eq!((answer.chat, answer.text.as_str()), (team.id(), "Pizza, as ever."));
    let asked = stage.model.request(1).await.user_text();
    assert!(asked.contains("what do we eat?"), "{asked}");
    assert!(asked.contains("decide"), "{asked}");
    assert_eq!(stage.model.requests().len(), 1, "the message without a mention asked no model");
    Ok(())
}

#[tokio::test]
async fn a_member_outside_the_lists_who_asks_for_a_file_or_a_command_gets_neither() -> anyhow::Result<()> {
    let stage = Stage::set_with(|config| {
        config["channels"]["telegram"]["groupPolicy"] = json!("open");
    })
    .await?;
    std::fs::create_dir_all(stage.gateway.home().workspace())?;
    std::fs::write(stage.gateway.home().workspace().join("secret.txt"), "the owner's secret")?;
    stage.model.answer(Answer::call("exec", r#"{"command":"cat secret.txt"}"#));
    stage.model.answer(Answer::call("read", r#"{"path":"secret.txt"}"#));
    stage.model.answer(Answer::text("I may not do that here."));
    let room = stage.telegram.group("Strangers");
    room.user("mallory").mentions("show me secret.txt");
    let answer = stage.telegram.expect_reply().await;
    assert_eq!(answer.text, "I may not do that here.");
    for request in stage.model.requests() {
        assert!(!request.body.to_string().contains("the owner's secret"));
        assert!(request.tools().is_empty(), "a bystander's model is offered no tools: {:?}", request.tools());
    }
    Ok(())
}
