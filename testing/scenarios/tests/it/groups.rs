//! The bot in a group.

use fakes::model::{Answer, Seen};
use serde_json::json;

use crate::{stage::Stage, telegram_features::PNG};

/// `ann` may speak in groups.
async fn listed() -> anyhow::Result<Stage> {
    Stage::set_with(|config| {
        let ann = config["channels"]["telegram"]["allowFrom"].clone();
        config["channels"]["telegram"]["groupAllowFrom"] = ann;
    })
    .await
}

/// How many pictures the model was shown.
fn pictures(asked: &Seen) -> usize {
    asked.body.to_string().matches("data:image/").count()
}

#[tokio::test]
async fn a_group_message_without_mention_is_context_and_a_mention_is_answered() -> anyhow::Result<()> {
    let stage = listed().await?;
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

#[tokio::test]
async fn an_album_is_one_question_with_all_its_pictures_wherever_it_is_sent() -> anyhow::Result<()> {
    let stage = listed().await?;
    stage.model.otherwise(|_| Answer::text("Red points."));
    let of_three = [PNG.into(), PNG.into(), PNG.into()];
    stage.telegram.group("Lunch").user("ann").sends_album(&of_three, "@fake_clawd_bot what are these?");
    stage.telegram.expect_reply().await;
    assert_eq!(pictures(&*stage.model.request(1).await), 3);
    let chain = stage.explained().await?.to_string();
    assert!(chain.contains("part of one message: mentioned"), "the last picture has the verdict of all: {chain}");
    assert!(!chain.contains("not mentioned"), "and no other: {chain}");
    stage.telegram.user("ann").sends_album(&of_three[..2], "and these?");
    stage.telegram.expect_reply().await;
    assert_eq!(pictures(&*stage.model.request(2).await), 2);
    assert_eq!(stage.model.requests().len(), 2);
    Ok(())
}

#[tokio::test]
async fn a_long_text_that_names_the_agent_at_its_end_is_one_question_and_one_that_does_not_is_context()
-> anyhow::Result<()> {
    let stage = listed().await?;
    stage.model.otherwise(|_| Answer::text("A tale."));
    let ann = stage.telegram.group("Lunch").user("ann");
    ann.says(&"unheard ".repeat(600));
    ann.says("so it goes");
    ann.says(&format!("{}@fake_clawd_bot sum it up", "tale ".repeat(900)));
    stage.telegram.expect_reply().await;
    let asked = stage.model.request(1).await.user_text();
    let (context, current) = asked.split_once("[Current message - respond to this]").unwrap_or_default();
    assert!(context.matches("unheard").count() >= 599, "both pieces of the first text are context");
    assert!(!context.contains("tale"), "nothing of the question is");
    assert!(current.matches("tale").count() >= 899 && current.contains("sum it up"));
    assert_eq!(stage.model.requests().len(), 1);
    Ok(())
}
