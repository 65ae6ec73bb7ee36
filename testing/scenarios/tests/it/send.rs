//! What an operator sends by hand: files, with and without words, from the workspace they are named in.

use anyhow::Context as _;
use serde_json::{Value, json};
use testkit::Chat;

use crate::stage::Stage;

/// A stage whose default agent is not the first one, with a file in the workspace of each.
async fn two_agents() -> anyhow::Result<(Stage, Chat)> {
    let stage = Stage::set_with(|config| {
        config["agents"]["list"] = json!([
            { "id": "main", "workspace": "~/house" },
            { "id": "clerk", "default": true, "workspace": "~/office" },
        ]);
    })
    .await?;
    for folder in ["house", "office"] {
        let folder = stage.gateway.home().path().join(folder);
        std::fs::create_dir_all(&folder)?;
        std::fs::write(folder.join("plan.txt"), folder.display().to_string())?;
    }
    let chat = stage.gateway.chat("main").await?;
    Ok((stage, chat))
}

/// Sends to ann; gives where the file came from, and the words below it.
async fn sends(stage: &Stage, chat: &Chat, what: &Value) -> anyhow::Result<(String, String)> {
    let mut params = json!({ "to": stage.telegram.user("ann").id().to_string(), "channel": "telegram" });
    let all = params.as_object_mut().zip(what.as_object()).context("params")?;
    all.0.extend(all.1.clone());
    let reply = chat.call("send", &params).await?;
    let sent = stage.telegram.expect_reply().await;
    assert_eq!(reply["messageId"], json!(sent.message.map(|id| id.to_string())));
    let file = sent.file().context("no file")?;
    let folder = String::from_utf8(file.content.to_vec())?;
    Ok((folder.rsplit('/').next().unwrap_or_default().to_owned(), sent.text))
}

#[tokio::test]
async fn a_file_comes_from_the_workspace_of_the_default_agent_or_of_the_session_that_is_named() -> anyhow::Result<()> {
    let (stage, chat) = two_agents().await?;
    let plan = json!({ "message": "The plan.", "mediaUrl": "plan.txt", "idempotencyKey": "1" });
    assert_eq!(sends(&stage, &chat, &plan).await?, ("office".into(), "The plan.".into()));
    let plan = json!({ "message": "Mine.", "mediaUrls": ["plan.txt"], "sessionKey": "agent:main:main",
        "idempotencyKey": "2" });
    assert_eq!(sends(&stage, &chat, &plan).await?, ("house".into(), "Mine.".into()));
    Ok(())
}

#[tokio::test]
async fn a_file_without_words_arrives_once_and_its_name_is_kept_in_the_session() -> anyhow::Result<()> {
    let (stage, mut chat) = two_agents().await?;
    stage.model.otherwise(|_| fakes::model::Answer::text("fine"));
    chat.ask("hello").await?;
    let plan = json!({ "message": " ", "mediaUrl": "plan.txt", "sessionKey": "main", "idempotencyKey": "1" });
    assert_eq!(sends(&stage, &chat, &plan).await?, ("office".into(), String::new()));
    let history = serde_json::to_string(&chat.history().await?)?;
    assert!(history.contains("plan.txt"), "{history}");
    let to = stage.telegram.user("ann").id().to_string();
    let nothing = json!({ "to": to, "channel": "telegram", "message": " ", "idempotencyKey": "2" });
    let Err(refused) = chat.call("send", &nothing).await else { anyhow::bail!("nothing was sent") };
    assert!(format!("{refused:#}").contains("send requires text or media"), "{refused:#}");
    assert_eq!(stage.telegram.texts(), [""]);
    Ok(())
}
