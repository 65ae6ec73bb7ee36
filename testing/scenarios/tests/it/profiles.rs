//! Several accounts with one vendor: which one is asked, and which one rests.

use fakes::FakeModel;
use fakes::model::Answer;
use serde_json::{Value, json};
use testkit::{Home, TestGateway, config_for};

/// A gateway with the two keys `key-a` and `key-b` in its credential file.
async fn with_two_keys(model: &FakeModel) -> anyhow::Result<TestGateway> {
    let home = Home::new()?;
    let mut config = config_for(Some(model), None);
    if let Some(fake) = config["models"]["providers"]["fake"].as_object_mut() {
        fake.remove("apiKey");
    }
    home.write_config(&config)?;
    let key = |key: &str| json!({ "type": "api_key", "provider": "fake", "key": key });
    let profiles = json!({ "version": 1, "profiles": { "fake:a": key("key-a"), "fake:b": key("key-b") } });
    let file = credentials(&home);
    std::fs::create_dir_all(file.parent().unwrap_or(home.path()))?;
    std::fs::write(file, profiles.to_string())?;
    TestGateway::start_in(home, &[]).await
}

fn credentials(home: &Home) -> std::path::PathBuf {
    home.state().join("agents/main/agent/auth-profiles.json")
}

/// The keys that were shown to the vendor, in order.
fn shown(model: &FakeModel) -> Vec<String> {
    let key = |header: Option<&str>| header.unwrap_or_default().replace("Bearer ", "");
    model.requests().iter().map(|seen| key(seen.header("authorization"))).collect()
}

#[tokio::test]
async fn a_limited_account_rests_across_a_restart_and_the_other_one_answers() -> anyhow::Result<()> {
    let model = FakeModel::start().await?;
    let mut gateway = with_two_keys(&model).await?;
    model.answer(Answer::status(429).retry_after("600"));
    assert_eq!(gateway.chat("main").await?.ask("hello").await?.text, "ok");
    assert_eq!(shown(&model), ["key-a", "key-b"]);
    let file: Value = serde_json::from_slice(&std::fs::read(credentials(gateway.home()))?)?;
    assert!(file["usageStats"]["fake:a"]["cooldownUntil"].is_number(), "{file}");
    gateway.kill().await?;
    gateway.restart().await?;
    gateway.chat("main").await?.ask("again").await?;
    assert_eq!(shown(&model), ["key-a", "key-b", "key-b"]);
    Ok(())
}

#[tokio::test]
async fn a_conversation_stays_with_one_account_and_another_one_takes_the_other() -> anyhow::Result<()> {
    let model = FakeModel::start().await?;
    let mut gateway = with_two_keys(&model).await?;
    let mut chat = gateway.chat("main").await?;
    chat.ask("one").await?;
    chat.ask("two").await?;
    gateway.kill().await?;
    gateway.restart().await?;
    let mut chat = gateway.chat("main").await?;
    chat.ask("three").await?;
    assert_eq!(shown(&model), ["key-a", "key-a", "key-a"]);
    gateway.chat("other").await?.ask("four").await?;
    chat.ask("five").await?;
    assert_eq!(shown(&model)[3..], ["key-b", "key-a"]);
    Ok(())
}

#[tokio::test]
async fn an_account_that_a_person_chose_is_never_exchanged() -> anyhow::Result<()> {
    let model = FakeModel::start().await?;
    let gateway = with_two_keys(&model).await?;
    let mut chat = gateway.chat("main").await?;
    let told = chat.ask("/model fake/fake-1@b").await?.text;
    assert!(told.contains("fake:b"), "{told}");
    assert!(chat.ask("/model fake/fake-1@nobody").await?.text.contains("fake:a, fake:b"));
    model.answer(Answer::status(429).retry_after("600"));
    let refused = chat.ask("hello").await?;
    assert!(refused.error.is_some(), "{refused:?}");
    assert_eq!(chat.ask("and now").await?.text, "ok");
    assert_eq!(shown(&model), ["key-b", "key-b"]);
    Ok(())
}

#[tokio::test]
async fn a_refused_token_gives_way_to_a_key() -> anyhow::Result<()> {
    let model = FakeModel::start().await?;
    let gateway = with_two_keys(&model).await?;
    let file = credentials(gateway.home());
    let mut stored: Value = serde_json::from_slice(&std::fs::read(&file)?)?;
    stored["profiles"]["fake:t"] = json!({ "type": "token", "provider": "fake", "token": "token-t" });
    std::fs::write(&file, stored.to_string())?;
    model.answer(Answer::status(401));
    assert_eq!(gateway.chat("main").await?.ask("hello").await?.text, "ok");
    assert_eq!(shown(&model), ["token-t", "key-a"]);
    Ok(())
}
