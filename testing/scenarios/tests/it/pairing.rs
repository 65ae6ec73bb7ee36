//! A stranger writes to the bot.

use fakes::model::Answer;
use fakes::{FakeModel, FakeTelegram};
use testkit::{TestGateway, config_for};

const ALPHABET: &str = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789";

fn code_in(text: &str) -> String {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric());
    let mut codes = words.filter(|word| word.len() == 6 && word.chars().all(|c| ALPHABET.contains(c)));
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
