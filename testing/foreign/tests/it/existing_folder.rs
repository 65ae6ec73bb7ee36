//! A folder that the published program made, used by ours, and given back.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use fakes::{FakeModel, model::Answer};
use foreign::{Published, free_port};
use serde_json::{Value, json};
use testkit::{Home, TestGateway, config_for};

/// What 2026.1.24 accepts, with a model in the Anthropic format.
fn config(model: &FakeModel) -> Value {
    let mut config = config_for(Some(model), None);
    config["gateway"]["mode"] = "local".into();
    config["models"]["providers"]["fake"]["api"] = "anthropic-messages".into();
    config["models"]["providers"]["fake"]["baseUrl"] = model.url().into();
    config
}

/// Every file below a folder.
fn files(folder: &Path) -> anyhow::Result<BTreeMap<PathBuf, Vec<u8>>> {
    let mut found = BTreeMap::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                open.push(path);
            } else if path.is_file() {
                found.insert(path.clone(), fs::read(&path)?);
            }
        }
    }
    Ok(found)
}

/// Files that are neither as they were, nor longer at their end, nor kept as they were beside.
fn rewritten(before: &BTreeMap<PathBuf, Vec<u8>>, after: &BTreeMap<PathBuf, Vec<u8>>) -> Vec<PathBuf> {
    let is_whole = |path: &PathBuf, old: &Vec<u8>| {
        let stands =
            after.get(path).is_some_and(|new| new.starts_with(old) && is_log(path)) || after.get(path) == Some(old);
        stands || after.values().any(|other| other == old)
    };
    before.iter().filter(|(path, old)| !is_whole(path, old)).map(|(path, _)| path.clone()).collect()
}

fn is_log(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "jsonl")
}

/// The texts of a history, in order.
fn texts(messages: &[Value]) -> Vec<&str> {
    messages
        .iter()
        .filter_map(|message| message["content"][0]["text"].as_str().or(message["content"].as_str()))
        .collect()
}

/// Credentials and people as the published program writes them.
fn seed(state: &Path) -> anyhow::Result<()> {
    let profiles = json!({ "version": 1, "profiles": {
        "fake:default": { "type": "api_key", "provider": "fake", "key": "profile-key" } } });
    let asking = json!({ "version": 1, "requests": [{ "id": "555", "code": "ABCDEFGH",
        "createdAt": "2026-11-20T00:00:00.000Z", "lastSeenAt": "2026-11-20T00:00:00.000Z" }] });
    for (path, content) in [
        ("agents/main/agent/auth-profiles.json", profiles),
        ("credentials/telegram-allowFrom.json", json!({ "version": 1, "allowFrom": ["4242"] })),
        ("credentials/telegram-pairing.json", asking),
    ] {
        let path = state.join(path);
        fs::create_dir_all(path.parent().unwrap_or(state))?;
        fs::write(path, format!("{content:#}\n"))?;
    }
    Ok(())
}

async fn published_turn(published: &Published, text: &str) -> anyhow::Result<String> {
    let said = published.says(&["agent", "--agent", "main", "--message", text]).await?;
    Ok(said.trim().to_owned())
}

#[tokio::test]
async fn a_published_folder_is_taken_up_chatted_on_and_given_back() -> anyhow::Result<()> {
    let (model, home) = (FakeModel::start().await?, Home::new()?);
    let Some(published) = Published::at(home.path(), free_port().await?)? else { return Ok(()) };
    home.write_config(&config(&model))?;
    seed(&home.state())?;
    let read = json!({ "path": "note.txt" }).to_string();
    model.when("first words", [Answer::text("First answer.")]);
    model.when("read it", [Answer::call("read", &read).thinking("I will read.", "sig"), Answer::text("It says nine.")]);

    // The published program makes the folder.
    let mut theirs = published.gateway().await?;
    assert_eq!(published_turn(&published, "first words").await?, "First answer.");
    fs::write(home.workspace().join("note.txt"), "nine")?;
    assert_eq!(published_turn(&published, "read it").await?, "It says nine.");
    theirs.stop().await?;
    assert_eq!(model.requests()[0].header("x-api-key"), Some("profile-key"));
    let before = files(&home.state())?;

    // Ours takes it up as it is.
    let state = home.state();
    let mut ours = TestGateway::start_in(home, &[]).await?;
    let mut chat = ours.chat("main").await?;
    let history = chat.history().await?;
    let old = ["first words", "First answer.", "read it", "nine", "It says nine."];
    assert_eq!(texts(&history), old);
    let list = chat.call("sessions.list", &json!({})).await?;
    assert_eq!(list["sessions"][0]["key"], "agent:main:main");
    let index: Value = serde_json::from_slice(&before[&state.join("agents/main/sessions/sessions.json")])?;
    assert_eq!(list["sessions"][0]["sessionId"], index["agent:main:main"]["sessionId"]);
    let asking = ours.cli(&["pairing", "list", "telegram"]).await?;
    assert!(asking.status.success(), "{asking:?}");
    assert_eq!(rewritten(&before, &files(&state)?), Vec::<PathBuf>::new());

    // It chats on with what was said, the tool call, and the stored key.
    model.when("go on", [Answer::text("Gone on.")]);
    assert_eq!(chat.ask("go on").await?.text, "Gone on.");
    let request = model.requests().last().cloned().ok_or_else(|| anyhow::anyhow!("a request"))?;
    assert_eq!(request.header("x-api-key"), Some("profile-key"));
    for said in ["first words", "First answer.", "nine", "It says nine."] {
        assert!(request.body.to_string().contains(said), "{said} is not in {:#}", request.body);
    }
    assert_eq!(rewritten(&before, &files(&state)?), Vec::<PathBuf>::new());

    // It compacts, is killed in a run, and takes the run up again.
    model.otherwise(|_| Answer::text("SUMMARY of what was said: nine."));
    let compacted = chat.ask("/compact").await?;
    assert_eq!(compacted.state, "final", "{compacted:?}");
    model.when("killed", [Answer::text("half").stall(), Answer::text("Whole again.")]);
    chat.say("killed in the middle").await?;
    model.stalled(1).await;
    ours.kill().await?;
    ours.restart().await?;
    let mut chat = ours.chat("main").await?;
    model.when("after", [Answer::text("After the kill.")]);
    chat.say_as("and after that?", "after-the-kill").await?;
    assert_eq!(chat.reply("after-the-kill").await?.text, "After the kill.");
    let last = chat.history().await?;
    for said in ["Gone on.", "killed in the middle", "Whole again.", "After the kill."] {
        assert!(texts(&last).contains(&said), "{said} is not in {last:#?}");
    }
    ours.stop().await?;

    // The published program goes on from there.
    let mut theirs = published.gateway().await?;
    let history = published.call("chat.history", &json!({ "sessionKey": "main", "limit": 1000 })).await?;
    assert_eq!(texts(history["messages"].as_array().map(Vec::as_slice).unwrap_or_default()), texts(&last));
    model.when("back home", [Answer::text("Home again.")]);
    assert_eq!(published_turn(&published, "back home").await?, "Home again.");
    let request = model.requests().last().cloned().ok_or_else(|| anyhow::anyhow!("a request"))?;
    for said in ["SUMMARY of what was said", "Whole again.", "After the kill.", "back home"] {
        assert!(request.body.to_string().contains(said), "{said} is not in {:#}", request.body);
    }
    theirs.stop().await?;

    // And ours once more, with the turn that happened meanwhile.
    ours.restart().await?;
    let chat = ours.chat("main").await?;
    let history = chat.history().await?;
    assert_eq!(texts(&history).last(), Some(&"Home again."));
    Ok(())
}

#[tokio::test]
async fn what_onboarding_writes_is_accepted_by_the_published_program() -> anyhow::Result<()> {
    let (model, home) = (FakeModel::start().await?, Home::new()?);
    let Some(published) = Published::at(home.path(), free_port().await?)? else { return Ok(()) };
    let gateway = TestGateway::start_in(home, &[]).await?;
    model.serves("fake-1", 32_768, &["tools"]);
    let flags = ["onboard", "--non-interactive", "--json", "--base-url", &model.url(), "--model", "fake-1"];
    let done = gateway.cli(&flags).await?;
    assert!(done.status.success(), "{done:?}");
    let written: Value = serde_json::from_slice(&fs::read(gateway.home().config_path())?)?;
    let token = published.says(&["config", "get", "gateway.auth.token"]).await?;
    assert_eq!(token.trim(), written["gateway"]["auth"]["token"].as_str().unwrap_or_default());
    let primary = published.says(&["config", "get", "agents.defaults.model.primary"]).await?;
    assert_eq!(primary.trim(), written["agents"]["defaults"]["model"]["primary"].as_str().unwrap_or_default());
    Ok(())
}

#[tokio::test]
async fn the_doctor_names_keys_that_the_published_program_refuses() -> anyhow::Result<()> {
    let (model, home) = (FakeModel::start().await?, Home::new()?);
    let Some(published) = Published::at(home.path(), free_port().await?)? else { return Ok(()) };
    let mut config = config(&model);
    config["channels"] = json!({ "telegram": { "enabled": false, "apiRoot": "http://127.0.0.1:9" } });
    home.write_config(&config)?;
    let refused = published.run(&["gateway", "call", "health"]).await?;
    let complaint = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(complaint.contains("apiRoot"), "{complaint}");
    let gateway = TestGateway::start_in(home, &[]).await?;
    let found = gateway.cli(&["doctor", "--json"]).await?;
    let found = String::from_utf8(found.stdout)?;
    assert!(found.contains("later keys") && found.contains("channels.telegram.apiRoot"), "{found}");
    Ok(())
}
