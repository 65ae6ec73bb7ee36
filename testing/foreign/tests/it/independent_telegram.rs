//! A Telegram that is not ours: text in and out, by polling and by webhook.

use fakes::{FakeModel, model::Answer};
use foreign::{Process, free_port, peer};
use net::{Egress, Http, HttpConfig, Request};
use serde_json::{Value, json};
use testkit::{Home, TestGateway, config_for};

const BOT: &str = "777:independent";
const ANN: i64 = 4242;

/// The server on a port of its own, and a folder for it.
struct Telegram {
    server: Process,
    url: String,
    _home: Home,
}

impl Telegram {
    async fn start() -> anyhow::Result<Option<Self>> {
        let Some(peer) = peer("telegram-test-api")? else { return Ok(None) };
        let (home, port) = (Home::new()?, free_port().await?);
        let mut command = peer.script("telegram.cjs", home.path());
        command.arg(port.to_string());
        let server = Process::start(command, "listening").await?;
        Ok(Some(Self { server, url: format!("http://127.0.0.1:{port}"), _home: home }))
    }

    /// Ann writes to the bot.
    async fn ann_says(&self, text: &str) -> anyhow::Result<()> {
        let ann = json!({ "id": ANN, "is_bot": false, "first_name": "Ann", "username": "ann" });
        let chat = json!({ "id": ANN, "first_name": "Ann", "type": "private" });
        let message = json!({ "botToken": BOT, "from": ann, "chat": chat, "date": 1_790_000_000, "text": text });
        let request = Request::post(Egress::Configured, &format!("{}/sendMessage", self.url)).json(&message);
        anyhow::ensure!(Http::new(HttpConfig::default()).send(request).await?.is_success());
        Ok(())
    }

    /// What the bot sends next.
    async fn sent(&mut self) -> anyhow::Result<Value> {
        let line: Value = serde_json::from_str(&self.server.line(r#"{"sent""#).await?)?;
        Ok(line["sent"].clone())
    }

    fn config(&self, model: &FakeModel) -> Value {
        let mut config = config_for(Some(model), None);
        config["channels"] = json!({ "telegram": { "botToken": BOT, "apiRoot": self.url, "allowFrom": [ANN] } });
        config
    }
}

#[tokio::test]
async fn a_polled_telegram_that_is_not_ours_brings_a_message_and_takes_the_answer() -> anyhow::Result<()> {
    let Some(mut telegram) = Telegram::start().await? else { return Ok(()) };
    let model = FakeModel::start().await?;
    model.answer(Answer::text("Hello **Ann**"));
    let _gateway = TestGateway::start(&telegram.config(&model)).await?;
    telegram.ann_says("hello bot").await?;
    let sent = telegram.sent().await?;
    assert_eq!(sent["chat_id"].to_string().trim_matches('"'), ANN.to_string());
    assert_eq!((&sent["text"], &sent["parse_mode"]), (&json!("Hello <b>Ann</b>"), &json!("HTML")));
    assert!(model.request(1).await.user_text().contains("hello bot"));

    model.answer(Answer::text("Still here"));
    telegram.ann_says("and again").await?;
    assert_eq!(telegram.sent().await?["text"], "Still here");
    assert_eq!(model.requests().len(), 2);
    Ok(())
}

#[tokio::test]
async fn a_telegram_that_is_not_ours_calls_the_webhook_and_takes_the_answer() -> anyhow::Result<()> {
    let Some(mut telegram) = Telegram::start().await? else { return Ok(()) };
    let model = FakeModel::start().await?;
    let mut gateway = TestGateway::start(&config_for(Some(&model), None)).await?;
    gateway.stop().await?;
    let mut config = telegram.config(&model);
    config["channels"]["telegram"]["webhookUrl"] = format!("{}/telegram-webhook", gateway.http_url()).into();
    config["channels"]["telegram"]["webhookSecret"] = "a-secret-of-the-test".into();
    gateway.home().write_config(&config)?;
    gateway.restart().await?;
    telegram.server.line(r#"{"webhook""#).await?;
    model.answer(Answer::text("Called"));
    telegram.ann_says("hello hook").await?;
    assert_eq!(telegram.sent().await?["text"], "Called");
    Ok(())
}
