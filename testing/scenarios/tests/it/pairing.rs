//! A stranger writes to the bot.

use std::time::Duration;

use fakes::model::Answer;
use fakes::{FakeModel, FakeTelegram};
use serde_json::json;
use testkit::{Home, TestGateway, config_for};

use crate::commands::run;

const ALPHABET: &str = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789";

pub(crate) fn code_in(text: &str) -> String {
    code_of(6, text)
}

fn code_of(length: usize, text: &str) -> String {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric());
    let mut codes = words.filter(|word| word.len() == length && word.chars().all(|c| ALPHABET.contains(c)));
    codes.next().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn a_stranger_gets_a_pairing_code_and_nothing_else() -> anyhow::Result<()> {
    let model = FakeModel::start().await?;
    let telegram = FakeTelegram::start().await?;
    let gateway = TestGateway::start(&config_for(Some(&model), Some((&telegram, &[])))).await?;
    model.answer(Answer::text("Hello, friend"));

    let stranger = telegram.user("bob");
    stranger.says("who are you?");
    let told = telegram.expect_reply().await;
    let code = code_in(&told.text);
    assert_eq!(code.len(), 6, "{}", told.text);
    assert!(told.text.contains(&stranger.id().to_string()), "{}", told.text);
    assert!(told.text.contains(&format!("pairing approve telegram {code}")), "{}", told.text);

    stranger.says("hello?");
    telegram.all_confirmed().await;
    let listed = gateway.cli_json(&["pairing", "list", "telegram", "--json"]).await?;
    assert!(listed.to_string().contains(&code), "{listed}");
    assert_eq!(telegram.texts().len(), 1, "a stranger is told once: {:?}", telegram.texts());
    assert!(model.requests().is_empty(), "no model was asked for a stranger");

    let approved = gateway.cli(&["pairing", "approve", "telegram", &code.to_lowercase()]).await?;
    assert!(approved.status.success(), "{}", String::from_utf8_lossy(&approved.stderr));
    let welcome = telegram.expect_reply().await;
    assert_eq!(welcome.chat, stranger.chat());

    stranger.says("now?");
    let answer = telegram.expect_reply().await;
    assert_eq!(answer.text, "Hello, friend");
    Ok(())
}

#[tokio::test]
async fn a_code_that_nobody_was_given_lets_nobody_in() -> anyhow::Result<()> {
    let telegram = FakeTelegram::start().await?;
    let gateway = TestGateway::start(&config_for(None, Some((&telegram, &[])))).await?;
    let refused = gateway.cli(&["pairing", "approve", "telegram", "AAAAAA"]).await?;
    assert!(!refused.status.success());
    Ok(())
}

#[tokio::test]
async fn who_wrote_to_another_account_is_welcomed_by_that_account() -> anyhow::Result<()> {
    let telegram = FakeTelegram::start().await?;
    let mut config = config_for(None, None);
    config["channels"] = json!({ "telegram": { "accounts": { "work": {
        "botToken": telegram.token(), "apiRoot": telegram.url() } } } });
    let gateway = TestGateway::start(&config).await?;
    let stranger = telegram.user("bob");
    stranger.says("hello?");
    let code = code_in(&telegram.expect_reply().await.text);
    let waiting = gateway.cli_json(&["pairing", "list", "--channel", "telegram", "--json"]).await?;
    assert_eq!(waiting["requests"][0]["accountId"], "work", "{waiting}");
    let approved = gateway.cli(&["pairing", "approve", &code, "--channel", "telegram"]).await?;
    assert!(approved.status.success(), "{approved:?}");
    assert_eq!(telegram.expect_reply().await.chat, stranger.chat());
    Ok(())
}

#[tokio::test]
async fn an_approval_does_not_wait_for_a_network_that_is_gone() -> anyhow::Result<()> {
    let telegram = FakeTelegram::start().await?;
    let gateway = TestGateway::start(&config_for(None, Some((&telegram, &[])))).await?;
    let stranger = telegram.user("bob");
    stranger.says("hello?");
    let code = code_in(&telegram.expect_reply().await.text);
    telegram.offline().await;
    let words = ["pairing", "approve", "telegram", &code];
    let approving = gateway.cli(&words);
    let approved = tokio::time::timeout(Duration::from_secs(10), approving).await??;
    assert!(approved.status.success(), "{approved:?}");
    telegram.online().await?;
    assert_eq!(telegram.expect_reply().await.chat, stranger.chat(), "the welcome comes when the network is back");
    Ok(())
}

#[tokio::test]
async fn a_code_and_a_person_let_in_outlive_restarts_and_a_person_can_be_removed_again() -> anyhow::Result<()> {
    let model = FakeModel::start().await?;
    model.otherwise(|_| Answer::text("Hello, friend"));
    let telegram = FakeTelegram::start().await?;
    let mut gateway = TestGateway::start(&config_for(Some(&model), Some((&telegram, &[])))).await?;
    let stranger = telegram.user("bob");
    stranger.says("hello?");
    let code = code_in(&telegram.expect_reply().await.text);
    gateway.stop().await?;
    gateway.restart().await?;
    assert!(gateway.cli(&["pairing", "approve", "telegram", &code]).await?.status.success());
    telegram.expect_reply().await;
    gateway.stop().await?;
    gateway.restart().await?;
    stranger.says("and now?");
    assert_eq!(telegram.expect_reply().await.text, "Hello, friend");
    let id = stranger.id().to_string();
    let removed = gateway.cli_json(&["pairing", "remove", "telegram", &id, "--json"]).await?;
    assert_eq!(removed["removed"], true, "{removed}");
    stranger.says("still?");
    let told = telegram.expect_reply().await.text;
    assert_eq!(code_in(&told).len(), 6, "a stranger again: {told}");
    Ok(())
}

#[tokio::test]
async fn the_length_of_codes_holds_for_the_next_stranger_without_a_restart() -> anyhow::Result<()> {
    let telegram = FakeTelegram::start().await?;
    let gateway = TestGateway::start(&config_for(None, Some((&telegram, &[])))).await?;
    let chat = gateway.chat("main").await?;
    let hash = chat.call("config.get", &json!({})).await?["hash"].clone();
    let raw = json!({ "pairing": { "codeLength": 9 } }).to_string();
    chat.call("config.patch", &json!({ "raw": raw, "baseHash": hash })).await?;
    telegram.user("bob").says("hello?");
    let told = telegram.expect_reply().await.text;
    assert_eq!(code_of(9, &told).len(), 9, "{told}");
    Ok(())
}

#[tokio::test]
async fn a_code_of_the_published_program_is_approved_without_a_gateway() -> anyhow::Result<()> {
    let home = Home::new()?;
    home.write_config(&config_for(None, None))?;
    let store = home.state().join("credentials");
    std::fs::create_dir_all(&store)?;
    // Of the future, so that it never runs out.
    let asking = json!({ "version": 1, "requests": [{ "id": "555", "code": "ABCDEFGH",
        "createdAt": "2099-01-01T00:00:00.000Z", "lastSeenAt": "2099-01-01T00:00:00.000Z" }] });
    std::fs::write(store.join("telegram-pairing.json"), asking.to_string())?;
    let approved = run(&home, &["pairing", "approve", "telegram", "abcdefgh"]).await?;
    assert!(approved.status.success(), "{approved:?}");
    assert!(String::from_utf8_lossy(&approved.stdout).contains("tell them yourself"), "{approved:?}");
    let removed = run(&home, &["pairing", "remove", "telegram", "555", "--json"]).await?;
    assert!(String::from_utf8_lossy(&removed.stdout).contains("\"removed\": true"), "{removed:?}");
    Ok(())
}

#[tokio::test]
async fn a_broken_store_gives_no_codes_and_keeps_nobody_waiting_who_is_let_in() -> anyhow::Result<()> {
    let model = FakeModel::start().await?;
    model.otherwise(|_| Answer::text("Hello, friend"));
    let telegram = FakeTelegram::start().await?;
    let ann = telegram.user("ann");
    let home = Home::new()?;
    home.write_config(&config_for(Some(&model), Some((&telegram, &[ann.id()]))))?;
    let store = home.state().join("credentials").join("telegram-pairing.json");
    std::fs::create_dir_all(home.state().join("credentials"))?;
    std::fs::write(&store, "{ torn")?;
    let gateway = TestGateway::start_in(home, &[]).await?;
    telegram.user("bob").says("hello?");
    telegram.user("bob").says("anybody?");
    ann.says("hello");
    assert_eq!(telegram.expect_reply().await.text, "Hello, friend");
    telegram.all_confirmed().await;
    assert_eq!(telegram.texts().len(), 1, "a stranger is told nothing: {:?}", telegram.texts());
    let log = gateway.chat("main").await?.call("logs.tail", &json!({ "limit": 1000 })).await?.to_string();
    assert_eq!(log.matches("strangers get no pairing codes").count(), 1, "{log}");
    let doctor = gateway.cli(&["doctor"]).await?;
    let found = String::from_utf8_lossy(&doctor.stdout);
    assert!(!doctor.status.success() && found.contains("telegram-pairing.json"), "{found}");
    assert_eq!(std::fs::read_to_string(&store)?, "{ torn");
    Ok(())
}
