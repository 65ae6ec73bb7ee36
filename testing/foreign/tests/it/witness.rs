//! Our fake Telegram, accepted by a bot library we did not write. What tests rely on in the fake is used here first.

use fakes::{FakeTelegram, telegram::Fault};
use foreign::{Process, peer};
use net::{Egress, Http, HttpConfig, Request};
use serde_json::{Value, json};
use testkit::Home;

/// A grammY bot on our fake.
struct Witness {
    bot: Process,
    telegram: FakeTelegram,
    _home: Home,
}

impl Witness {
    async fn start(mode: &str) -> anyhow::Result<Option<Self>> {
        let Some(grammy) = peer("grammy")? else { return Ok(None) };
        let (telegram, home) = (FakeTelegram::start().await?, Home::new()?);
        let mut command = grammy.script("witness.cjs", home.path());
        command.args([&telegram.url(), telegram.token(), mode]);
        let bot = Process::start(command, r#""ready""#).await?;
        Ok(Some(Self { bot, telegram, _home: home }))
    }

    /// What the bot saw of this kind.
    async fn saw(&mut self, kind: &str) -> anyhow::Result<Value> {
        let line = self.bot.line(&format!("{{\"{kind}\"")).await?;
        Ok(serde_json::from_str(&line)?)
    }
}

fn picture() -> Vec<u8> {
    [b"\x89PNG\r\n\x1a\n".as_slice(), &[7; 2000]].concat()
}

#[tokio::test]
async fn a_bot_polls_the_fake_and_answers_in_private_groups_and_topics() -> anyhow::Result<()> {
    let Some(mut witness) = Witness::start("poll").await? else { return Ok(()) };
    let telegram = witness.telegram.clone();
    let asked = telegram.user("Ann").says("hello");
    let seen = witness.saw("text").await?;
    assert_eq!(seen, json!({ "text": "hello", "chat": "private", "from": "Ann", "mentions": [] }));
    let reply = telegram.expect_reply().await;
    assert_eq!((reply.text.as_str(), reply.reply_to), ("echo: hello", Some(asked)));
    assert!(telegram.log().iter().any(|call| call.method == "sendChatAction"));

    telegram.group("Friends").user("Bob").mentions("hi all");
    let seen = witness.saw("text").await?;
    assert_eq!((&seen["chat"], &seen["mentions"]), (&json!("supergroup"), &json!(["@fake_clawd_bot"])), "{seen}");
    telegram.expect_reply().await;

    telegram.forum("Topics").topic(7).user("Cid").says("in a topic");
    assert_eq!(witness.saw("text").await?["thread"], 7);
    assert_eq!(telegram.expect_reply().await.thread, Some(7));
    telegram.all_confirmed().await;
    Ok(())
}

#[tokio::test]
async fn a_bot_fetches_a_picture_and_sends_one_back() -> anyhow::Result<()> {
    let Some(mut witness) = Witness::start("poll").await? else { return Ok(()) };
    let size = picture().len();
    witness.telegram.user("Ann").sends_photo(picture(), "look");
    assert_eq!(witness.saw("photo").await?, json!({ "photo": size, "size": size, "caption": "look" }));
    let reply = witness.telegram.expect_reply().await;
    assert_eq!((reply.method.as_str(), reply.text.as_str()), ("sendPhoto", "back to you"));
    assert_eq!(reply.file().map(|file| file.content.to_vec()), Some(picture()));
    Ok(())
}

#[tokio::test]
async fn a_bot_sends_pictures_that_are_shown_together() -> anyhow::Result<()> {
    let Some(mut witness) = Witness::start("poll").await? else { return Ok(()) };
    witness.telegram.user("Ann").says("album");
    let album = witness.telegram.expect_reply().await;
    assert_eq!((album.method.as_str(), album.text.as_str(), album.files.len()), ("sendMediaGroup", "both", 2));
    let numbers = witness.saw("album").await?["album"].clone();
    assert_eq!(numbers.as_array().map(Vec::len), Some(2), "{numbers}");
    Ok(())
}

#[tokio::test]
async fn a_bot_reacts_edits_deletes_and_is_pressed() -> anyhow::Result<()> {
    let Some(mut witness) = Witness::start("poll").await? else { return Ok(()) };
    let telegram = witness.telegram.clone();
    let ann = telegram.user("Ann");
    let message = ann.says("react");
    let reaction = telegram.expect(|call| call.method == "setMessageReaction").await;
    assert_eq!(reaction.message, Some(message));
    let post = telegram.post(ann.chat(), message).unwrap_or_else(|| panic!("the message is there"));
    assert_eq!(post.reaction_of_the_bot(), Some("👍"));
    ann.reacts(message, Some("🔥"));
    assert_eq!(witness.saw("reacted").await?["reacted"], json!(["🔥"]));

    ann.says("change");
    let sent = telegram.expect_reply().await;
    let edit = telegram.expect(|call| call.method == "editMessageText").await;
    assert_eq!((edit.text.as_str(), edit.message), ("changed", sent.message));

    ann.says("take back");
    let sent = telegram.expect_reply().await;
    let gone = telegram.expect(|call| call.method == "deleteMessage").await;
    assert_eq!(gone.message, sent.message);

    ann.edits(message, "react, please");
    let edited = witness.saw("edited").await?;
    assert_eq!(edited, json!({ "edited": "react, please", "message": message }));

    ann.says("/start");
    let welcome = telegram.expect_reply().await;
    assert_eq!(welcome.text, "Welcome & hello");
    ann.presses(welcome.message.unwrap_or_default(), "pressed");
    assert_eq!(witness.saw("pressed").await?["pressed"], "pressed");
    Ok(())
}

#[tokio::test]
async fn a_bot_is_refused_bad_formatting_and_comes_back_after_a_429() -> anyhow::Result<()> {
    let Some(mut witness) = Witness::start("poll").await? else { return Ok(()) };
    let telegram = witness.telegram.clone();
    telegram.user("Ann").says("break it");
    let error = witness.saw("error").await?["error"].clone();
    assert_eq!(error["code"], 400);
    assert!(error["description"].as_str().is_some_and(|text| text.contains("can't parse entities")), "{error}");

    telegram.fault("sendMessage", Fault::TooManyRequests(1));
    telegram.user("Ann").says("hello");
    assert_eq!(telegram.expect_reply().await.text, "echo: hello");
    assert_eq!(telegram.texts(), ["echo: hello"]);
    Ok(())
}

#[tokio::test]
async fn a_bot_says_again_what_a_failing_proxy_or_a_broken_connection_swallowed() -> anyhow::Result<()> {
    let Some(mut witness) = Witness::start("poll").await? else { return Ok(()) };
    let telegram = witness.telegram.clone();
    // A proxy's page is no answer of the API, and a connection that breaks is none at all: the bot asks once more.
    for (fault, text) in [(Fault::BadGateway, "a proxy"), (Fault::DropBefore, "a break before")] {
        telegram.fault("sendMessage", fault);
        telegram.user("Ann").says(text);
        assert_eq!(witness.saw("text").await?["text"], text);
        assert_eq!(telegram.expect_reply().await.text, format!("echo: {text}"));
    }
    assert_eq!(telegram.texts(), ["echo: a proxy", "echo: a break before"], "the calls that failed did not count");
    // The API took this one, and the bot cannot know it.
    telegram.fault("sendMessage", Fault::DropAfter);
    telegram.user("Ann").says("a break after");
    for _ in 0..2 {
        assert_eq!(telegram.expect_reply().await.text, "echo: a break after");
    }
    Ok(())
}

#[tokio::test]
async fn a_bot_polls_on_after_a_failing_proxy_and_a_broken_connection() -> anyhow::Result<()> {
    let Some(mut witness) = Witness::start("poll").await? else { return Ok(()) };
    let telegram = witness.telegram.clone();
    telegram.polled().await;
    telegram.fault("getUpdates", Fault::BadGateway);
    telegram.fault("getUpdates", Fault::DropBefore);
    telegram.cut().await?;
    telegram.user("Ann").says("still there?");
    assert_eq!(witness.saw("text").await?["text"], "still there?");
    assert_eq!(telegram.expect_reply().await.text, "echo: still there?");
    telegram.all_confirmed().await;
    Ok(())
}

#[tokio::test]
async fn a_bot_ends_when_another_one_polls() -> anyhow::Result<()> {
    let Some(mut witness) = Witness::start("poll").await? else { return Ok(()) };
    witness.telegram.polled().await;
    let url = format!("{}/bot{}/getUpdates", witness.telegram.url(), witness.telegram.token());
    let poll = Request::post(Egress::Configured, &url).json(&json!({ "timeout": 0 }));
    let other = Http::new(HttpConfig::default()).send(poll).await?;
    assert_eq!(other.status(), 200);
    let ended = witness.saw("ended").await?["ended"].clone();
    assert_eq!(ended["code"], 409, "{ended}");
    Ok(())
}

#[tokio::test]
async fn a_bot_behind_a_webhook_is_called_with_its_secret() -> anyhow::Result<()> {
    let Some(witness) = Witness::start("webhook").await? else { return Ok(()) };
    witness.telegram.user("Ann").says("hello");
    assert_eq!(witness.telegram.expect_reply().await.text, "echo: hello");
    witness.telegram.hook_answered(1).await;
    assert_eq!(witness.telegram.hook_answers(), [200]);
    let ready: Value = serde_json::from_str(witness.bot.said().lines().next().unwrap_or_default())?;
    let url = ready["ready"]["url"].as_str().unwrap_or_default().to_owned();
    let stranger = Request::post(Egress::Configured, &url).json(&json!({ "update_id": 1 }));
    assert_eq!(Http::new(HttpConfig::default()).send(stranger).await?.status(), 401);
    Ok(())
}
