//! Telegram misbehaves: nothing is lost, nothing is said twice that could be known.

use std::time::Duration;

use fakes::model::Answer;
use fakes::telegram::Fault;

use crate::stage::Stage;

async fn answered_in_spite_of(method: &str, fault: Fault) -> anyhow::Result<Stage> {
    let stage = Stage::set().await?;
    stage.telegram.fault(method, fault);
    stage.model.answer(Answer::text("in spite of it"));
    stage.telegram.user("ann").says("hello");
    assert_eq!(stage.telegram.expect_reply().await.text, "in spite of it");
    stage.telegram.all_confirmed().await;
    assert_eq!(stage.telegram.texts(), ["in spite of it"]);
    Ok(stage)
}

#[tokio::test]
async fn another_poller_is_waited_out() -> anyhow::Result<()> {
    answered_in_spite_of("getUpdates", Fault::Conflict).await.map(drop)
}

#[tokio::test]
async fn a_bad_gateway_while_polling_is_tried_again() -> anyhow::Result<()> {
    answered_in_spite_of("getUpdates", Fault::BadGateway).await.map(drop)
}

#[tokio::test]
async fn a_rate_limit_while_sending_is_waited_for() -> anyhow::Result<()> {
    answered_in_spite_of("sendMessage", Fault::TooManyRequests(1)).await.map(drop)
}

#[tokio::test]
async fn a_connection_lost_before_telegram_took_the_message_is_repeated_once() -> anyhow::Result<()> {
    answered_in_spite_of("sendMessage", Fault::DropBefore).await.map(drop)
}

#[tokio::test]
async fn a_network_that_is_gone_for_a_while_loses_no_answer() -> anyhow::Result<()> {
    let stage = Stage::set().await?;
    stage.model.answer(Answer::text("written while offline").stall());
    stage.telegram.user("ann").says("hello");
    stage.model.stalled(1).await;
    stage.telegram.offline().await;
    stage.model.release();
    stage.model.finished(1).await;
    stage.account_is_not("connected").await?;
    stage.telegram.online().await?;
    assert_eq!(stage.telegram.expect_reply().await.text, "written while offline");
    Ok(())
}

#[tokio::test]
async fn an_update_that_telegram_repeats_is_answered_once() -> anyhow::Result<()> {
    let stage = Stage::set().await?;
    stage.model.otherwise(|_| Answer::text("once"));
    stage.telegram.user("ann").says("hello");
    stage.telegram.expect_reply().await;
    stage.telegram.repeat_last_update();
    stage.telegram.all_confirmed().await;
    stage.model.otherwise(|_| Answer::text("next"));
    stage.telegram.user("ann").says("and now");
    assert_eq!(stage.telegram.expect_reply().await.text, "next");
    assert_eq!(stage.model.requests().len(), 2);
    Ok(())
}

#[tokio::test]
async fn an_edit_that_arrives_before_its_message_starts_no_second_run() -> anyhow::Result<()> {
    let stage = Stage::set().await?;
    stage.model.otherwise(|_| Answer::text("one answer"));
    stage.telegram.user("ann").says_after_its_edit("helo", "hello");
    stage.telegram.expect_reply().await;
    stage.telegram.all_confirmed().await;
    assert_eq!(stage.model.requests().len(), 1);
    Ok(())
}

#[tokio::test]
async fn a_file_of_twenty_megabytes_is_named_to_the_model_and_harms_nobody() -> anyhow::Result<()> {
    let stage = Stage::set().await?;
    stage.model.otherwise(|_| Answer::text("too big for me"));
    stage.telegram.user("ann").sends_document("huge.bin", "application/octet-stream", vec![7u8; 20 << 20]);
    assert_eq!(stage.telegram.expect_reply().await.text, "too big for me");
    let asked = stage.model.request(1).await.user_text();
    assert!(asked.contains("[media not available: document huge.bin:"), "{asked}");
    assert!(asked.contains("the file is larger than 5 MB"), "{asked}");
    Ok(())
}

#[tokio::test]
async fn a_text_of_a_hundred_thousand_characters_arrives_whole_and_in_order() -> anyhow::Result<()> {
    let stage = Stage::set().await?;
    let words: Vec<String> = (0..14_000).map(|n| format!("w{n:05}")).collect();
    let long = words.join(" ");
    assert!(long.len() >= 97_000);
    stage.model.answer(Answer::text(long.clone()));
    stage.telegram.user("ann").says("a long one");
    // So many pieces take the network's pace: after a burst, one a second.
    for last in ["w07000", "w13999"] {
        stage.telegram.expect(|sent| sent.text.contains(last)).await;
    }
    let texts = stage.telegram.texts();
    assert!(texts.len() > 20 && texts.iter().all(|text| text.encode_utf16().count() <= 4096));
    let heard: Vec<&str> = texts.iter().flat_map(|text| text.split_whitespace()).collect();
    assert_eq!(heard, long.split(' ').collect::<Vec<_>>());
    Ok(())
}

/// The blocks that hold emoji: <https://www.unicode.org/Public/emoji/>.
const EMOJI: [std::ops::RangeInclusive<char>; 10] = [
    '\u{231a}'..='\u{23ff}',
    '\u{2600}'..='\u{27bf}',
    '\u{2b1b}'..='\u{2b55}',
    '\u{1f004}'..='\u{1f0cf}',
    '\u{1f170}'..='\u{1f251}',
    '\u{1f300}'..='\u{1f64f}',
    '\u{1f680}'..='\u{1f6ff}',
    '\u{1f7e0}'..='\u{1f7eb}',
    '\u{1f900}'..='\u{1f9ff}',
    '\u{1fa70}'..='\u{1faff}',
];

/// Every emoji, alone and in the ways they join: skins, families, flags, keycaps; and texts that run to the left.
fn signs() -> Vec<String> {
    let mut all: Vec<String> = EMOJI.into_iter().flatten().map(String::from).collect();
    all.extend(('\u{1f3fb}'..='\u{1f3ff}').map(|skin| format!("👋{skin}")));
    all.extend(('\u{1f1e6}'..='\u{1f1ff}').map(|letter| format!("🇩{letter}")));
    all.extend("0123456789".chars().map(|digit| format!("{digit}\u{fe0f}\u{20e3}")));
    let joined = ["👨‍👩‍👧‍👦", "👩🏽‍🚀", "🏳️‍🌈", "🏴‍☠️", "❤️‍🔥", "🧑🏻‍🤝‍🧑🏿", "🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}"];
    let left = ["שלום", "עוֹלָם", "مرحبا", "\u{202b}نص\u{202c}", "\u{2067}אבג\u{2069}", "e\u{301}", "𝔘𝔫𝔦"];
    all.extend(joined.into_iter().chain(left).map(str::to_owned));
    all
}

#[tokio::test]
async fn emoji_and_right_to_left_text_pass_unharmed_in_both_directions() -> anyhow::Result<()> {
    let stage = Stage::set().await?;
    let ann = stage.telegram.user("ann");
    for (number, some) in signs().chunks(700).enumerate() {
        let text = some.join(" ");
        stage.model.answer(Answer::text(text.clone()));
        ann.says(&text);
        assert_eq!(stage.telegram.expect_reply().await.text, text);
        assert!(stage.model.request(number + 1).await.user_text().contains(&text), "{text}");
    }
    Ok(())
}

#[tokio::test]
async fn typing_is_shown_while_the_model_thinks() -> anyhow::Result<()> {
    let stage = Stage::set().await?;
    stage.model.answer(Answer::text("thought").stall());
    stage.telegram.user("ann").says("think");
    let shown = stage.telegram.expect(|done| done.method == "sendChatAction").await;
    assert_eq!(shown.params["action"], "typing");
    stage.model.release();
    stage.telegram.expect_reply().await;
    Ok(())
}

#[tokio::test]
async fn a_refused_token_is_said_in_the_channels_status() -> anyhow::Result<()> {
    let stage = Stage::set_with(|config| config["channels"]["telegram"]["botToken"] = "1:wrong".into()).await?;
    let chat = stage.gateway.chat("main").await?;
    let seen = async {
        loop {
            let status = chat.call("channels.status", &serde_json::json!({ "probe": true })).await?;
            if status["channelAccounts"]["telegram"][0]["lastError"].is_string() {
                return anyhow::Ok(status);
            }
        }
    };
    let status = tokio::time::timeout(Duration::from_secs(10), seen).await??;
    assert!(!status.to_string().contains("1:wrong"), "{status}");
    Ok(())
}
