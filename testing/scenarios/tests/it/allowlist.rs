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
