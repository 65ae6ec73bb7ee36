//! `clawdbot agent --rpc`: a program at the other end of two pipes.

use anyhow::Context as _;
use fakes::FakeModel;
use fakes::model::Answer;
use serde_json::{Value, json};
use testkit::{TestGateway, config_for};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout};

use crate::crash::appears;

/// The program's side.
struct Program {
    child: Child,
    input: ChildStdin,
    lines: Lines<BufReader<ChildStdout>>,
    /// What was read so far.
    heard: Vec<Value>,
}

impl Program {
    fn start(gateway: &TestGateway, args: &[&str]) -> anyhow::Result<Self> {
        let mut child = gateway.piped(args)?;
        let input = child.stdin.take().context("its input")?;
        let lines = BufReader::new(child.stdout.take().context("its output")?).lines();
        Ok(Self { child, input, lines, heard: Vec::new() })
    }

    async fn writes(&mut self, line: &str) -> anyhow::Result<()> {
        Ok(self.input.write_all(format!("{line}\n").as_bytes()).await?)
    }

    /// Reads on to a line like this.
    async fn hears(&mut self, wanted: impl Fn(&Value) -> bool) -> anyhow::Result<Value> {
        loop {
            let line = self.lines.next_line().await?.with_context(|| format!("it ended: {:#?}", self.heard))?;
            let line: Value = serde_json::from_str(&line)?;
            self.heard.push(line.clone());
            if wanted(&line) {
                return Ok(line);
            }
        }
    }

    async fn asks(&mut self, request: Value) -> anyhow::Result<Value> {
        self.writes(&request.to_string()).await?;
        self.hears(|line| line["type"] == "response" && line["id"] == request["id"]).await
    }

    /// Closes its end; gives the exit code.
    async fn leaves(mut self) -> anyhow::Result<Option<i32>> {
        drop(self.input);
        while self.lines.next_line().await?.is_some() {}
        Ok(self.child.wait().await?.code())
    }
}

async fn stage() -> anyhow::Result<(TestGateway, FakeModel)> {
    let model = FakeModel::start().await?;
    let gateway = TestGateway::start(&config_for(Some(&model), None)).await?;
    Ok((gateway, model))
}

#[tokio::test]
async fn a_program_talks_with_the_agent_and_sets_its_session() -> anyhow::Result<()> {
    let (gateway, model) = stage().await?;
    let mut program = Program::start(&gateway, &["agent", "--rpc"])?;
    model.answer(Answer::text("hello back"));
    let answer = program.asks(json!({ "id": 1, "type": "prompt", "message": "hello" })).await?;
    assert_eq!((&answer["success"], &answer["command"]), (&json!(true), &json!("prompt")), "{answer}");
    assert_eq!(answer["data"]["result"]["payloads"][0]["text"], "hello back", "{answer}");
    let steps: Vec<&Value> = program.heard.iter().filter(|line| line["event"] == "agent").collect();
    assert!(steps.iter().any(|step| step["payload"]["data"]["text"] == "hello back"), "{steps:#?}");

    let set = program.asks(json!({ "id": 2, "type": "set_thinking", "level": "high" })).await?;
    assert_eq!(set["data"]["entry"]["thinkingLevel"], "high", "{set}");
    let refused = program.asks(json!({ "id": 3, "type": "set_thinking", "level": "bogus" })).await?;
    assert!(refused["success"] == false && refused["error"].to_string().contains("minimal"), "{refused}");
    let set = program.asks(json!({ "id": "m", "type": "set_model", "model": "fake/fake-1" })).await?;
    assert_eq!(set["success"], true, "{set}");
    let state = program.asks(json!({ "id": 4, "type": "get_state" })).await?;
    assert_eq!(state["data"]["session"]["thinkingLevel"], "high", "{state}");
    assert_eq!(state["data"]["running"], 0, "{state}");
    let kept = program.asks(json!({ "id": 5, "type": "get_messages", "limit": 10 })).await?;
    assert_eq!(kept["data"]["messages"].as_array().map(Vec::len), Some(2), "{kept}");

    for line in [b"no json\n".as_slice(), b"{\"type\":\"prompt\",\"message\":\"\xff\"}\n"] {
        program.input.write_all(line).await?;
        let unread = program.hears(|line| line["type"] == "response").await?;
        assert!(unread["success"] == false && unread["command"].is_null(), "{unread}");
    }
    assert_eq!(program.leaves().await?, Some(0));
    Ok(())
}

#[tokio::test]
async fn a_run_that_a_program_aborts_ends_with_what_was_said() -> anyhow::Result<()> {
    let (gateway, model) = stage().await?;
    let mut program = Program::start(&gateway, &["agent", "--rpc"])?;
    model.answer(Answer::text("half of it").stall());
    program.writes(r#"{"id":"p","type":"prompt","message":"long story"}"#).await?;
    program.hears(|line| line["payload"]["data"]["text"] == "half of it").await?;
    let aborted = program.asks(json!({ "id": "a", "type": "abort" })).await?;
    assert_eq!(aborted["data"]["aborted"], true, "{aborted}");
    let ended = |line: &Value| line["type"] == "response" && line["id"] == "p";
    let answer = match program.heard.iter().find(|line| ended(line)) {
        Some(answer) => answer.clone(),
        None => program.hears(ended).await?,
    };
    assert_eq!(answer["data"]["result"]["meta"]["aborted"], true, "{answer}");
    assert_eq!(program.leaves().await?, Some(0));
    Ok(())
}

/// A program that has talked enough for a summary.
async fn talked(gateway: &TestGateway, model: &FakeModel) -> anyhow::Result<Program> {
    let mut program = Program::start(gateway, &["agent", "--rpc"])?;
    for id in 0..4 {
        model.answer(Answer::text("a long answer ".repeat(40)));
        program.asks(json!({ "id": id, "type": "prompt", "message": "tell me more ".repeat(40) })).await?;
    }
    Ok(program)
}

#[tokio::test]
async fn a_compaction_says_what_it_came_to_also_when_the_gateway_ends_meanwhile() -> anyhow::Result<()> {
    let (mut gateway, model) = stage().await?;
    let mut program = Program::start(&gateway, &["agent", "--rpc"])?;
    let nothing = program.asks(json!({ "id": "n", "type": "compact" })).await?;
    assert!(nothing["success"] == false && nothing["error"].to_string().contains("nothing"), "{nothing}");
    assert_eq!(program.leaves().await?, Some(0));

    let mut program = talked(&gateway, &model).await?;
    model.answer(Answer::text("SUMMARY"));
    let compacted = program.asks(json!({ "id": "c", "type": "compact" })).await?;
    assert!(compacted["success"] == true && compacted["data"]["text"].is_string(), "{compacted}");
    assert_eq!(program.leaves().await?, Some(0));

    let mut program = talked(&gateway, &model).await?;
    model.answer(Answer::text("SUMM").stall());
    program.writes(r#"{"id":"k","type":"compact"}"#).await?;
    model.stalled(1).await;
    drop(program.input);
    gateway.kill().await?;
    let mut last = String::new();
    while let Some(line) = program.lines.next_line().await? {
        last = line;
    }
    assert!(last.contains(r#""id":"k""#) && last.contains(r#""success":false"#), "{last}");
    program.child.wait().await?;
    Ok(())
}

#[tokio::test]
async fn a_program_that_asked_for_too_much_can_still_abort() -> anyhow::Result<()> {
    let (gateway, model) = stage().await?;
    let mut program = Program::start(&gateway, &["agent", "--rpc"])?;
    model.otherwise(|_| Answer::text("on and on").stall());
    for id in 0..33 {
        program.writes(&json!({ "id": id, "type": "prompt", "message": format!("word {id}") }).to_string()).await?;
    }
    let refused = program.hears(|line| line["type"] == "response" && line["id"] == 32).await?;
    assert!(refused["success"] == false && refused["error"].to_string().contains("abort"), "{refused}");
    let aborted = program.asks(json!({ "id": "a", "type": "abort" })).await?;
    assert_eq!(aborted["success"], true, "{aborted}");
    Ok(())
}

#[tokio::test]
async fn words_that_a_program_adds_are_taken_into_the_run_of_a_session_that_is_steered() -> anyhow::Result<()> {
    let (gateway, model) = stage().await?;
    gateway.chat("main").await?.ask("/queue steer").await?;
    let mut program = Program::start(&gateway, &["agent", "--rpc"])?;
    model.answer(Answer::call("exec", r#"{"command":"mkfifo go; echo up; read word < go; echo $word"}"#));
    model.answer(Answer::text("Both done."));
    std::fs::create_dir_all(gateway.home().workspace())?;
    program.writes(r#"{"id":"p","type":"prompt","message":"begin"}"#).await?;
    let go = gateway.home().workspace().join("go");
    appears(&go).await?;
    let steered = program.asks(json!({ "id": "s", "type": "steer", "message": "and this too" })).await?;
    assert_eq!(steered["success"], true, "{steered}");
    std::fs::write(go, "on\n")?;
    let answer = program.hears(|line| line["type"] == "response" && line["id"] == "p").await?;
    assert_eq!(answer["data"]["result"]["payloads"][0]["text"], "Both done.", "{answer}");
    assert!(model.request(2).await.user_text().contains("and this too"));
    assert_eq!(program.leaves().await?, Some(0));
    Ok(())
}

#[tokio::test]
async fn without_a_gateway_a_prompt_is_answered_before_the_end_of_the_input_ends_the_program() -> anyhow::Result<()> {
    let (mut gateway, model) = stage().await?;
    gateway.stop().await?;
    let mut program = Program::start(&gateway, &["agent", "--rpc", "--local"])?;
    model.answer(Answer::text("from here"));
    program.writes(r#"{"id":1,"type":"prompt","message":"hello"}"#).await?;
    let Program { mut child, input, mut lines, .. } = program;
    drop(input);
    let mut last = String::new();
    while let Some(line) = lines.next_line().await? {
        last = line;
    }
    assert!(last.contains(r#""id":1"#) && last.contains("from here"), "{last}");
    assert_eq!(child.wait().await?.code(), Some(0));
    Ok(())
}
