//! The gateway is told to stop while somebody waits for an answer: nobody loses it.

use anyhow::Context as _;
use fakes::model::Answer;
use rustix::process::{Pid, Signal, kill_process};

use crate::stage::Stage;

/// A stage where ann waits for an answer that has begun.
async fn answering(rest: Answer) -> anyhow::Result<Stage> {
    let stage = Stage::set().await?;
    stage.model.answer(Answer::text("half").stall().and_text(" and whole"));
    stage.model.answer(rest);
    stage.telegram.user("ann").says("a long one");
    stage.model.stalled(1).await;
    Ok(stage)
}

/// After the next start ann hears this, and nothing else.
async fn hears_once(stage: &mut Stage, answer: &str) -> anyhow::Result<()> {
    stage.gateway.restart().await?;
    assert_eq!(stage.telegram.expect_reply().await.text, answer);
    stage.telegram.all_confirmed().await;
    assert_eq!(stage.telegram.texts(), [answer]);
    Ok(())
}

#[tokio::test]
async fn a_run_that_ends_in_time_is_finished_before_the_gateway_leaves() -> anyhow::Result<()> {
    let mut stage = answering(Answer::text("next")).await?;
    let client = stage.gateway.client().await?;
    let mut events = client.events();
    let Stage { gateway, model, .. } = &mut stage;
    let told = async {
        events.named("shutdown").await.context("the gateway says that it stops")?;
        model.release();
        anyhow::Ok(())
    };
    let (code, told) = tokio::join!(gateway.stop(), told);
    told?;
    assert_eq!(code?, 0, "all was done");
    assert_eq!(stage.telegram.texts(), ["half and whole"]);
    stage.gateway.restart().await?;
    stage.telegram.user("ann").says("and now?");
    stage.telegram.expect(|sent| sent.text == "next").await;
    let asked = stage.model.requests();
    assert_eq!(asked.iter().filter(|request| !request.user_text().contains("and now?")).count(), 1);
    Ok(())
}

#[tokio::test]
async fn a_run_that_takes_too_long_is_put_down_in_order_and_taken_up_at_the_next_start() -> anyhow::Result<()> {
    let mut stage = answering(Answer::text("whole at last")).await?;
    assert_eq!(stage.gateway.stop().await?, 0, "it is kept, so nothing failed");
    assert_eq!(stage.telegram.texts(), [] as [&str; 0]);
    hears_once(&mut stage, "whole at last").await
}

#[tokio::test]
async fn a_second_signal_ends_the_wait_and_the_exit_code_says_so() -> anyhow::Result<()> {
    let mut stage = answering(Answer::text("whole at last")).await?;
    let client = stage.gateway.client().await?;
    let mut events = client.events();
    let pid = stage.gateway.pid().and_then(|pid| i32::try_from(pid).ok()).and_then(Pid::from_raw).context("a pid")?;
    kill_process(pid, Signal::TERM)?;
    events.named("shutdown").await.context("the gateway says that it stops")?;
    // Which of two signals is the second one is told only when the first one was heard.
    kill_process(pid, Signal::TERM)?;
    assert_eq!(stage.gateway.ended().await?, Some(130));
    hears_once(&mut stage, "whole at last").await
}
