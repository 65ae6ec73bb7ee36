//! A folder that the published program made, used by ours, and given back.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::Context as _;
use fakes::{FakeModel, FakeTelegram, model::Answer};
use foreign::{Published, free_port};
use serde_json::{Value, json};
use testkit::{Chat, Home, TestGateway, config_for};

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
    // Of the future, so that it never runs out.
    let asking = json!({ "version": 1, "requests": [{ "id": "555", "code": "ABCDEFGH",
        "createdAt": "2099-01-01T00:00:00.000Z", "lastSeenAt": "2099-01-01T00:00:00.000Z" }] });
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

/// One folder that two programs use in turn, never at once.
struct Folder {
    model: FakeModel,
    published: Published,
    state: PathBuf,
}

impl Folder {
    /// With the config written; none when the published program was left out.
    async fn new(config: impl FnOnce(&FakeModel) -> Value) -> anyhow::Result<Option<(Self, Home)>> {
        let (model, home) = (FakeModel::start().await?, Home::new()?);
        let Some(published) = Published::at(home.path(), free_port().await?)? else { return Ok(None) };
        home.write_config(&config(&model))?;
        let state = home.state();
        Ok(Some((Self { model, published, state }, home)))
    }

    /// The published program answers in its main session.
    async fn published_turn(&self, text: &str) -> anyhow::Result<String> {
        let said = self.published.says(&["agent", "--agent", "main", "--message", text]).await?;
        Ok(said.trim().to_owned())
    }

    /// The published program makes the folder what it is: two turns, a tool, people, a key; gives all files.
    async fn made(&self, home: &Home) -> anyhow::Result<BTreeMap<PathBuf, Vec<u8>>> {
        seed(&self.state)?;
        let call = Answer::call("read", &json!({ "path": "note.txt" }).to_string());
        self.model.when("first words", [Answer::text("First answer.")]);
        self.model.when("read it", [call, Answer::text("It says nine.")]);
        let mut theirs = self.published.gateway().await?;
        assert_eq!(self.published_turn("first words").await?, "First answer.");
        fs::write(home.workspace().join("note.txt"), "nine")?;
        assert_eq!(self.published_turn("read it").await?, "It says nine.");
        theirs.stop().await?;
        assert_eq!(self.model.requests()[0].header("x-api-key"), Some("profile-key"));
        files(&self.state)
    }

    /// Ours finds everything and chats on with it.
    async fn taken_up(&self, ours: &TestGateway, chat: &mut Chat) -> anyhow::Result<()> {
        let old = ["first words", "First answer.", "read it", "nine", "It says nine."];
        assert_eq!(texts(&chat.history().await?), old);
        let index: Value = serde_json::from_slice(&fs::read(self.state.join("agents/main/sessions/sessions.json"))?)?;
        let list = chat.call("sessions.list", &json!({})).await?;
        assert_eq!(list["sessions"][0]["key"], "agent:main:main");
        assert_eq!(list["sessions"][0]["sessionId"], index["agent:main:main"]["sessionId"]);
        let asking = String::from_utf8(ours.cli(&["pairing", "list", "telegram"]).await?.stdout)?;
        assert!(asking.contains("ABCDEFGH"), "{asking}");
        self.model.when("go on", [Answer::text("Gone on.")]);
        assert_eq!(chat.ask("go on").await?.text, "Gone on.");
        let request = self.model.requests().last().cloned().context("a request")?;
        assert_eq!(request.header("x-api-key"), Some("profile-key"));
        assert_eq!(missing(&request.body, &old), [""; 0]);
        Ok(())
    }

    /// Ours is led through the first steps with a bot, and answers there; gives what was said.
    async fn onboarded(&self, ours: &TestGateway, telegram: &FakeTelegram) -> anyhow::Result<[&'static str; 2]> {
        self.model.when("single word OK", [Answer::text("OK")]);
        let flags = ["onboard", "--non-interactive", "--json", "--model", "fake/fake-1"];
        let nobody = ["--ollama-port", "1", "--llamacpp-port", "1", "--lmstudio-port", "1"];
        let bot = ["--bot-token", telegram.token()];
        let done = ours.cli_json(&[flags.as_slice(), &nobody, &bot].concat()).await?;
        assert_eq!((&done["ok"], &done["channel"]["kind"]), (&json!(true), &json!("telegram")), "{done}");
        telegram.polled().await;
        let said = ["by telegram, please", "By telegram."];
        self.model.when(said[0], [Answer::text(said[1])]);
        telegram.user("ann").says(said[0]);
        assert_eq!(telegram.expect_reply().await.text, said[1]);
        Ok(said)
    }

    /// The published program finds nothing wrong with the config, once the address of the fake is out of it.
    async fn accepted(&self, ours: &TestGateway) -> anyhow::Result<()> {
        let refused = self.published.run(&["gateway", "call", "health"]).await?;
        let complaint = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(complaint.contains("apiRoot"), "it looks at every key: {complaint}");
        let gone = ours.cli(&["config", "unset", "channels.telegram.apiRoot"]).await?;
        assert!(gone.status.success(), "{gone:?}");
        let token = self.published.says(&["config", "get", "channels.telegram.botToken"]).await?;
        assert!(!token.trim().is_empty());
        assert_eq!(setting(&self.published, "agents.defaults.model.primary").await?, "fake/fake-1");
        let health = self.published.run(&["doctor", "--non-interactive"]).await?;
        let said = String::from_utf8_lossy(&health.stdout).into_owned();
        assert!(!said.contains("not enabled yet"), "{said}");
        Ok(())
    }

    /// Ours compacts, is killed in a run and takes the run up again; gives the texts of the history.
    async fn worn(&self, ours: &mut TestGateway, mut chat: Chat) -> anyhow::Result<Vec<String>> {
        self.model.otherwise(|_| Answer::text("SUMMARY: nine."));
        let compacted = chat.ask("/compact").await?;
        assert_eq!(compacted.state, "final", "{compacted:?}");
        self.model.when("killed", [Answer::text("half").stall(), Answer::text("Whole again.")]);
        chat.say("killed in the middle").await?;
        self.model.stalled(1).await;
        ours.kill().await?;
        ours.restart().await?;
        let mut chat = ours.chat("main").await?;
        self.model.when("after", [Answer::text("After the kill.")]);
        chat.say_as("and after that?", "after-the-kill").await?;
        assert_eq!(chat.reply("after-the-kill").await?.text, "After the kill.");
        let history = chat.history().await?;
        let told: Vec<String> = texts(&history).into_iter().map(str::to_owned).collect();
        for said in ["Gone on.", "killed in the middle", "Whole again.", "After the kill."] {
            assert!(told.iter().any(|text| text == said), "{said} is not in {told:#?}");
        }
        Ok(told)
    }

    /// The published program has all of it and goes on.
    async fn given_back(&self, told: &[String], known: &[&str]) -> anyhow::Result<()> {
        let mut theirs = self.published.gateway().await?;
        let params = json!({ "sessionKey": "main", "limit": 1000 });
        let history = self.published.call("chat.history", &params).await?;
        assert_eq!(texts(history["messages"].as_array().context("messages")?), told);
        self.model.when("back home", [Answer::text("Home again.")]);
        assert_eq!(self.published_turn("back home").await?, "Home again.");
        let request = self.model.requests().last().cloned().context("a request")?;
        assert_eq!(missing(&request.body, known), [""; 0]);
        theirs.stop().await
    }
}

/// Those of the texts that a request does not hold.
fn missing<'t>(request: &Value, texts: &[&'t str]) -> Vec<&'t str> {
    let whole = request.to_string();
    texts.iter().copied().filter(|text| !whole.contains(text)).collect()
}

#[tokio::test]
async fn a_published_folder_is_taken_up_chatted_on_and_given_back() -> anyhow::Result<()> {
    let Some((folder, home)) = Folder::new(config).await? else { return Ok(()) };
    let before = folder.made(&home).await?;
    let mut ours = TestGateway::start_in(home, &[]).await?;
    let mut chat = ours.chat("main").await?;
    within(folder.taken_up(&ours, &mut chat)).await?;
    assert_eq!(rewritten(&before, &files(&folder.state)?), Vec::<PathBuf>::new());
    let told = within(folder.worn(&mut ours, chat)).await?;
    ours.stop().await?;
    folder.given_back(&told, &["SUMMARY: nine.", "Whole again.", "After the kill."]).await?;
    ours.restart().await?;
    let history = ours.chat("main").await?.history().await?;
    assert_eq!(texts(&history).last(), Some(&"Home again."));
    Ok(())
}

#[tokio::test]
async fn a_published_folder_goes_through_our_first_steps_a_bot_and_a_kill_and_is_continued() -> anyhow::Result<()> {
    let telegram = FakeTelegram::start().await?;
    let Some((folder, home)) = Folder::new(config).await? else { return Ok(()) };
    folder.made(&home).await?;
    let mut with_bot: Value = serde_json::from_slice(&fs::read(home.config_path())?)?;
    with_bot["channels"] =
        json!({ "telegram": { "apiRoot": telegram.url(), "allowFrom": [telegram.user("ann").id()] } });
    home.write_config(&with_bot)?;
    let mut ours = TestGateway::start_in(home, &[]).await?;
    let said = within(folder.onboarded(&ours, &telegram)).await?;
    let mut chat = ours.chat("main").await?;
    let history = chat.history().await?;
    let told = texts(&history);
    assert!(told.iter().any(|text| text.contains(said[0])) && told.contains(&said[1]), "one session: {told:?}");
    folder.model.when("go on", [Answer::text("Gone on.")]);
    assert_eq!(chat.ask("go on").await?.text, "Gone on.");
    let told = within(folder.worn(&mut ours, chat)).await?;
    ours.stop().await?;
    folder.accepted(&ours).await?;
    folder.given_back(&told, &["SUMMARY: nine.", "Whole again.", "After the kill."]).await
}

#[tokio::test]
async fn a_folder_of_ours_that_onboarding_set_up_is_continued_by_the_published_program() -> anyhow::Result<()> {
    let Some((folder, home)) = Folder::new(|_| json!({})).await? else { return Ok(()) };
    let mut ours =
        TestGateway::start_in(home, &[("CLAWDBOT_GATEWAY_TOKEN", "test-token-of-a-gateway-on-loopback")]).await?;
    folder.model.serves("fake-1", 32_768, &["tools"]);
    let url = folder.model.url();
    let done = ours.cli(&["onboard", "--non-interactive", "--json", "--base-url", &url, "--model", "fake-1"]).await?;
    assert!(done.status.success(), "{done:?}");
    let written: Value = serde_json::from_slice(&fs::read(ours.home().config_path())?)?;
    let primary = folder.published.says(&["config", "get", "agents.defaults.model.primary"]).await?;
    assert_eq!(Some(primary.trim()), written["agents"]["defaults"]["model"]["primary"].as_str());

    let mut chat = ours.chat("main").await?;
    folder.model.answer(Answer::text("Said by ours."));
    let reply = within(chat.ask("hello")).await?;
    assert_eq!(reply.text, "Said by ours.", "{:?}", reply.error);
    ours.stop().await?;
    folder.given_back(&["hello".to_owned(), "Said by ours.".to_owned()], &["hello", "Said by ours."]).await
}

/// What the published program reads in the config. It may give advice before.
async fn setting(published: &Published, key: &str) -> anyhow::Result<String> {
    let said = published.says(&["config", "get", key]).await?;
    Ok(said.trim().lines().last().unwrap_or_default().to_owned())
}

/// What takes longer than this does not happen.
async fn within<T>(story: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    tokio::time::timeout(Duration::from_secs(60), story).await.context("it does not end")?
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

#[tokio::test]
async fn an_old_config_that_the_doctor_wrote_anew_is_accepted_by_the_published_program() -> anyhow::Result<()> {
    let (model, home) = (FakeModel::start().await?, Home::new()?);
    let Some(published) = Published::at(home.path(), free_port().await?)? else { return Ok(()) };
    let mut old = config(&model);
    old["agent"] = json!({ "model": "fake/fake-1", "modelFallback": ["fake/fake-1"], "bash": { "timeoutSec": 5 },
        "sandbox": { "perSession": true } });
    old["agents"].take();
    old["telegram"] = json!({ "enabled": false, "requireMention": false });
    old["routing"] = json!({ "groupChat": { "mentionPatterns": ["@clawd"] }, "queue": { "mode": "collect" } });
    old["identity"] = json!({ "name": "Clawd" });
    old["messages"] = json!({ "tts": { "enabled": false } });
    old.as_object_mut().context("a config")?.retain(|_, value| !value.is_null());
    home.write_config(&old)?;
    let gateway = TestGateway::start_in(home, &[]).await?;
    let fixed = gateway.cli(&["doctor", "--fix"]).await?;
    assert!(fixed.status.success(), "{fixed:?}");
    for (key, value) in [
        ("agents.defaults.model.primary", "fake/fake-1"),
        ("tools.exec.timeoutSec", "5"),
        ("agents.list[0].identity.name", "Clawd"),
        ("messages.tts.auto", "off"),
    ] {
        assert_eq!(setting(&published, key).await?, value, "{key}");
    }
    let health = published.run(&["doctor", "--non-interactive"]).await?;
    let said = String::from_utf8_lossy(&health.stdout).into_owned();
    assert!(!said.contains("Invalid config") && !said.contains("Legacy config"), "{said}");
    Ok(())
}
