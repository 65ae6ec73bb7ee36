//! `kill -9` at the worst moments.

use std::sync::Arc;
use std::time::Duration;

use fakes::model::Answer;
use fakes::telegram::{Fault, Moment};

use crate::{stage::Stage, telegram_features::PNG};

#[tokio::test]
async fn a_message_that_was_taken_before_the_kill_is_answered_after_the_start() -> anyhow::Result<()> {
    let mut stage = Stage::set().await?;
    stage.model.answer(Answer::default().stall());
    stage.telegram.user("ann").says("remember me");
    stage.model.stalled(1).await;
    stage.gateway.kill().await?;
    stage.model.answer(Answer::text("I do."));
    stage.gateway.restart().await?;
    assert_eq!(stage.telegram.expect_reply().await.text, "I do.");
    stage.telegram.all_confirmed().await;
    assert_eq!(stage.telegram.texts(), ["I do."]);
    Ok(())
}

#[tokio::test]
async fn a_picture_that_came_before_a_kill_is_fetched_when_its_account_is_connected_again() -> anyhow::Result<()> {
    let mut stage = Stage::set().await?;
    stage.model.otherwise(|_| Answer::text("A picture."));
    let arrived = Arc::new(tokio::sync::Notify::new());
    let tell = Arc::clone(&arrived);
    stage.telegram.watch(move |moment| {
        if matches!(moment, Moment::Arrived { method: "getFile" }) {
            tell.notify_one();
        }
    });
    stage.telegram.slow("getFile", Duration::from_secs(60));
    stage.telegram.user("ann").sends_photo(PNG, "what is this?");
    arrived.notified().await;
    stage.gateway.kill().await?;
    stage.telegram.mend();
    stage.telegram.slow("getMe", Duration::from_secs(2));
    stage.gateway.restart().await?;
    stage.telegram.expect_reply().await;
    let asked = stage.model.request(1).await.user_text();
    assert!(asked.contains("[media attached:") && asked.contains("what is this?"), "{asked}");
    Ok(())
}

#[tokio::test]
async fn a_command_with_the_bots_name_that_came_before_a_kill_is_a_command_after_the_start() -> anyhow::Result<()> {
    let mut stage = Stage::set().await?;
    stage.model.otherwise(|_| Answer::text("That was a text."));
    // A part of an album waits for the rest, so that it is a row and nothing more at the kill.
    stage.telegram.user("ann").sends_album(&[PNG.into()], "/whoami@fake_clawd_bot");
    stage.telegram.all_confirmed().await;
    stage.gateway.kill().await?;
    stage.telegram.slow("getMe", Duration::from_secs(2));
    stage.gateway.restart().await?;
    let told = stage.telegram.expect_reply().await.text;
    assert!(told.contains("Sender:"), "{told}");
    assert!(stage.model.requests().is_empty());
    Ok(())
}

#[tokio::test]
async fn a_command_in_flight_at_the_kill_is_reported_and_not_repeated() -> anyhow::Result<()> {
    let mut stage = Stage::set().await?;
    std::fs::create_dir_all(stage.gateway.home().workspace())?;
    let command = r#"{"command":"echo once >> count.txt; echo started > started.txt; exec tail -f /dev/null"}"#;
    stage.model.answer(Answer::call("exec", command));
    stage.telegram.user("ann").says("run it");
    let started = stage.gateway.home().workspace().join("started.txt");
    appears(&started).await?;
    stage.gateway.kill().await?;
    stage.gateway.restart().await?;
    let told = stage.telegram.expect_reply().await;
    assert!(told.text.contains("exec"), "{}", told.text);
    let count = std::fs::read_to_string(stage.gateway.home().workspace().join("count.txt"))?;
    assert_eq!(count, "once\n");
    stage.model.answer(Answer::text("Going on."));
    stage.telegram.user("ann").says("still there?");
    assert_eq!(stage.telegram.expect_reply().await.text, "Going on.");
    Ok(())
}

#[tokio::test]
async fn a_background_command_that_a_kill_cut_off_is_reported_by_the_next_turn_two_starts_later() -> anyhow::Result<()>
{
    let mut stage = Stage::set().await?;
    stage.model.answer(Answer::call("exec", r#"{"command":"tail -f /dev/null","background":true}"#));
    stage.gateway.chat("main").await?.ask("start it").await?;
    for _ in 0..2 {
        stage.gateway.kill().await?;
        stage.gateway.restart().await?;
    }
    stage.model.answer(Answer::call("process", r#"{"action":"list"}"#));
    stage.gateway.chat("main").await?.ask("good morning").await?;
    let told = "was interrupted when the gateway stopped: tail -f /dev/null";
    let asked = stage.model.request(3).await.user_text();
    assert!(asked.contains(told) && asked.contains("good morning"), "{asked}");
    let listed = stage.model.request(4).await.messages().last().map(ToString::to_string).unwrap_or_default();
    assert!(listed.contains("interrupted when the gateway stopped"), "{listed}");
    stage.gateway.kill().await?;
    stage.gateway.restart().await?;
    stage.gateway.chat("main").await?.ask("once more").await?;
    let asked = stage.model.request(5).await.user_text();
    assert!(!asked.contains(told), "{asked}");
    Ok(())
}

#[tokio::test]
async fn an_answer_the_network_took_without_saying_so_is_repeated_and_explained() -> anyhow::Result<()> {
    let stage = Stage::set().await?;
    stage.telegram.fault("sendMessage", Fault::DropAfter);
    stage.model.answer(Answer::text("Maybe twice"));
    stage.telegram.user("ann").says("hello");
    stage.telegram.expect_reply().await;
    stage.telegram.expect_reply().await;
    let chain = stage.explained().await?.to_string();
    assert!(chain.contains("outbound.unknown"), "{chain}");
    Ok(())
}

/// Waits until a file of the agent is there, by watching its folder.
pub(crate) async fn appears(path: &std::path::Path) -> anyhow::Result<()> {
    let folder = path.parent().map(std::path::Path::to_owned).unwrap_or_default();
    let wanted = path.to_owned();
    #[expect(clippy::disallowed_methods, reason = "a test waits for one file and has no pool")]
    let watched = tokio::task::spawn_blocking(move || {
        let inotify = rustix::fs::inotify::init(rustix::fs::inotify::CreateFlags::empty())?;
        rustix::fs::inotify::add_watch(&inotify, &folder, rustix::fs::inotify::WatchFlags::ALL_EVENTS)?;
        let mut buffer = [std::mem::MaybeUninit::uninit(); 1024];
        let mut events = rustix::fs::inotify::Reader::new(&inotify, &mut buffer);
        while !wanted.exists() {
            events.next()?;
        }
        Ok(())
    });
    watched.await?
}
