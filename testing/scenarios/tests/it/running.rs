//! A gateway that runs: its config changes under it, others come beside it, it is told to go.

use std::process::Stdio;
use std::time::Duration;

use anyhow::Context as _;
use fakes::{FakeModel, model::Answer};
use serde_json::{Value, json};
use testkit::{Chat, Home, TestGateway, config_for};
use tokio::io::{AsyncBufReadExt as _, BufReader};

use crate::commands::command;
use crate::stage::Stage;

/// What takes longer than this does not happen.
const PATIENCE: Duration = Duration::from_secs(20);

/// The config with another model in it, of the same vendor.
fn second_model() -> Value {
    json!({ "models": { "providers": { "fake": { "models": [
        { "id": "fake-2", "name": "Second", "reasoning": false, "input": ["text"], "contextWindow": 200_000,
          "maxTokens": 8192, "cost": { "input": 0, "output": 0, "cacheRead": 0, "cacheWrite": 0 } }] } } },
        "agents": { "defaults": { "model": { "primary": "fake/fake-2" } } } })
}

/// Merges into the config, as it stands.
pub(crate) async fn patch(chat: &Chat, change: &Value) -> anyhow::Result<()> {
    let got = chat.call("config.get", &json!({})).await?;
    let params = json!({ "raw": change.to_string(), "baseHash": got["hash"] });
    chat.call("config.patch", &params).await.map(drop)
}

/// Asks until the answer is this one.
async fn answers(chat: &mut Chat, wanted: &str) -> anyhow::Result<()> {
    let asked = async {
        while chat.ask("which?").await?.text != wanted {}
        anyhow::Ok(())
    };
    tokio::time::timeout(PATIENCE, asked).await.with_context(|| format!("never {wanted:?}"))?
}

#[tokio::test]
async fn a_changed_config_holds_from_the_next_turn_on() -> anyhow::Result<()> {
    let stage = Stage::set().await?;
    stage.model.otherwise(|seen| Answer::text(format!("model {}", seen.model())));
    let mut chat = stage.gateway.chat("main").await?;
    assert_eq!(chat.ask("which?").await?.text, "model fake-1");
    patch(&chat, &second_model()).await?;
    assert_eq!(chat.ask("and now?").await?.text, "model fake-2");
    Ok(())
}

#[tokio::test]
async fn a_config_that_changes_during_a_run_does_not_drop_it() -> anyhow::Result<()> {
    let stage = Stage::set().await?;
    stage.model.when("long", [Answer::text("to the end").stall()]);
    let mut chat = stage.gateway.chat("main").await?;
    let run = chat.say("a long one").await?;
    stage.model.stalled(1).await;
    patch(&chat, &second_model()).await?;
    stage.model.release();
    let reply = chat.reply(&run).await?;
    assert_eq!((reply.state.as_str(), reply.text.as_str()), ("final", "to the end"), "{reply:?}");
    Ok(())
}

#[tokio::test]
async fn a_config_changed_by_hand_or_by_the_command_line_takes_hold_in_the_gateway_that_runs() -> anyhow::Result<()> {
    let stage = Stage::set().await?;
    stage.model.otherwise(|seen| Answer::text(format!("model {}", seen.model())));
    let mut chat = stage.gateway.chat("main").await?;
    let path = stage.gateway.home().config_path();
    let mut config: Value = serde_json::from_slice(&std::fs::read(&path)?)?;
    let mut other = second_model()["models"]["providers"]["fake"]["models"][0].take();
    config["models"]["providers"]["fake"]["models"].as_array_mut().context("models")?.push(other.take());
    config["agents"]["defaults"]["model"]["primary"] = "fake/fake-2".into();
    std::fs::write(&path, config.to_string())?;
    answers(&mut chat, "model fake-2").await?;
    let set = stage.gateway.cli(&["config", "set", "agent.model", "fake/fake-1"]).await?;
    assert!(set.status.success(), "{set:?}");
    answers(&mut chat, "model fake-1").await
}

#[tokio::test]
async fn two_profiles_in_one_home_are_two_gateways_with_chats_of_their_own() -> anyhow::Result<()> {
    let model = FakeModel::start().await?;
    model.otherwise(|_| Answer::text("fine"));
    let shared = Home::new()?;
    let home = shared.path().display().to_string();
    let mut gateways = Vec::new();
    for profile in ["a", "b"] {
        let state = shared.path().join(format!(".clawdbot-{profile}"));
        std::fs::create_dir_all(&state)?;
        std::fs::write(state.join("clawdbot.json"), config_for(Some(&model), None).to_string())?;
        let env = [("HOME", home.as_str()), ("CLAWDBOT_PROFILE", profile)];
        gateways.push(TestGateway::start_in(Home::new()?, &env).await?);
    }
    for (gateway, text) in gateways.iter().zip(["only for a", "only for b"]) {
        gateway.chat("main").await?.ask(text).await?;
    }
    for (gateway, (own, other)) in gateways.iter().zip([("only for a", "only for b"), ("only for b", "only for a")]) {
        let history = serde_json::to_string(&gateway.chat("main").await?.history().await?)?;
        assert!(history.contains(own) && !history.contains(other), "{history}");
    }
    Ok(())
}

#[tokio::test]
async fn a_forced_start_takes_the_folder_from_the_gateway_that_holds_it() -> anyhow::Result<()> {
    let mut stage = Stage::set().await?;
    let mut other = command(stage.gateway.home())?;
    other.args(["gateway", "--port", "0", "--force"]).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut other = other.spawn()?;
    let mut lines = BufReader::new(other.stdout.take().context("standard output")?).lines();
    let first = tokio::time::timeout(PATIENCE, lines.next_line()).await??;
    assert!(first.is_some_and(|line| line.contains("http")), "the second one is up");
    assert_eq!(stage.gateway.ended().await?, Some(0), "the first one ended in order");
    other.kill().await?;
    Ok(())
}

#[tokio::test]
async fn two_clients_see_the_events_of_one_session() -> anyhow::Result<()> {
    let stage = Stage::set().await?;
    stage.model.answer(Answer::text("for both"));
    let (speaker, mut onlooker) = (stage.gateway.chat("main").await?, stage.gateway.chat("main").await?);
    let mut speaker = speaker;
    let run = speaker.say("hello").await?;
    assert_eq!(speaker.reply(&run).await?.text, "for both");
    assert_eq!(onlooker.reply(&run).await?.text, "for both");
    Ok(())
}

#[tokio::test]
async fn what_one_client_changes_in_a_session_the_other_sees() -> anyhow::Result<()> {
    let stage = Stage::set().await?;
    stage.model.otherwise(|_| Answer::text("fine"));
    let (mut one, other) = (stage.gateway.chat("main").await?, stage.gateway.chat("main").await?);
    one.ask("hello").await?;
    other.call("sessions.patch", &json!({ "key": "main", "label": "Plans", "verboseLevel": "on" })).await?;
    one.call("chat.inject", &json!({ "sessionKey": "main", "message": "put in by hand" })).await?;
    let seen = async |chat: &Chat| {
        let listed = chat.call("sessions.list", &json!({})).await?;
        anyhow::Ok((listed["sessions"].clone(), chat.history().await?))
    };
    let (sessions, history) = seen(&one).await?;
    assert_eq!((&sessions[0]["label"], &sessions[0]["verboseLevel"]), (&json!("Plans"), &json!("on")), "{sessions}");
    assert!(history.iter().any(|entry| entry.to_string().contains("put in by hand")), "{history:?}");
    assert_eq!(seen(&other).await?.1, history);
    other.call("sessions.reset", &json!({ "key": "main" })).await?;
    assert_eq!((one.history().await?, other.history().await?), (Vec::new(), Vec::new()));
    Ok(())
}

#[tokio::test]
async fn of_two_clients_that_edit_the_same_config_the_second_is_told_to_read_it_again() -> anyhow::Result<()> {
    let stage = Stage::set().await?;
    let (one, other) = (stage.gateway.chat("main").await?, stage.gateway.chat("main").await?);
    let read = other.call("config.get", &json!({})).await?;
    patch(&one, &json!({ "messages": { "responsePrefix": "first" } })).await?;
    let late = json!({ "raw": r#"{ "messages": { "responsePrefix": "second" } }"#, "baseHash": read["hash"] });
    let Err(refused) = other.call("config.patch", &late).await else { anyhow::bail!("it was overwritten unseen") };
    let words = "config changed since last load; re-run config.get and retry";
    assert!(format!("{refused:#}").contains(words), "{refused:#}");
    let kept = one.call("config.get", &json!({})).await?;
    assert_eq!(kept["config"]["messages"]["responsePrefix"], "first");
    patch(&other, &json!({ "messages": { "responsePrefix": "second" } })).await?;
    Ok(())
}

#[tokio::test]
async fn telegram_and_the_page_are_one_conversation() -> anyhow::Result<()> {
    let stage = Stage::set().await?;
    stage.model.otherwise(|_| Answer::text("fine"));
    stage.telegram.user("ann").says("said on the phone");
    stage.telegram.expect_reply().await;
    let mut chat = stage.gateway.chat("main").await?;
    chat.ask("said on the page").await?;
    let asked = stage.model.request(2).await.body.to_string();
    assert!(asked.contains("said on the phone") && asked.contains("said on the page"), "{asked}");
    Ok(())
}

#[tokio::test]
async fn what_an_operator_sends_arrives_once_and_is_kept_in_its_session() -> anyhow::Result<()> {
    let stage = Stage::set().await?;
    stage.model.otherwise(|_| Answer::text("fine"));
    let ann = stage.telegram.user("ann");
    ann.says("hello");
    stage.telegram.expect_reply().await;
    let chat = stage.gateway.chat("main").await?;
    let params = json!({ "to": ann.id().to_string(), "message": "from the operator", "channel": "telegram",
        "sessionKey": "main", "idempotencyKey": "op-1" });
    let first = chat.call("send", &params).await?;
    let again = chat.call("send", &params).await?;
    assert_eq!(first["messageId"], again["messageId"], "{first} {again}");
    assert_eq!(stage.telegram.texts(), ["fine", "from the operator"]);
    let history = serde_json::to_string(&chat.history().await?)?;
    assert!(history.contains("from the operator"), "{history}");
    Ok(())
}

#[tokio::test]
async fn the_figures_tell_of_runs_sessions_and_networks() -> anyhow::Result<()> {
    let stage = Stage::set().await?;
    stage.account_is("running").await?;
    stage.model.answer(Answer::text("done").stall());
    let mut chat = stage.gateway.chat("main").await?;
    let run = chat.say("hello").await?;
    stage.model.stalled(1).await;
    let busy = figures(&stage).await?;
    for line in ["clawdbot_runs_running 1", "clawdbot_runs_waiting_main 0", "clawdbot_channels_active 1"] {
        assert!(busy.lines().any(|one| one == line), "{line} is not in {busy}");
    }
    stage.model.release();
    chat.reply(&run).await?;
    let idle = figures(&stage).await?;
    for line in ["clawdbot_sessions 1", "clawdbot_outbox_rows 0"] {
        assert!(idle.lines().any(|one| one == line), "{line} is not in {idle}");
    }
    Ok(())
}

/// `/metrics`, asked as any scraper asks.
async fn figures(stage: &Stage) -> anyhow::Result<String> {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let mut socket = tokio::net::TcpStream::connect(("127.0.0.1", stage.gateway.port())).await?;
    socket.write_all(b"GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n").await?;
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await?;
    Ok(answer)
}
