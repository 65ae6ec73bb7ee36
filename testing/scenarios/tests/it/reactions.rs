//! Reactions: ours, that say that a message is taken up, and people's, that the agent hears of.

use fakes::model::Answer;
use fakes::telegram::{Accepted, Post};
use serde_json::json;

use crate::stage::Stage;

/// The bot takes back its reaction to a message.
fn takes_back(message: i64) -> impl Fn(&Accepted) -> bool {
    move |done| {
        let is_about_it = done.method == "setMessageReaction" && done.message == Some(message);
        is_about_it && !done.params["reaction"].to_string().contains("emoji")
    }
}

fn marked(post: Option<&Post>) -> Option<&str> {
    post.and_then(Post::reaction_of_the_bot)
}

#[tokio::test]
async fn a_message_is_marked_while_it_is_worked_on_and_no_longer_when_the_answer_is_there() -> anyhow::Result<()> {
    let stage = Stage::set_with(|config| {
        config["messages"] = json!({ "ackReaction": "👀", "ackReactionScope": "all", "removeAckAfterReply": true });
    })
    .await?;
    let ann = stage.telegram.user("ann");
    stage.model.answer(Answer::text("Here it is.").stall());
    let message = ann.says("find it");
    stage.telegram.post_becomes(ann.chat(), message, |post| marked(post) == Some("👀")).await;
    stage.model.stalled(1).await;
    stage.model.release();
    assert_eq!(stage.telegram.expect_reply().await.text, "Here it is.");
    stage.telegram.post_becomes(ann.chat(), message, |post| post.is_some() && marked(post).is_none()).await;
    let order: Vec<String> = stage.telegram.log().into_iter().map(|done| done.method).collect();
    let last = order.iter().rposition(|method| method == "setMessageReaction");
    assert!(last > order.iter().position(|method| method == "sendMessage"), "{order:?}");
    Ok(())
}

#[tokio::test]
async fn a_mark_is_taken_back_even_if_the_gateway_is_killed_in_between() -> anyhow::Result<()> {
    let mut stage = Stage::set_with(|config| {
        config["messages"] = json!({ "ackReactionScope": "direct", "removeAckAfterReply": true });
    })
    .await?;
    let ann = stage.telegram.user("ann");
    stage.model.answer(Answer::silent());
    let message = ann.says("find it");
    stage.telegram.post_becomes(ann.chat(), message, |post| marked(post) == Some("👀")).await;
    stage.model.request(1).await;
    stage.gateway.kill().await?;
    stage.model.answer(Answer::text("Found."));
    stage.gateway.restart().await?;
    assert_eq!(stage.telegram.expect_reply().await.text, "Found.");
    stage.telegram.post_becomes(ann.chat(), message, |post| post.is_some() && marked(post).is_none()).await;
    Ok(())
}

#[tokio::test]
async fn a_reaction_to_what_the_agent_said_is_told_with_the_next_message() -> anyhow::Result<()> {
    let stage = Stage::set().await?;
    let ann = stage.telegram.user("ann");
    stage.model.otherwise(|_| Answer::text("Shall I?"));
    let own = ann.says("hello");
    let said = stage.telegram.expect_reply().await.message.unwrap_or_default();
    // The next answer leaves only when the first one is known as sent.
    ann.says("and?");
    stage.telegram.expect_reply().await;
    ann.reacts(said, Some("👍"));
    ann.reacts(own, Some("🔥"));
    stage.telegram.user("eve").reacts(said, Some("👎"));
    stage.telegram.all_confirmed().await;
    ann.says("well?");
    stage.telegram.expect_reply().await;
    let heard = stage.model.request(3).await.user_text();
    assert!(heard.contains(&format!("Telegram: ann reacted with 👍 (message {said})")), "{heard}");
    assert!(!heard.contains("🔥"), "that was to a message of her own: {heard}");
    assert_eq!(stage.model.requests().len(), 3, "a reaction starts no run");
    Ok(())
}

#[tokio::test]
async fn a_reaction_in_a_topic_reaches_the_session_of_that_topic() -> anyhow::Result<()> {
    let stage = Stage::set_with(|config| {
        let ann = config["channels"]["telegram"]["allowFrom"].clone();
        config["channels"]["telegram"]["groupAllowFrom"] = ann;
        config["channels"]["telegram"]["reactionNotifications"] = "own".into();
        config["messages"] = json!({ "ackReaction": "" });
    })
    .await?;
    stage.model.otherwise(|_| Answer::text("Fine."));
    let ann = stage.telegram.forum("House").topic(7).user("ann");
    ann.mentions("the roof?");
    let said = stage.telegram.expect_reply().await.message.unwrap_or_default();
    ann.mentions("and the cellar?");
    stage.telegram.expect_reply().await;
    ann.reacts(said, Some("🎉"));
    stage.telegram.all_confirmed().await;
    ann.mentions("really?");
    stage.telegram.expect_reply().await;
    let heard = stage.model.request(3).await.user_text();
    assert!(heard.contains("reacted with 🎉"), "{heard}");
    Ok(())
}

#[tokio::test]
async fn the_mark_on_a_command_goes_with_its_answer() -> anyhow::Result<()> {
    let stage = Stage::set_with(|config| {
        config["messages"] = json!({ "ackReaction": "👀", "ackReactionScope": "all", "removeAckAfterReply": true });
    })
    .await?;
    let ann = stage.telegram.user("ann");
    let message = ann.says("/whoami");
    stage.telegram.expect(takes_back(message)).await;
    let done: Vec<String> = stage.telegram.log().into_iter().map(|done| done.method).collect();
    assert_eq!(done.iter().filter(|method| *method == "setMessageReaction").count(), 2, "{done:?}");
    assert_eq!(done.last().map(String::as_str), Some("setMessageReaction"), "behind the answer: {done:?}");
    stage.telegram.post_becomes(ann.chat(), message, |post| post.is_some() && marked(post).is_none()).await;
    Ok(())
}

#[tokio::test]
async fn the_mark_on_a_message_that_the_queue_lets_go_goes_with_it() -> anyhow::Result<()> {
    let stage = Stage::set_with(|config| {
        config["messages"] = json!({
            "ackReaction": "👀", "ackReactionScope": "all", "removeAckAfterReply": true,
            "queue": { "mode": "followup", "cap": 1, "drop": "new" },
        });
    })
    .await?;
    let ann = stage.telegram.user("ann");
    stage.model.answer(Answer::text("Here it is.").stall());
    ann.says("find it");
    stage.model.stalled(1).await;
    let waiting = ann.says("and that");
    stage.telegram.post_becomes(ann.chat(), waiting, |post| marked(post) == Some("👀")).await;
    let dropped = ann.says("and that too");
    stage.telegram.expect(takes_back(dropped)).await;
    assert_eq!(marked(stage.telegram.post(ann.chat(), waiting).as_ref()), Some("👀"), "that one is still to come");
    Ok(())
}

#[tokio::test]
async fn a_reaction_of_somebody_on_no_list_is_context_and_no_word_of_the_system() -> anyhow::Result<()> {
    let stage = Stage::set_with(|config| {
        let ann = config["channels"]["telegram"]["allowFrom"].clone();
        config["channels"]["telegram"]["groupAllowFrom"] = ann;
        config["channels"]["telegram"]["groupPolicy"] = "open".into();
        config["messages"] = json!({ "ackReaction": "" });
    })
    .await?;
    stage.model.otherwise(|_| Answer::text("Fine."));
    let house = stage.telegram.group("House");
    let (ann, eve) = (house.user("ann"), house.user("eve"));
    ann.mentions("the roof?");
    let said = stage.telegram.expect_reply().await.message.unwrap_or_default();
    ann.mentions("and the cellar?");
    stage.telegram.expect_reply().await;
    eve.reacts(said, Some("👎"));
    ann.reacts(said, Some("👍"));
    stage.telegram.all_confirmed().await;
    ann.mentions("really?");
    stage.telegram.expect_reply().await;
    let heard = stage.model.request(3).await.user_text();
    let lines: Vec<&str> = heard.lines().filter(|line| line.contains("reacted with")).collect();
    let [told, context] = lines.as_slice() else { panic!("{heard}") };
    assert!(told.starts_with("System:") && told.contains("ann reacted with 👍"), "{heard}");
    assert!(context.starts_with("[Telegram House") && context.contains("eve: reacted with 👎"), "{heard}");
    Ok(())
}
