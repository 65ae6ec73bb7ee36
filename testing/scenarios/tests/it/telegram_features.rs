//! What a person on Telegram sees besides plain text.

use fakes::model::Answer;

use crate::stage::Stage;

/// A picture of one red point.
pub(crate) const PNG: &[u8] = &[
    0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 0x0d, b'I', b'H', b'D', b'R', 0, 0, 0, 1, 0, 0, 0, 1, 8,
    2, 0, 0, 0, 0x90, 0x77, 0x53, 0xde, 0, 0, 0, 0x0c, b'I', b'D', b'A', b'T', 8, 0xd7, 0x63, 0xf8, 0xcf, 0xc0, 0, 0,
    3, 1, 1, 0, 0x18, 0xdd, 0x8d, 0xb0, 0, 0, 0, 0, b'I', b'E', b'N', b'D', 0xae, 0x42, 0x60, 0x82,
];

#[tokio::test]
async fn a_picture_reaches_the_model_and_one_of_ours_reaches_the_person() -> anyhow::Result<()> {
    let stage = Stage::set().await?;
    std::fs::create_dir_all(stage.gateway.home().workspace())?;
    std::fs::write(stage.gateway.home().workspace().join("chart.png"), PNG)?;
    stage.model.answer(Answer::text("A red point. Here is mine:\nMEDIA:chart.png"));
    stage.telegram.user("ann").sends_photo(PNG, "what is this?");
    stage.telegram.expect(|sent| sent.text == "A red point. Here is mine:").await;
    let photo = stage.telegram.expect(|sent| sent.file.is_some()).await;
    assert_eq!(photo.file.map(|file| file.content.to_vec()), Some(PNG.to_vec()));
    let asked = stage.model.request(1).await;
    assert!(asked.user_text().contains("what is this?"));
    assert!(asked.body.to_string().contains("data:image/"), "the picture itself was sent to the model");
    Ok(())
}

#[tokio::test]
async fn a_file_outside_the_workspace_is_not_sent_because_a_model_named_it() -> anyhow::Result<()> {
    let stage = Stage::set().await?;
    let config = stage.gateway.home().config_path();
    stage.model.answer(Answer::text(format!("Here:\nMEDIA:{}", config.display())));
    stage.telegram.user("ann").says("send me the config");
    let told = stage.telegram.expect(|sent| sent.text.contains("could not be sent")).await;
    assert!(told.file.is_none());
    assert!(stage.telegram.log().iter().all(|sent| sent.file.is_none()));
    Ok(())
}

#[tokio::test]
async fn markdown_is_shown_as_telegram_shows_it_and_fences_stay_whole() -> anyhow::Result<()> {
    let stage = Stage::set().await?;
    let code: String = (0..400).map(|n| format!("let line_{n} = {n};\n")).collect();
    stage.model.answer(Answer::text(format!("**Bold** and `code` & <tag>\n\n```rust\n{code}```\nEnd.")));
    stage.telegram.user("ann").says("code please");
    stage.telegram.expect(|sent| sent.text.contains("End.")).await;
    let sent: Vec<_> = stage.telegram.log().into_iter().filter(|sent| sent.is_message()).collect();
    assert!(sent.len() > 1);
    assert!(sent[0].raw.contains("<b>Bold</b>") && sent[0].raw.contains("&lt;tag&gt;"), "{}", sent[0].raw);
    for piece in &sent {
        assert_eq!(piece.raw.matches("<pre>").count(), piece.raw.matches("</pre>").count(), "{}", piece.raw);
    }
    Ok(())
}

#[tokio::test]
async fn commands_answer_without_a_model() -> anyhow::Result<()> {
    let stage = Stage::set().await?;
    let ann = stage.telegram.user("ann");
    ann.says("/whoami");
    assert!(stage.telegram.expect_reply().await.text.contains(&ann.id().to_string()));
    ann.says("/think high");
    assert_eq!(stage.telegram.expect_reply().await.text, "Thinking level set to high.");
    ann.says("/status");
    assert!(stage.telegram.expect_reply().await.text.contains("fake/fake-1"));
    assert!(stage.model.requests().is_empty());
    Ok(())
}

#[tokio::test]
async fn a_stop_word_ends_the_run_of_the_chat_it_was_said_in() -> anyhow::Result<()> {
    let stage = Stage::set().await?;
    stage.model.answer(Answer::text("never ending").stall());
    let ann = stage.telegram.user("ann");
    ann.says("go on and on");
    stage.model.stalled(1).await;
    ann.says("stop");
    assert!(stage.telegram.expect_reply().await.text.contains("aborted"));
    stage.model.abandoned(1).await;
    Ok(())
}

#[tokio::test]
async fn a_webhook_is_answered_only_with_its_secret_and_after_the_journal_has_the_message() -> anyhow::Result<()> {
    let stage = Stage::set_with(|config| {
        let telegram = &mut config["channels"]["telegram"];
        telegram["webhookUrl"] = "https://bot.example.org/telegram".into();
        telegram["webhookPath"] = "/telegram".into();
        telegram["webhookSecret"] = "the-secret".into();
    })
    .await?;
    stage.account_is("connected").await?;
    stage.model.otherwise(|_| Answer::text("by webhook"));
    let update = serde_json::json!({ "update_id": 901, "message": { "message_id": 5, "date": 1_795_167_051,
        "chat": { "id": stage.telegram.user("ann").id(), "type": "private", "first_name": "ann" },
        "from": { "id": stage.telegram.user("ann").id(), "is_bot": false, "first_name": "ann" }, "text": "hook" } });
    let address = format!("127.0.0.1:{}", stage.gateway.port());
    assert_eq!(post(&address, "/telegram", None, &update.to_string()).await?, 401);
    assert_eq!(post(&address, "/telegram", Some("the-secret"), &update.to_string()).await?, 200);
    assert_eq!(stage.telegram.expect_reply().await.text, "by webhook");
    let chain = stage.explained().await?.to_string();
    assert!(chain.contains("901") || chain.contains("inbound.received"), "{chain}");
    Ok(())
}

/// The status of one POST, by hand: the caller is nobody's client library.
async fn post(address: &str, path: &str, secret: Option<&str>, body: &str) -> anyhow::Result<u16> {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let mut socket = tokio::net::TcpStream::connect(address).await?;
    let secret = secret.map(|s| format!("X-Telegram-Bot-Api-Secret-Token: {s}\r\n")).unwrap_or_default();
    let request = format!(
        "POST {path} HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\n{secret}Content-Length: {}\r\n\
         Connection: close\r\n\r\n{body}",
        body.len()
    );
    socket.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await?;
    Ok(answer.split(' ').nth(1).unwrap_or_default().parse()?)
}
