//! The owner says from a chat who is heard.

use fakes::model::Answer;

use crate::pairing::code_in;
use crate::stage::Stage;

#[tokio::test]
async fn the_owner_lets_somebody_in_and_out_again_without_a_restart() -> anyhow::Result<()> {
    let stage = Stage::set_with(|config| config["commands"]["config"] = true.into()).await?;
    stage.model.otherwise(|_| Answer::text("Welcome."));
    let (ann, bob) = (stage.telegram.user("ann"), stage.telegram.user("bob"));
    ann.says(&format!("/allowlist add {}", bob.id()));
    let told = stage.telegram.expect_reply().await.text;
    assert!(told.contains("channels.telegram.allowFrom") && told.contains("store"), "{told}");
    bob.says("hello");
    assert_eq!(stage.telegram.expect_reply().await.text, "Welcome.");
    ann.says("/allowlist dm");
    let shown = stage.telegram.expect_reply().await.text;
    assert!(shown.contains(&format!("{}, {}", ann.id(), bob.id())), "{shown}");
    ann.says(&format!("/allowlist dm remove {}", bob.id()));
    stage.telegram.expect_reply().await;
    bob.says("still there?");
    assert!(stage.telegram.expect_reply().await.text.contains("pairing"), "bob is a stranger again");
    Ok(())
}

#[tokio::test]
async fn nobody_but_the_owner_changes_the_lists_and_the_owner_only_where_the_config_allows_it() -> anyhow::Result<()> {
    let stage = Stage::set().await?;
    let bob = stage.telegram.user("bob");
    stage.telegram.user("ann").says(&format!("/allowlist add {}", bob.id()));
    assert!(stage.telegram.expect_reply().await.text.contains("commands.config"));
    bob.says("hello");
    let code = code_in(&stage.telegram.expect_reply().await.text);
    stage.gateway.cli(&["pairing", "approve", "telegram", &code]).await?;
    stage.telegram.expect_reply().await;
    bob.says("/allowlist");
    assert!(stage.telegram.expect_reply().await.text.starts_with("Only the owner"));
    Ok(())
}

#[tokio::test]
async fn a_client_changes_the_lists_only_with_the_scope_that_the_config_needs() -> anyhow::Result<()> {
    let stage = Stage::set_with(|config| config["commands"]["config"] = true.into()).await?;
    let mut writer = stage.gateway.chat_with("main", &["operator.read", "operator.write"]).await?;
    let told = writer.ask("/allowlist add 4711 channel=telegram").await?.text;
    assert!(told.contains("operator.admin"), "{told}");
    let mut admin = stage.gateway.chat("main").await?;
    assert!(!admin.ask("/allowlist channel=telegram").await?.text.contains("4711"));
    let told = admin.ask("/allowlist add 4711 channel=telegram").await?.text;
    assert!(told.contains("channels.telegram.allowFrom"), "{told}");
    Ok(())
}

#[tokio::test]
async fn a_username_goes_into_the_config_and_never_into_the_store() -> anyhow::Result<()> {
    let stage = Stage::set_with(|config| config["commands"]["config"] = true.into()).await?;
    let mut admin = stage.gateway.chat("main").await?;
    let told = admin.ask("/allowlist add telegram:@bob channel=telegram --store").await?.text;
    assert!(told.contains("no usernames"), "{told}");
    let told = admin.ask("/allowlist add telegram:@bob channel=telegram").await?.text;
    assert!(told.contains("config") && !told.contains("store"), "{told}");
    assert_eq!(admin.ask("/allowlist add bob --config channel=telegram").await?.text, "bob is there already.");
    Ok(())
}

#[tokio::test]
async fn two_changes_at_once_are_both_kept() -> anyhow::Result<()> {
    let stage = Stage::set_with(|config| config["commands"]["config"] = true.into()).await?;
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..6 {
        let mut chat = stage.gateway.chat(&format!("chat-{number}")).await?;
        let wish = format!("/allowlist add 90{number} channel=telegram --config");
        tasks.spawn(async move { chat.ask(&wish).await.map(drop) });
    }
    for added in tasks.join_all().await {
        added?;
    }
    let shown = stage.gateway.chat("main").await?.ask("/allowlist channel=telegram").await?.text;
    assert!((0..6).all(|number| shown.contains(&format!("90{number}"))), "{shown}");
    Ok(())
}
