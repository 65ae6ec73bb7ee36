//! What the agent does in its chat besides answering: buttons, reactions, edits, deletions, albums.

use std::sync::Arc;
use std::time::Duration;

use fakes::model::Answer;
use fakes::telegram::{Fault, Moment, Post};
use serde_json::json;

use crate::stage::Stage;

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n a picture";

/// A turn in which the model calls the tool and then says nothing more.
fn calls(stage: &Stage, arguments: &serde_json::Value) {
    stage.model.answer(Answer::call("message", &arguments.to_string()));
    stage.model.answer(Answer::text("NO_REPLY"));
}

fn pictures(stage: &Stage, names: &[&str]) -> anyhow::Result<()> {
    std::fs::create_dir_all(stage.gateway.home().workspace())?;
    names.iter().try_for_each(|name| std::fs::write(stage.gateway.home().workspace().join(name), PNG))?;
    Ok(())
}

#[tokio::test]
async fn a_pressed_button_comes_back_by_its_value_and_is_never_a_command() -> anyhow::Result<()> {
    let stage = Stage::set().await?;
    let buttons = json!([[{ "text": "Start over", "callback_data": "/new" }]]);
    calls(&stage, &json!({ "action": "send", "message": "What now?", "buttons": buttons }));
    let ann = stage.telegram.user("ann");
    ann.says("hello");
    let asked = stage.telegram.expect_reply().await;
    assert_eq!((asked.text.as_str(), &asked.params["reply_markup"]["inline_keyboard"]), ("What now?", &buttons));
    stage.model.answer(Answer::text("As you like."));
    ann.presses(asked.message.unwrap_or_default(), "/new");
    assert_eq!(stage.telegram.expect_reply().await.text, "As you like.");
    let heard = stage.model.request(3).await;
    assert!(heard.user_text().contains("callback_data: /new"), "{}", heard.user_text());
    assert!(heard.body.to_string().contains("hello"), "the conversation went on");
    Ok(())
}

#[tokio::test]
async fn ready_answers_stand_in_place_of_the_keys_until_they_are_taken_away() -> anyhow::Result<()> {
    let stage = Stage::set().await?;
    calls(&stage, &json!({ "action": "send", "message": "Which?", "keyboard": [["Tea", "Coffee"]] }));
    let ann = stage.telegram.user("ann");
    ann.says("hello");
    let markup = stage.telegram.expect_reply().await.params["reply_markup"].clone();
    assert_eq!(markup["keyboard"], json!([[{ "text": "Tea" }, { "text": "Coffee" }]]));
    calls(&stage, &json!({ "action": "send", "message": "Tea it is.", "keyboard": [] }));
    ann.says("Tea");
    assert_eq!(stage.telegram.expect_reply().await.params["reply_markup"], json!({ "remove_keyboard": true }));
    Ok(())
}

#[tokio::test]
async fn the_agent_reacts_to_the_message_it_answers_and_takes_it_back() -> anyhow::Result<()> {
    let stage = Stage::set().await?;
    let ann = stage.telegram.user("ann");
    calls(&stage, &json!({ "action": "react", "emoji": "👍" }));
    let message = ann.says("done!");
    let reacted = |post: Option<&Post>, emoji: Option<&str>| post.map(Post::reaction_of_the_bot) == Some(emoji);
    stage.telegram.post_becomes(ann.chat(), message, |post| reacted(post, Some("👍"))).await;
    stage.model.request(2).await;
    calls(&stage, &json!({ "action": "react", "messageId": message, "remove": true }));
    ann.says("not yet, sorry");
    stage.telegram.post_becomes(ann.chat(), message, |post| reacted(post, None)).await;
    assert_eq!(stage.telegram.texts(), Vec::<String>::new());
    Ok(())
}

#[tokio::test]
async fn the_agent_edits_and_deletes_what_it_said() -> anyhow::Result<()> {
    let stage = Stage::set().await?;
    let ann = stage.telegram.user("ann");
    stage.model.answer(Answer::text("It is at five."));
    ann.says("when?");
    let said = stage.telegram.expect_reply().await.message.unwrap_or_default();
    calls(&stage, &json!({ "action": "edit", "messageId": said.to_string(), "message": "It is at **six**." }));
    ann.says("sure?");
    let is = |post: Option<&Post>, text: &str| post.is_some_and(|post| post.text == text);
    stage.telegram.post_becomes(ann.chat(), said, |post| is(post, "It is at six.")).await;
    stage.model.request(3).await;
    calls(&stage, &json!({ "action": "delete", "messageId": said }));
    ann.says("forget it");
    stage.telegram.post_becomes(ann.chat(), said, |post| post.is_none()).await;
    Ok(())
}

#[tokio::test]
async fn an_action_that_the_owner_switched_off_is_refused_by_its_key() -> anyhow::Result<()> {
    let stage = Stage::set_with(|config| {
        config["channels"]["telegram"]["actions"] = json!({ "reactions": false });
        config["channels"]["telegram"]["capabilities"] = json!({ "inlineButtons": "group" });
    })
    .await?;
    let buttons = json!([[{ "text": "a", "callback_data": "b" }]]);
    stage.model.answer(Answer::call("message", &json!({ "action": "react", "emoji": "👍" }).to_string()));
    let send = json!({ "action": "send", "message": "x", "buttons": buttons });
    stage.model.answer(Answer::call("message", &send.to_string()));
    stage.model.answer(Answer::text("Then not."));
    let ann = stage.telegram.user("ann");
    ann.says("hello");
    assert_eq!(stage.telegram.expect_reply().await.text, "Then not.");
    let told = stage.model.request(3).await.body.to_string();
    assert!(told.contains("channels.telegram.actions.reactions"), "{told}");
    assert!(told.contains("channels.telegram.capabilities.inlineButtons"), "{told}");
    ann.presses(1, "b");
    ann.says("and now?");
    stage.model.answer(Answer::text("Still here."));
    assert_eq!(stage.telegram.expect_reply().await.text, "Still here.");
    assert!(!stage.model.request(4).await.user_text().contains("callback_data"), "the press did not count");
    Ok(())
}

#[tokio::test]
async fn an_answer_that_repeats_what_the_tool_said_is_not_sent_again() -> anyhow::Result<()> {
    let stage = Stage::set().await?;
    stage.model.answer(Answer::call("message", r#"{"action":"send","message":"**Done!** It works."}"#));
    stage.model.answer(Answer::text("Done. It works"));
    stage.model.answer(Answer::text("Anything else?"));
    let ann = stage.telegram.user("ann");
    ann.says("do it");
    stage.telegram.expect_reply().await;
    stage.model.finished(2).await;
    ann.says("thanks");
    assert_eq!(stage.telegram.expect_reply().await.text, "Anything else?");
    assert_eq!(stage.telegram.texts(), ["Done! It works.", "Anything else?"]);
    Ok(())
}

#[tokio::test]
async fn only_a_run_that_answers_to_a_chat_is_shown_the_tool() -> anyhow::Result<()> {
    let stage = Stage::set().await?;
    stage.model.otherwise(|_| Answer::text("Hi."));
    stage.telegram.user("ann").says("hello");
    stage.telegram.expect_reply().await;
    assert!(stage.model.request(1).await.tools().contains(&"message".to_owned()));
    let mut chat = stage.gateway.chat("main").await?;
    chat.ask("hi").await?;
    assert!(!stage.model.request(2).await.tools().contains(&"message".to_owned()));
    Ok(())
}

#[tokio::test]
async fn pictures_of_one_answer_are_one_album_and_go_singly_where_it_is_refused() -> anyhow::Result<()> {
    let stage = Stage::set().await?;
    pictures(&stage, &["a.png", "b.png"])?;
    let answer = "Two pictures:\nMEDIA:a.png\nMEDIA:b.png";
    stage.model.otherwise(move |_| Answer::text(answer));
    let ann = stage.telegram.user("ann");
    ann.says("show me");
    let album = stage.telegram.expect_reply().await;
    let seen = (album.method.as_str(), album.text.as_str(), album.files.len());
    assert_eq!(seen, ("sendMediaGroup", "Two pictures:", 2));

    stage.telegram.fault("sendMediaGroup", Fault::Refused(400, "Bad Request: WEBPAGE_MEDIA_EMPTY".to_owned()));
    ann.says("again");
    let (first, second) = (stage.telegram.expect_reply().await, stage.telegram.expect_reply().await);
    assert_eq!((first.method.as_str(), first.text.as_str()), ("sendPhoto", "Two pictures:"));
    assert_eq!((second.method.as_str(), second.text.as_str()), ("sendPhoto", ""));
    Ok(())
}

#[tokio::test]
async fn a_chat_that_refuses_one_part_of_an_album_gets_the_others_and_a_word_about_it() -> anyhow::Result<()> {
    let stage = Stage::set().await?;
    pictures(&stage, &["a.png", "b.png", "c.png"])?;
    stage.model.answer(Answer::text("Three pictures:\nMEDIA:a.png\nMEDIA:b.png\nMEDIA:c.png"));
    let refused = || Fault::Refused(400, "Bad Request: not enough rights to send that to the chat".to_owned());
    for method in ["sendMediaGroup", "sendPhoto", "sendDocument"] {
        stage.telegram.fault(method, refused());
    }
    stage.telegram.user("ann").says("show me");
    let told = stage.telegram.expect_reply().await;
    assert_eq!(told.method, "sendMessage");
    assert!(told.text.contains("Three pictures:") && told.text.contains("not enough rights"), "{}", told.text);
    for _ in 0..2 {
        assert_eq!(stage.telegram.expect_reply().await.method, "sendPhoto");
    }
    Ok(())
}

#[tokio::test]
async fn a_kill_while_the_tool_sends_neither_loses_nor_interrupts_anything() -> anyhow::Result<()> {
    let mut stage = Stage::set().await?;
    let arrived = Arc::new(tokio::sync::Notify::new());
    let tell = Arc::clone(&arrived);
    stage.telegram.watch(move |moment| {
        if matches!(moment, Moment::Arrived { method: "sendMessage" }) {
            tell.notify_one();
        }
    });
    stage.telegram.slow("sendMessage", Duration::from_secs(60));
    calls(&stage, &json!({ "action": "send", "message": "On its way." }));
    stage.telegram.user("ann").says("send it");
    arrived.notified().await;
    stage.gateway.kill().await?;
    stage.telegram.mend();
    stage.gateway.restart().await?;
    assert_eq!(stage.telegram.expect_reply().await.text, "On its way.");
    stage.model.finished(2).await;
    stage.telegram.all_confirmed().await;
    assert_eq!(stage.telegram.texts(), ["On its way."]);
    Ok(())
}

#[tokio::test]
async fn a_kill_after_the_tool_sent_does_not_send_it_again() -> anyhow::Result<()> {
    let mut stage = Stage::set().await?;
    stage.model.answer(Answer::call("message", r#"{"action":"send","message":"Once."}"#));
    stage.model.answer(Answer::silent());
    stage.telegram.user("ann").says("send it");
    stage.telegram.expect_reply().await;
    stage.model.request(2).await;
    stage.gateway.kill().await?;
    stage.model.answer(Answer::text("And that is all."));
    stage.gateway.restart().await?;
    assert_eq!(stage.telegram.expect_reply().await.text, "And that is all.");
    assert_eq!(stage.telegram.texts(), ["Once.", "And that is all."]);
    Ok(())
}

#[tokio::test]
async fn what_the_network_refused_was_not_said_so_the_answer_says_it() -> anyhow::Result<()> {
    let stage = Stage::set().await?;
    stage.telegram.fault("sendMessage", Fault::Refused(400, "Bad Request: BUTTON_DATA_INVALID".to_owned()));
    stage.model.answer(Answer::call("message", r#"{"action":"send","message":"Done."}"#));
    stage.model.answer(Answer::text("Done."));
    stage.telegram.user("ann").says("do it");
    assert_eq!(stage.telegram.expect_reply().await.text, "Done.");
    let told = stage.model.request(2).await.body.to_string();
    assert!(told.contains("not sent"), "{told}");
    Ok(())
}
