//! What earlier versions left: their config and their folders are taken as they are, and work goes on.

use fakes::{FakeModel, model::Answer};
use serde_json::{Value, json};
use testkit::{Home, TestGateway, config_for};

use crate::commands::run;

/// A config in the words of earlier versions, with a comment in the part that moves.
fn old_config(model: &FakeModel) -> anyhow::Result<String> {
    let config = config_for(Some(model), None);
    let (models, token) = (&config["models"], &config["gateway"]["auth"]["token"]);
    let text = format!(
        "{{\n  // mine\n  gateway: {{ mode: 'local', token: {token} }},\n  models: {models},\n  agent: {{\n    // the one I like\n    \
         model: 'fake/fake-1',\n    modelFallback: ['fake/fake-1'],\n  }},\n  identity: {{ name: 'Clawd' }},\n  \
         routing: {{ groupChat: {{ mentionPatterns: ['@clawd'] }} }},\n}}\n"
    );
    Ok(text)
}

fn write(home: &Home, path: &str, text: &str) -> anyhow::Result<()> {
    let path = home.state().join(path);
    std::fs::create_dir_all(path.parent().unwrap_or(&home.state()))?;
    Ok(std::fs::write(path, text)?)
}

#[tokio::test]
async fn an_old_config_starts_as_it_is_and_the_doctor_writes_it_anew_with_its_comments() -> anyhow::Result<()> {
    let (model, home) = (FakeModel::start().await?, Home::new()?);
    model.otherwise(|_| Answer::text("fine"));
    let old = old_config(&model)?;
    write(&home, "clawdbot.json", &old)?;
    let mut gateway = TestGateway::start_in(home, &[]).await?;
    let mut chat = gateway.chat("main").await?;
    assert_eq!(chat.ask("hello").await?.text, "fine");
    assert_eq!(std::fs::read_to_string(gateway.home().config_path())?, old, "a start writes nothing");
    let got = chat.call("config.get", &json!({})).await?;
    let moved: Vec<&str> =
        got["legacyIssues"].as_array().into_iter().flatten().filter_map(|issue| issue["path"].as_str()).collect();
    for key in ["gateway.token", "agent", "identity", "routing.groupChat.mentionPatterns"] {
        assert!(moved.contains(&key), "{key} is not in {moved:?}");
    }
    gateway.stop().await?;

    let home = gateway.home();
    let primary = run(home, &["config", "get", "agent.model"]).await?;
    assert_eq!(String::from_utf8_lossy(&primary.stdout).trim(), "fake/fake-1", "{primary:?}");
    let fixed = run(home, &["doctor", "--fix", "--json"]).await?;
    assert!(fixed.status.success(), "{fixed:?}");
    assert_eq!(std::fs::read_to_string(home.state().join("clawdbot.json.bak"))?, old);
    let new = std::fs::read_to_string(home.config_path())?;
    assert!(new.contains("// mine") && new.contains("// the one I like") && !new.contains("agent:"), "{new}");
    let valid: Value = serde_json::from_slice(&run(home, &["config", "validate", "--json"]).await?.stdout)?;
    assert_eq!((&valid["valid"], &valid["legacyIssues"]), (&json!(true), &json!([])), "{new}");
    Ok(())
}

#[tokio::test]
async fn a_folder_from_before_agents_had_folders_goes_on_with_its_conversation() -> anyhow::Result<()> {
    let (model, home) = (FakeModel::start().await?, Home::new()?);
    model.otherwise(|_| Answer::text("fine"));
    let mut config = config_for(Some(&model), None);
    if let Some(provider) = config["models"]["providers"]["fake"].as_object_mut() {
        provider.remove("apiKey");
    }
    home.write_config(&config)?;
    let key = json!({"type": "api_key", "provider": "fake", "key": "profile-key"});
    write(&home, "agent/auth-profiles.json", &json!({"version": 1, "profiles": {"fake:default": key}}).to_string())?;
    let said = json!({"type": "message", "id": "0000000a", "parentId": null, "timestamp": "2026-01-01T00:00:00.000Z",
        "message": {"role": "user", "content": "from long ago", "timestamp": 1}});
    let header =
        json!({"type": "session", "version": 2, "id": "old", "timestamp": "2026-01-01T00:00:00.000Z", "cwd": "/"});
    write(&home, "sessions/old.jsonl", &format!("{header}\n{said}\n"))?;
    let entry = json!({"sessionId": "old", "updatedAt": now_ms(), "sessionFile": "/elsewhere/sessions/old.jsonl"});
    write(&home, "sessions/sessions.json", &json!({"main": entry}).to_string())?;
    let gateway = TestGateway::start_in(home, &[]).await?;
    let mut chat = gateway.chat("main").await?;
    assert_eq!(chat.ask("and now?").await?.text, "fine");
    let asked = model.request(1).await;
    assert!(asked.body.to_string().contains("from long ago"), "{}", asked.body);
    assert_eq!(asked.header("authorization"), Some("Bearer profile-key"));
    let state = gateway.home().state();
    assert!(state.join("agents/main/sessions/old.jsonl").exists() && !state.join("sessions").exists());
    Ok(())
}

/// Wall time, because a session that rested for a day starts over.
#[expect(clippy::disallowed_methods, reason = "the file says when it was used last")]
fn now_ms() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(0)
}
