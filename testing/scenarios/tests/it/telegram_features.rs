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
    let photo = stage.telegram.expect(|sent| sent.file().is_some()).await;
    assert_eq!(photo.file().map(|file| file.content.to_vec()), Some(PNG.to_vec()));
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
    assert!(told.files.is_empty());
    assert!(stage.telegram.log().iter().all(|sent| sent.files.is_empty()));
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
    let mut lines = Vec::new();
    for piece in &sent {
        for (number, part) in piece.raw.split("<pre>").enumerate() {
            let (inside, outside) =
                if number == 0 { ("", part) } else { part.split_once("</pre>").expect("a closed fence") };
            assert!(!outside.contains("let line_"), "code outside of a fence: {outside}");
            lines.extend(inside.lines().filter(|line| line.contains("let line_")).map(str::to_owned));
        }
    }
    let number = |line: &String| line.split_once("let line_")?.1.split_once(" = ")?.0.parse().ok();
    let numbers: Vec<usize> = lines.iter().filter_map(number).collect();
    assert_eq!(numbers, (0..400).collect::<Vec<_>>(), "every line of the code, in order");
    assert!(sent[0].raw.contains("<b>Bold</b>") && sent[0].raw.contains("&lt;tag&gt;"), "{}", sent[0].raw);
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

#[tokio::test]
async fn a_webhook_call_that_was_answered_with_200_survives_a_kill_at_that_moment() -> anyhow::Result<()> {
    let mut stage = Stage::set_with(|config| {
        let telegram = &mut config["channels"]["telegram"];
        telegram["webhookUrl"] = "https://bot.example.org/telegram".into();
        telegram["webhookPath"] = "/telegram".into();
        telegram["webhookSecret"] = "the-secret".into();
    })
    .await?;
    stage.account_is("connected").await?;
    stage.model.otherwise(|_| Answer::text("not forgotten"));
    let ann = stage.telegram.user("ann").id();
    let update = serde_json::json!({ "update_id": 902, "message": { "message_id": 6, "date": 1_795_167_051,
        "chat": { "id": ann, "type": "private", "first_name": "ann" },
        "from": { "id": ann, "is_bot": false, "first_name": "ann" }, "text": "remember this" } });
    // Nothing can leave before the kill.
    stage.telegram.slow("sendMessage", std::time::Duration::from_secs(60));
    let address = format!("127.0.0.1:{}", stage.gateway.port());
    assert_eq!(post(&address, "/telegram", Some("the-secret"), &update.to_string()).await?, 200);
    stage.gateway.kill().await?;
    stage.telegram.mend();
    stage.gateway.restart().await?;
    assert_eq!(stage.telegram.expect_reply().await.text, "not forgotten");
    Ok(())
}

#[tokio::test]
async fn a_topic_is_answered_in_its_place_and_knows_nothing_of_the_next_one() -> anyhow::Result<()> {
    let stage = Stage::set_with(|config| {
        let ann = config["channels"]["telegram"]["allowFrom"].clone();
        config["channels"]["telegram"]["groupAllowFrom"] = ann;
    })
    .await?;
    stage.model.otherwise(|_| Answer::text("in its place"));
    let forum = stage.telegram.forum("House");
    for (topic, text) in [(7, "the roof leaks"), (8, "who cooks?")] {
        forum.clone().topic(topic).user("ann").mentions(text);
        let answer = stage.telegram.expect_reply().await;
        assert_eq!((answer.chat, answer.thread), (forum.id(), Some(topic)));
    }
    let second = stage.model.request(2).await.body.to_string();
    assert!(second.contains("who cooks?") && !second.contains("the roof leaks"), "{second}");
    Ok(())
}

#[tokio::test]
async fn an_edit_changes_no_answer_whether_it_comes_before_it_after_it_or_twice() -> anyhow::Result<()> {
    let stage = Stage::set().await?;
    let ann = stage.telegram.user("ann");
    stage.model.answer(Answer::text("first").stall());
    let early = ann.says("helo");
    stage.model.stalled(1).await;
    ann.edits(early, "hello");
    stage.telegram.all_confirmed().await;
    stage.model.release();
    assert_eq!(stage.telegram.expect_reply().await.text, "first");

    stage.model.otherwise(|_| Answer::text("second"));
    ann.edits(early, "hello!");
    ann.edits(early, "hello!!");
    ann.says("and now?");
    assert_eq!(stage.telegram.expect_reply().await.text, "second");
    assert_eq!(stage.telegram.texts(), ["first", "second"]);
    let asked = stage.model.request(2).await.body.to_string();
    assert!(asked.contains("helo") && !asked.contains("hello!"), "the conversation holds what was answered: {asked}");
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

#[tokio::test]
async fn the_line_below_an_answer_goes_through_its_modes_and_tells_what_was_spent() -> anyhow::Result<()> {
    let stage = Stage::set_with(|config| {
        let model = &mut config["models"]["providers"]["fake"]["models"][0];
        model["cost"] = serde_json::json!({ "input": 1000.0, "output": 1000.0, "cacheRead": 0, "cacheWrite": 0 });
    })
    .await?;
    stage.model.otherwise(|_| Answer::text("Fine.").usage(1500, 20, 0));
    let ann = stage.telegram.user("ann");
    let mut answers = Vec::new();
    for _ in 0..4 {
        ann.says("how are you?");
        answers.push(stage.telegram.expect_reply().await.text);
        ann.says("/usage");
        stage.telegram.expect_reply().await;
    }
    let tokens = "Fine.\nUsage: 1.5k in / 20 out · est $1.52";
    let full = format!("{tokens} · session agent:main:main");
    assert_eq!(answers, ["Fine.", tokens, full.as_str(), "Fine."]);
    ann.says("/usage cost");
    let told = stage.telegram.expect_reply().await.text;
    let spent: Vec<&str> = told.lines().filter_map(|line| line.split_once(": ")).map(|(_, sum)| sum).collect();
    assert!(spent.len() == 3 && spent.iter().all(|sum| sum.starts_with("$6.08")), "{told}");
    Ok(())
}

#[tokio::test]
async fn reasoning_is_a_message_before_the_answer_for_who_asked_for_it_and_nobody_else() -> anyhow::Result<()> {
    let stage = Stage::set().await?;
    stage.model.otherwise(|_| Answer::text("Four.").thinking("Two and two.", "signature"));
    let ann = stage.telegram.user("ann");
    ann.says("what is 2 + 2?");
    assert_eq!(stage.telegram.expect_reply().await.text, "Four.");
    ann.says("/reasoning on");
    assert_eq!(stage.telegram.expect_reply().await.text, "Reasoning: on.");
    ann.says("what is 2 + 2?");
    let thought = stage.telegram.expect_reply().await;
    assert_eq!(
        (thought.text.as_str(), thought.raw.as_str()),
        ("Reasoning:\nTwo and two.", "Reasoning:\n<i>Two and two.</i>")
    );
    assert_eq!(stage.telegram.expect_reply().await.text, "Four.");
    ann.says("/reasoning off");
    assert_eq!(stage.telegram.expect_reply().await.text, "Reasoning: off.");
    ann.says("what is 2 + 2?");
    assert_eq!(stage.telegram.expect_reply().await.text, "Four.");
    Ok(())
}
