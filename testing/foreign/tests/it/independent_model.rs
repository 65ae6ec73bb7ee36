//! A model server that is not ours, asked by our gateway in each of the four formats.

use foreign::{Process, free_port, peer};
use net::{Egress, Http, HttpConfig, Request};
use serde_json::{Value, json};
use testkit::{Home, TestGateway};

/// What the server says: a thought with a tool call, then an answer once it sees the tool's result.
fn fixtures() -> Value {
    let call = json!({ "id": "toolu_1", "name": "read", "arguments": { "path": "note.txt" } });
    json!({ "fixtures": [
        { "match": { "userMessage": "the note", "hasToolResult": false },
          "response": { "reasoning": "I should look.", "toolCalls": [call],
                        "usage": { "prompt_tokens": 11, "completion_tokens": 7 } } },
        { "match": { "userMessage": "the note", "hasToolResult": true },
          "response": { "content": "It says forty-two.", "usage": { "prompt_tokens": 13, "completion_tokens": 5 } } },
        { "match": { "userMessage": "overload" },
          "response": { "error": { "message": "Overloaded", "type": "overloaded_error" }, "status": 529 } },
    ] })
}

/// The server, its address, and a folder for it.
async fn server() -> anyhow::Result<Option<(Process, String, Home)>> {
    let Some(aimock) = peer("aimock")? else { return Ok(None) };
    let home = Home::new()?;
    let file = home.path().join("fixtures.json");
    std::fs::write(&file, fixtures().to_string())?;
    let port = free_port().await?;
    let mut command = aimock.command("@copilotkit/aimock/dist/cli.js", home.path());
    command.args(["-p", &port.to_string(), "-f"]).arg(file);
    let process = Process::start(command, "listening on").await?;
    Ok(Some((process, format!("http://127.0.0.1:{port}"), home)))
}

/// Ollama's own format is that of the provider of this name, not one that 2026.1.24 knows.
fn config(base: &str, api: &str) -> Value {
    let model = json!({ "id": "mock-1", "name": "Mock", "reasoning": true, "input": ["text"],
        "cost": { "input": 0, "output": 0, "cacheRead": 0, "cacheWrite": 0 },
        "contextWindow": 200_000, "maxTokens": 8192 });
    let name = if api == "ollama" { api } else { "mock" };
    let mut provider = json!({ "baseUrl": base, "apiKey": "test-key", "models": [model] });
    if api != "ollama" {
        provider["api"] = api.into();
    }
    json!({
        "gateway": { "auth": { "token": "test-token-of-a-gateway-on-loopback" } },
        "models": { "providers": { name: provider } },
        "agents": { "defaults": { "model": { "primary": format!("{name}/mock-1") }, "thinkingDefault": "low",
            "heartbeat": { "every": "0m" } } },
    })
}

/// What the server was asked on this path, oldest first.
async fn asked(url: &str, path: &str) -> anyhow::Result<Vec<Value>> {
    let request = Request::get(Egress::Configured, &format!("{url}/__aimock/journal"));
    let journal: Vec<Value> = Http::new(HttpConfig::default()).send(request).await?.json(16 << 20).await?;
    Ok(journal.into_iter().filter(|entry| entry["path"] == path).map(|entry| entry["body"].clone()).collect())
}

/// A turn with a thought and a tool call; gives the history.
async fn turn(api: &str, base: &str, path: &str) -> anyhow::Result<Option<Vec<Value>>> {
    let Some((_server, url, _folder)) = server().await? else { return Ok(None) };
    let gateway = TestGateway::start(&config(&format!("{url}{base}"), api)).await?;
    std::fs::create_dir_all(gateway.home().workspace())?;
    std::fs::write(gateway.home().workspace().join("note.txt"), "forty-two, written down")?;
    let mut chat = gateway.chat("main").await?;
    let reply = chat.ask("what does the note say?").await?;
    assert_eq!((reply.state.as_str(), reply.text.as_str()), ("final", "It says forty-two."), "{:?}", reply.error);
    let requests = asked(&url, path).await?;
    assert_eq!(requests.len(), 2, "{requests:#?}");
    assert!(requests[1].to_string().contains("forty-two, written down"), "{:#}", requests[1]);
    Ok(Some(chat.history().await?))
}

/// The parts of the first answer in the history.
fn parts(history: &[Value]) -> Vec<&str> {
    let first = history.iter().find(|message| message["role"] == "assistant");
    let content = first.and_then(|message| message["content"].as_array());
    content.into_iter().flatten().filter_map(|part| part["type"].as_str()).collect()
}

#[tokio::test]
async fn anthropic_messages_carry_a_thought_with_its_signature_through_a_tool_call() -> anyhow::Result<()> {
    let Some(history) = turn("anthropic-messages", "", "/v1/messages").await? else { return Ok(()) };
    assert_eq!(parts(&history), ["thinking", "toolCall"]);
    assert_eq!(history[1]["content"][0]["thinkingSignature"], "aimock-placeholder-signature");
    Ok(())
}

#[tokio::test]
async fn chat_completions_carry_a_tool_call_and_its_result() -> anyhow::Result<()> {
    let found = turn("openai-completions", "/v1", "/v1/chat/completions").await?;
    let Some(history) = found else { return Ok(()) };
    assert_eq!(parts(&history), ["thinking", "toolCall"]);
    Ok(())
}

#[tokio::test]
async fn responses_carry_a_tool_call_and_its_result() -> anyhow::Result<()> {
    let Some(history) = turn("openai-responses", "/v1", "/v1/responses").await? else { return Ok(()) };
    assert_eq!(parts(&history), ["thinking", "toolCall"]);
    Ok(())
}

#[tokio::test]
async fn ollama_carries_a_tool_call_and_its_result() -> anyhow::Result<()> {
    // This server gives thoughts in a field that Ollama itself does not have.
    let Some(history) = turn("ollama", "", "/api/chat").await? else { return Ok(()) };
    assert!(parts(&history).contains(&"toolCall"), "{history:#?}");
    Ok(())
}

#[tokio::test]
async fn an_overloaded_server_is_named_in_one_sentence() -> anyhow::Result<()> {
    let Some((_server, url, _folder)) = server().await? else { return Ok(()) };
    let gateway = TestGateway::start(&config(&url, "anthropic-messages")).await?;
    let mut chat = gateway.chat("main").await?;
    let reply = chat.ask("overload").await?;
    assert_eq!(reply.state, "error");
    assert!(reply.error.is_some_and(|sentence| sentence.to_lowercase().contains("overloaded")));
    Ok(())
}
