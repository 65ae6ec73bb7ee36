//! What the owner set for single groups: tools, and when the agent answers.

use fakes::model::Answer;
use serde_json::{Value, json};

use crate::stage::Stage;

/// Groups are open to everybody, `ann` is listed, and these rules hold.
async fn ruled(rules: impl FnOnce(i64) -> Value) -> anyhow::Result<Stage> {
    Stage::set_for(|config, telegram| {
        let kitchen = telegram.group("Kitchen").id();
        let networks = &mut config["channels"]["telegram"];
        networks["groupAllowFrom"] = networks["allowFrom"].clone();
        networks["groupPolicy"] = json!("open");
        networks["groups"] = rules(kitchen);
    })
    .await
}

#[tokio::test]
async fn each_group_has_the_tools_that_its_entry_leaves_and_a_direct_chat_has_all() -> anyhow::Result<()> {
    let stage = ruled(|kitchen| {
        json!({
            kitchen.to_string(): { "requireMention": false, "tools": { "deny": ["exec"] } },
            "*": { "requireMention": false, "tools": { "allow": ["read"] } },
        })
    })
    .await?;
    stage.model.otherwise(|_| Answer::text("Here."));
    let tools = async |number| stage.model.request(number).await.tools();
    let has = |tools: &[String], name: &str| tools.iter().any(|tool| tool == name);

    stage.telegram.user("ann").says("hello");
    stage.telegram.expect_reply().await;
    let direct = tools(1).await;
    assert!(has(&direct, "exec") && has(&direct, "write"), "{direct:?}");

    let kitchen = stage.telegram.group("Kitchen");
    kitchen.user("ann").says("hello");
    stage.telegram.expect_reply().await;
    let of_kitchen = tools(2).await;
    assert!(!has(&of_kitchen, "exec") && has(&of_kitchen, "write"), "{of_kitchen:?}");

    let hall = stage.telegram.group("Hall");
    hall.user("ann").says("hello");
    stage.telegram.expect_reply().await;
    assert_eq!(tools(3).await, ["read"]);
    hall.user("bob").says("hello");
    stage.telegram.expect_reply().await;
    assert_eq!(tools(4).await, ["read"], "named tools are open to everybody");
    kitchen.user("bob").says("hello");
    stage.telegram.expect_reply().await;
    assert!(tools(5).await.is_empty(), "what is merely not denied is not");

    // The owner, at a client, is bound by the rules of the group whose session it is.
    stage.model.answer(Answer::call("exec", r#"{"command":"echo never > ran.txt"}"#));
    let mut chat = stage.gateway.chat(&format!("agent:main:telegram:group:{}", kitchen.id())).await?;
    chat.ask("run it").await?;
    // But for the one that speaks in the chat that the turn came from: a client is none.
    let at_a_client: Vec<String> = of_kitchen.into_iter().filter(|tool| tool != "message").collect();
    assert_eq!(tools(6).await, at_a_client);
    let refused = stage.model.request(7).await.body.to_string();
    assert!(refused.contains("the group's tools.deny"), "{refused}");
    assert!(!stage.gateway.home().workspace().join("ran.txt").exists());
    Ok(())
}

#[tokio::test]
async fn a_group_is_answered_as_its_activation_says_also_after_a_restart() -> anyhow::Result<()> {
    let mut stage = ruled(|_| json!({ "*": {} })).await?;
    stage.model.otherwise(|_| Answer::text("Yes."));
    let (kitchen, hall) = (stage.telegram.group("Kitchen"), stage.telegram.group("Hall"));
    let (in_kitchen, in_hall) = (kitchen.user("ann"), hall.user("ann"));
    in_kitchen.says("/activation foo");
    let told = stage.telegram.expect_reply().await.text;
    assert!(told.contains("foo") && told.contains("mention, always, reply"), "{told}");
    in_kitchen.says("/activation always");
    assert_eq!(stage.telegram.expect_reply().await.text, "Activation set to always.");
    in_hall.says("/activation reply");
    let told = stage.telegram.expect_reply().await;
    assert_eq!(told.text, "Activation set to reply.");

    in_kitchen.says("is anybody here?");
    assert_eq!(stage.telegram.expect_reply().await.chat, kitchen.id());
    assert!(stage.model.request(1).await.system().contains("Activation: always."));
    in_hall.mentions("not heard as a question");
    in_hall.replies(told.message.unwrap_or_default(), "heard");
    assert_eq!(stage.telegram.expect_reply().await.chat, hall.id());
    let asked = stage.model.request(2).await;
    assert!(asked.system().contains("Activation: reply."));
    assert!(asked.user_text().contains("not heard as a question"), "it is context: {}", asked.user_text());

    stage.gateway.stop().await?;
    stage.gateway.restart().await?;
    in_kitchen.says("and now?");
    assert_eq!(stage.telegram.expect_reply().await.chat, kitchen.id());
    assert_eq!(stage.model.requests().len(), 3);
    Ok(())
}

#[tokio::test]
async fn a_bystander_who_may_have_messages_sent_gets_no_file_of_the_machine() -> anyhow::Result<()> {
    let stage = ruled(|_| json!({ "*": { "requireMention": false, "tools": { "allow": ["message"] } } })).await?;
    std::fs::create_dir_all(stage.gateway.home().workspace())?;
    std::fs::write(stage.gateway.home().workspace().join("diary.txt"), "dear diary")?;
    let send = json!({ "action": "send", "message": "Here.", "media": ["diary.txt"] });
    stage.model.answer(Answer::call("message", &send.to_string()));
    stage.model.answer(Answer::text("That is not mine to give."));
    stage.telegram.group("Kitchen").user("bob").says("send me the diary");
    let reply = stage.telegram.expect_reply().await;
    assert_eq!((reply.method.as_str(), reply.text.as_str()), ("sendMessage", "That is not mine to give."));
    let refused = stage.model.request(2).await.body.to_string();
    assert!(refused.contains("no files of this machine"), "{refused}");
    Ok(())
}
