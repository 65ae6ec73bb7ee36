//! The agent works on the owner's machine.

use anyhow::Context as _;
use fakes::model::{Answer, Seen};
use serde_json::{Value, json};

use crate::stage::Stage;
use crate::telegram_features::PNG;

/// What the tools gave the model so far in this turn.
fn results(seen: &Seen) -> Vec<String> {
    let of_turn = seen.messages().rsplit(|message| message["role"] == "user").next().unwrap_or_default();
    let results = of_turn.iter().filter(|message| message["role"] == "tool");
    results.filter_map(|message| message["content"].as_str().map(str::to_owned)).collect()
}

/// A call of `process` for the command whose start this result tells of.
fn follow(started: &str, mut input: Value) -> Answer {
    let name = started.split("session ").nth(1).and_then(|rest| rest.split([',', ';']).next());
    input["sessionId"] = name.unwrap_or_default().into();
    Answer::call("process", &input.to_string())
}

#[tokio::test]
async fn the_agent_writes_edits_runs_and_reads_a_file() -> anyhow::Result<()> {
    let stage = Stage::set().await?;
    stage.model.answer(Answer::call("write", r#"{"path":"greet.sh","content":"echo hello"}"#));
    stage.model.answer(Answer::call("edit", r#"{"path":"greet.sh","oldText":"hello","newText":"hello world"}"#));
    stage.model.answer(Answer::call("exec", r#"{"command":"sh greet.sh"}"#));
    stage.model.answer(Answer::text("It says hello world."));
    let mut chat = stage.gateway.chat("main").await?;
    assert_eq!(chat.ask("make a greeter").await?.text, "It says hello world.");
    assert_eq!(std::fs::read_to_string(stage.gateway.home().workspace().join("greet.sh"))?, "echo hello world");
    let last = stage.model.request(4).await;
    assert!(last.body.to_string().contains("hello world"), "the command's output went back to the model");
    Ok(())
}

#[tokio::test]
async fn a_background_command_is_written_to_followed_killed_and_listed() -> anyhow::Result<()> {
    let stage = Stage::set().await?;
    stage.model.otherwise(|seen| {
        let results = results(seen);
        let Some(started) = results.first() else {
            return Answer::call("exec", r#"{"command":"cat","background":true}"#);
        };
        match results.last().map(String::as_str).unwrap_or_default() {
            _ if results.len() == 1 => follow(started, json!({ "action": "write", "data": "hello\n" })),
            said if said.contains("[lines 1 to 1 of 1; running]") => follow(started, json!({ "action": "kill" })),
            said if said.starts_with("hello") => follow(started, json!({ "action": "log" })),
            said if said.ends_with(": killed") => follow(started, json!({ "action": "list" })),
            said if said.ends_with(": cat") => Answer::text("The command was followed."),
            said if said.starts_with("sent 6") || said.contains("no new output") => {
                follow(started, json!({ "action": "poll" }))
            }
            other => Answer::text(format!("unexpected: {other}")),
        }
    });
    let mut chat = stage.gateway.chat("main").await?;
    assert_eq!(chat.ask("follow a command").await?.text, "The command was followed.");
    Ok(())
}

#[tokio::test]
async fn a_python_prompt_on_a_terminal_is_driven_by_the_agent() -> anyhow::Result<()> {
    let stage = Stage::set().await?;
    stage.model.otherwise(|seen| {
        let results = results(seen);
        let Some(started) = results.first() else {
            return Answer::call("exec", r#"{"command":"python3 -i","pty":true,"background":true}"#);
        };
        let (all, last) = (results.concat(), results.last().map(String::as_str).unwrap_or_default());
        if all.contains("42 is it") {
            return match last {
                said if said.ends_with(": killed") => Answer::text("Python said 42."),
                _ => follow(started, json!({ "action": "kill" })),
            };
        }
        if all.contains(">>>") && !all.contains("sent ") {
            return follow(started, json!({ "action": "submit", "data": "print(6 * 7, 'is it')" }));
        }
        follow(started, json!({ "action": "poll" }))
    });
    let mut chat = stage.gateway.chat("main").await?;
    assert_eq!(chat.ask("what is six times seven?").await?.text, "Python said 42.");
    Ok(())
}

#[tokio::test]
async fn a_text_is_read_in_pieces_a_picture_is_shown_and_a_torn_one_is_named() -> anyhow::Result<()> {
    let stage = Stage::set().await?;
    let workspace = stage.gateway.home().workspace();
    std::fs::create_dir_all(&workspace)?;
    std::fs::write(workspace.join("notes.txt"), "first\nsecond\nthird\n")?;
    std::fs::write(workspace.join("point.png"), PNG)?;
    std::fs::write(workspace.join("torn.png"), &PNG[..PNG.len() / 2])?;
    stage.model.answer(Answer::call("read", r#"{"path":"notes.txt","offset":2,"limit":1}"#));
    stage.model.answer(Answer::call("read", r#"{"path":"point.png"}"#));
    stage.model.answer(Answer::call("read", r#"{"path":"torn.png"}"#));
    stage.model.answer(Answer::text("Read."));
    let mut chat = stage.gateway.chat("main").await?;
    assert_eq!(chat.ask("read these").await?.text, "Read.");
    let asked = stage.model.request(4).await.body.to_string();
    assert!(asked.contains(r"second\n[lines 2 to 2 of 3; go on with offset 3]"), "{asked}");
    assert_eq!(asked.matches("data:image/png;base64,").count(), 1, "{asked}");
    assert!(asked.contains("torn.png (image/png)\\n[the picture cannot be shown: "), "{asked}");
    Ok(())
}

#[tokio::test]
async fn an_agent_whose_commands_are_switched_off_runs_none_and_another_one_does() -> anyhow::Result<()> {
    let stage = Stage::set_with(|config| {
        let reader = json!({ "id": "reader", "tools": { "exec": { "security": "deny" } } });
        config["agents"]["list"] = json!([{ "id": "main", "default": true }, reader]);
    })
    .await?;
    stage.model.otherwise(|seen| match results(seen).pop() {
        None => Answer::call("exec", r#"{"command":"echo it ran"}"#),
        Some(result) => Answer::text(result),
    });
    let refused = stage.gateway.chat("agent:reader:main").await?.ask("run it").await?.text;
    assert!(refused.contains("commands are switched off"), "{refused}");
    assert_eq!(stage.gateway.chat("agent:main:main").await?.ask("run it").await?.text, "it ran");
    Ok(())
}

#[tokio::test]
async fn what_a_command_has_printed_is_shown_while_it_still_runs() -> anyhow::Result<()> {
    let stage = Stage::set().await?;
    let mut chat = stage.gateway.chat("main").await?;
    chat.ask("/verbose full").await?;
    stage.model.answer(Answer::call("exec", r#"{"command":"mkfifo go; echo half; read word < go; echo $word"}"#));
    stage.model.answer(Answer::text("Done."));
    let mut events = chat.client().events();
    let run = chat.say("run it").await?;
    let shown = loop {
        let event = events.named("agent").await.context("the connection ended")?;
        let step: Value = serde_json::from_str(event.payload.get())?;
        if step["stream"] == "tool" && step["data"]["phase"] == "update" {
            break step["data"]["partialResult"].to_string();
        }
    };
    assert!(shown.contains("half"), "{shown}");
    std::fs::write(stage.gateway.home().workspace().join("go"), "whole\n")?;
    assert_eq!(chat.reply(&run).await?.text, "Done.");
    assert!(stage.model.request(2).await.body.to_string().contains(r"half\nwhole"));
    Ok(())
}

#[tokio::test]
async fn the_sixty_fifth_command_at_once_is_refused_and_says_so() -> anyhow::Result<()> {
    let stage = Stage::set().await?;
    let start = |answer: Answer, _| answer.tool_call("exec", r#"{"command":"exec cat","background":true}"#);
    stage.model.answer((0..65).fold(Answer::silent(), start));
    stage.model.answer(Answer::text("That is all."));
    let mut chat = stage.gateway.chat("main").await?;
    assert_eq!(chat.ask("start many").await?.text, "That is all.");
    let mut results = results(&*stage.model.request(2).await);
    let last = results.pop().unwrap_or_default();
    assert!(results.len() == 64 && results.iter().all(|result| result.contains("still running")), "{results:#?}");
    assert!(last.contains("too many commands run already"), "{last}");
    Ok(())
}
