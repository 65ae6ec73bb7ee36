//! `clawdbot agent`: one turn at the command line, through a gateway or without one.

use fakes::FakeModel;
use fakes::model::Answer;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use testkit::{Home, TestGateway, config_for};

use crate::commands;
use crate::onboard::{CTRL_C, Terminal};

async fn stage() -> anyhow::Result<(TestGateway, FakeModel)> {
    let model = FakeModel::start().await?;
    let gateway = TestGateway::start(&config_for(Some(&model), None)).await?;
    Ok((gateway, model))
}

/// The lines of the only transcript; each must parse.
fn transcript(home: &Home) -> anyhow::Result<Vec<Value>> {
    let mut lines = Vec::new();
    for file in std::fs::read_dir(home.state().join("agents/main/sessions"))? {
        let path = file?.path();
        if path.extension().is_some_and(|extension| extension == "jsonl") {
            for line in std::fs::read_to_string(path)?.lines() {
                lines.push(serde_json::from_str(line)?);
            }
        }
    }
    Ok(lines)
}

#[tokio::test]
async fn at_a_terminal_the_answer_is_shown_while_it_comes() -> anyhow::Result<()> {
    let (gateway, model) = stage().await?;
    model.answer(Answer::text("the first half").stall().and_text(", and the second"));
    let mut terminal = Terminal::run(gateway.home(), gateway.port(), &["agent", "--message", "hello"])?;
    terminal.shows("the first half").await?;
    model.release();
    terminal.shows(", and the second").await?;
    let (code, shown) = terminal.ended().await?;
    assert_eq!(code, 0, "{shown}");
    assert_eq!(shown.matches("the first half").count(), 1, "nothing is said twice: {shown}");
    Ok(())
}

const CALL: &str = r#"{"command":"echo hello"}"#;

#[tokio::test]
async fn at_a_terminal_a_sign_of_life_and_each_tool_call_are_shown() -> anyhow::Result<()> {
    let (gateway, model) = stage().await?;
    model.answer(Answer::call("exec", CALL).stall());
    model.answer(Answer::text("It said hello."));
    let mut terminal = Terminal::run(gateway.home(), gateway.port(), &["agent", "--message", "run it"])?;
    terminal.shows("thinking").await?;
    model.release();
    terminal.shows("exec {\"command\":\"echo hello\"}").await?;
    terminal.shows("It said hello.").await?;
    let (code, shown) = terminal.ended().await?;
    assert_eq!(code, 0, "{shown}");
    Ok(())
}

#[tokio::test]
async fn a_local_run_shows_its_tool_calls_too() -> anyhow::Result<()> {
    let model = FakeModel::start().await?;
    let home = Home::new()?;
    home.write_config(&config_for(Some(&model), None))?;
    model.answer(Answer::call("exec", CALL));
    model.answer(Answer::text("It said hello."));
    let mut terminal = Terminal::run(&home, 1, &["agent", "--local", "--message", "run it"])?;
    terminal.shows("exec {\"command\":\"echo hello\"}").await?;
    terminal.shows("It said hello.").await?;
    assert_eq!(terminal.ended().await?.0, 0);
    Ok(())
}

#[tokio::test]
async fn other_clients_see_no_tool_calls_of_a_session_that_is_not_verbose() -> anyhow::Result<()> {
    let (gateway, model) = stage().await?;
    let client = gateway.client().await?;
    let mut events = client.events();
    model.answer(Answer::call("exec", CALL));
    model.answer(Answer::text("It said hello."));
    assert!(gateway.cli(&["agent", "--message", "run it"]).await?.status.success());
    let mut streams = Vec::new();
    while streams.last().is_none_or(|last| last != "end") {
        let event = events.named("agent").await.ok_or_else(|| anyhow::anyhow!("the connection ended"))?;
        let step: Value = serde_json::from_str(event.payload.get())?;
        streams.push(step["data"]["phase"].as_str().or(step["stream"].as_str()).unwrap_or_default().to_owned());
    }
    assert_eq!((streams.first().map(String::as_str), streams.last().map(String::as_str)), (Some("start"), Some("end")));
    assert!(!streams[1..].contains(&"start".to_owned()), "{streams:?}");
    Ok(())
}

#[tokio::test]
async fn a_pipe_gets_the_answer_alone_and_json_its_numbers_too() -> anyhow::Result<()> {
    let (gateway, model) = stage().await?;
    model.otherwise(|_| Answer::text("fine").usage(40, 2, 0));
    let plain = gateway.cli(&["agent", "--message", "hello"]).await?;
    assert!(plain.status.success());
    assert_eq!(String::from_utf8(plain.stdout)?, "fine\n");
    let said = gateway.cli_json(&["agent", "--message", "hello", "--json"]).await?;
    assert_eq!(said["status"], "ok", "{said}");
    assert_eq!(said["result"]["payloads"][0]["text"], "fine", "{said}");
    assert_eq!(said["result"]["meta"]["agentMeta"]["model"], "fake-1", "{said}");
    Ok(())
}

#[tokio::test]
async fn without_a_gateway_the_run_is_refused_unless_it_is_to_be_local() -> anyhow::Result<()> {
    let model = FakeModel::start().await?;
    model.otherwise(|_| Answer::text("from here"));
    let home = Home::new()?;
    home.write_config(&config_for(Some(&model), None))?;
    let refused = commands::run(&home, &["agent", "--message", "hello"]).await?;
    assert_eq!(refused.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("clawdbot gateway"));
    for _ in 0..2 {
        let said = commands::run(&home, &["agent", "--local", "--message", "hello"]).await?;
        assert_eq!(String::from_utf8_lossy(&said.stdout), "from here\n", "{}", String::from_utf8_lossy(&said.stderr));
    }
    assert_eq!(model.requests()[1].messages().iter().filter(|message| message["role"] == "user").count(), 2);
    assert!(!transcript(&home)?.is_empty());
    Ok(())
}

#[tokio::test]
async fn a_local_run_beside_a_gateway_says_that_it_goes_through_it() -> anyhow::Result<()> {
    let (gateway, model) = stage().await?;
    model.otherwise(|_| Answer::text("from there"));
    let said = gateway.cli(&["agent", "--local", "--message", "hello"]).await?;
    assert!(said.status.success());
    assert_eq!(String::from_utf8(said.stdout)?, "from there\n");
    assert!(String::from_utf8(said.stderr)?.contains("the run goes through it"));
    let history = gateway.chat("main").await?.history().await?;
    assert!(serde_json::to_string(&history)?.contains("from there"), "the gateway knows of it: {history:?}");
    Ok(())
}

#[tokio::test]
async fn a_session_that_is_named_is_the_one_that_remembers() -> anyhow::Result<()> {
    let (gateway, model) = stage().await?;
    model.otherwise(|seen| Answer::text(format!("{} messages", seen.messages().len())));
    let work = ["agent", "--session", "agent:main:work", "--message", "hello"];
    let first = gateway.cli(&work).await?.stdout;
    let second = gateway.cli(&work).await?.stdout;
    assert_ne!(first, second, "the second turn knows of the first");
    let elsewhere = gateway.cli(&["agent", "--message", "hello"]).await?.stdout;
    assert_eq!(elsewhere, first, "another session does not");
    Ok(())
}

#[tokio::test]
async fn a_run_that_takes_longer_than_allowed_ends_and_says_so() -> anyhow::Result<()> {
    let (gateway, model) = stage().await?;
    model.answer(Answer::text("the first half").stall().and_text(", never said"));
    let said = gateway.cli(&["agent", "--message", "hello", "--timeout", "1"]).await?;
    let text = format!("{}{}", String::from_utf8_lossy(&said.stdout), String::from_utf8_lossy(&said.stderr));
    assert!(!said.status.success(), "{text}");
    assert!(text.contains("longer than 1 s"), "{text}");
    assert!(!text.contains("never said"), "{text}");
    model.abandoned(1).await;
    Ok(())
}

#[tokio::test]
async fn ctrl_c_ends_the_run_and_keeps_what_was_said() -> anyhow::Result<()> {
    let (mut gateway, model) = stage().await?;
    model.answer(Answer::text("the first half").stall().and_text(", never said"));
    let mut terminal = Terminal::run(gateway.home(), gateway.port(), &["agent", "--message", "hello"])?;
    terminal.shows("the first half").await?;
    terminal.press(CTRL_C)?;
    terminal.shows("stopped").await?;
    let (code, shown) = terminal.ended().await?;
    assert_eq!(code, 130, "{shown}");
    model.abandoned(1).await;
    let said = gateway.cli(&["agent", "--message", "and now?"]).await?;
    assert_eq!(String::from_utf8(said.stdout)?, "ok\n", "the session goes on");
    gateway.stop().await?;
    let lines = serde_json::to_string(&transcript(gateway.home())?)?;
    assert!(lines.contains("the first half") && !lines.contains("never said"), "{lines}");
    Ok(())
}

#[tokio::test]
async fn a_signal_ends_a_local_run_and_its_transcript_is_whole() -> anyhow::Result<()> {
    let model = FakeModel::start().await?;
    let home = Home::new()?;
    home.write_config(&config_for(Some(&model), None))?;
    model.answer(Answer::text("the first half").stall().and_text(", never said"));
    let mut terminal = Terminal::run(&home, 1, &["agent", "--local", "--message", "hello"])?;
    terminal.shows("the first half").await?;
    let pid = terminal.pid().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
    kill_process(pid.ok_or_else(|| anyhow::anyhow!("it is gone"))?, Signal::INT)?;
    let (code, shown) = terminal.ended().await?;
    assert_eq!(code, 130, "{shown}");
    model.abandoned(1).await;
    let lines = serde_json::to_string(&transcript(&home)?)?;
    assert!(lines.contains("the first half") && !lines.contains("never said"), "{lines}");
    Ok(())
}
