//! What is on the machine already is found: keys in the environment, model servers on their ports.

use fakes::model::Answer;
use fakes::{FakeModel, FakeTelegram};
use serde_json::json;
use testkit::{Home, TestGateway};

use crate::onboard::{NO_SERVERS, RIGHT_KEY, Terminal, by_flags_with, files, home_with, vendor, written};

/// The ports of the three servers; 1 is nobody's.
fn ports(ollama: u16, llamacpp: u16, lmstudio: u16) -> [String; 6] {
    let port = |flag: &str, port: u16| [flag.to_owned(), port.to_string()];
    let all = [port("--ollama-port", ollama), port("--llamacpp-port", llamacpp), port("--lmstudio-port", lmstudio)];
    let [[a, b], [c, d], [e, f]] = all;
    [a, b, c, d, e, f]
}

/// A model server that has this model and answers everything.
async fn server(model: &str) -> anyhow::Result<FakeModel> {
    let server = FakeModel::start().await?;
    server.serves(model, 32_768, &["tools"]).otherwise(|_| Answer::text("OK"));
    Ok(server)
}

/// A gateway in this home answers at the command line.
async fn answers(home: Home, env: &[(&str, &str)]) -> anyhow::Result<TestGateway> {
    let gateway = TestGateway::start_in(home, env).await?;
    let said = gateway.cli(&["agent", "--message", "hello"]).await?;
    assert_eq!(String::from_utf8_lossy(&said.stdout), "OK\n", "{}", String::from_utf8_lossy(&said.stderr));
    Ok(gateway)
}

#[tokio::test]
async fn a_key_in_the_environment_is_used_and_written_nowhere() -> anyhow::Result<()> {
    let (model, telegram) = (vendor().await?, FakeTelegram::start().await?);
    let home = home_with(&model, &telegram)?;
    let env = [("OPENAI_API_KEY", RIGHT_KEY)];
    let (output, said) = by_flags_with(&home, &NO_SERVERS, &env).await?;
    assert!(output.status.success(), "{said}");
    assert_eq!((&said["model"], &said["answer"]), (&json!("openai/gpt-5.2"), &json!("OK")));
    let gateway = answers(home, &env).await?;
    for (path, content) in files(gateway.home().path())? {
        assert!(!content.windows(RIGHT_KEY.len()).any(|part| part == RIGHT_KEY.as_bytes()), "{path}");
    }
    Ok(())
}

#[tokio::test]
async fn llamacpp_and_lm_studio_are_found_on_their_ports_from_an_empty_home() -> anyhow::Result<()> {
    let server = server("tiny").await?;
    let cases = [("llamacpp", ports(1, server.port(), 1)), ("lmstudio", ports(1, 1, server.port()))];
    for (provider, ports) in cases {
        let home = Home::new()?;
        assert_eq!(files(home.path())?, [], "nothing is there before");
        let flags: Vec<&str> = ports.iter().map(String::as_str).collect();
        let (output, said) = by_flags_with(&home, &flags, &[]).await?;
        assert!(output.status.success(), "{said}");
        assert_eq!(said["model"], format!("{provider}/tiny"), "{said}");
        let entry = &written(&home)?["models"]["providers"][provider];
        assert_eq!(entry["baseUrl"], format!("{}/v1", server.url()));
        assert_eq!(entry["models"][0]["contextWindow"], 32_768, "what the server says of itself is kept");
        answers(home, &[]).await?;
    }
    Ok(())
}

#[tokio::test]
async fn what_was_found_is_a_menu_and_the_one_that_is_picked_is_kept() -> anyhow::Result<()> {
    let (ollama, studio) = (server("tiny").await?, server("large").await?);
    let home = Home::new()?;
    assert_eq!(files(home.path())?, [], "nothing is there before");
    let ports = ports(ollama.port(), 1, studio.port());
    let args: Vec<&str> = std::iter::once("onboard").chain(ports.iter().map(String::as_str)).collect();
    let mut terminal = Terminal::run_with(&home, 1, &args, &[("GROQ_API_KEY", "gsk_of-the-environment")])?;
    terminal.shows("Found 3 models").await?;
    terminal.shows("Which model should I think with?").await?;
    for offered in ["Groq (groq/", "key in GROQ_API_KEY", "tiny on Ollama", "large on LM Studio", "Another one"] {
        terminal.shows(offered).await?;
    }
    const DOWN: &str = "\u{1b}[B";
    terminal.press(&format!("{DOWN}{DOWN}\r"))?;
    terminal.shows("lmstudio/large answers: OK").await?;
    terminal.shows("The token of a Telegram bot").await?;
    terminal.answer("")?;
    let (code, shown) = terminal.ended().await?;
    assert_eq!(code, 0, "{shown}");
    assert_eq!((ollama.requests().len(), studio.requests().len()), (0, 1), "only the picked one was asked");

    let config = written(&home)?;
    assert_eq!(config["agents"]["defaults"]["model"]["primary"], "lmstudio/large");
    assert_eq!(config["channels"], json!(null), "no network was wanted");
    assert!(!home.workspace().exists(), "the workspace is made when the agent first needs it");
    let gateway = answers(home, &[]).await?;
    for file in ["AGENTS.md", "SOUL.md", "USER.md"] {
        assert!(gateway.home().workspace().join(file).exists(), "{file}");
    }
    Ok(())
}
