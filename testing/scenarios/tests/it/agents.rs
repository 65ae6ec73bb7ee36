//! Several agents and several conversations at one gateway.

use fakes::{FakeModel, FakeTelegram, model::Answer};
use serde_json::{Value, json};
use testkit::{TestGateway, config_for};

use crate::stage::Stage;

#[tokio::test]
async fn two_agents_with_accounts_of_their_own_share_nothing() -> anyhow::Result<()> {
    let model = FakeModel::start().await?;
    let (home, work) = (FakeTelegram::start().await?, FakeTelegram::start().await?);
    // Both have the same number, each with their own network.
    let (ann, boss) = (home.user("ann").id(), work.user("boss").id());
    let mut config = config_for(Some(&model), Some((&home, &[ann, boss])));
    let models = &mut config["models"]["providers"]["fake"]["models"];
    let mut second = models[0].clone();
    second["id"] = json!("fake-2");
    *models = json!([models[0], second]);
    config["agents"]["list"] = json!([
        { "id": "main", "default": true },
        { "id": "clerk", "workspace": "~/office", "model": "fake/fake-2" },
        { "id": "butler", "workspace": "~/house" },
    ]);
    let telegram = &mut config["channels"]["telegram"];
    telegram["accounts"] = json!({
        "default": { "botToken": home.token(), "apiRoot": home.url() },
        "work": { "botToken": work.token(), "apiRoot": work.url(), "allowFrom": [boss] },
    });
    config["bindings"] = json!([
        { "agentId": "clerk", "match": { "channel": "telegram", "accountId": "work" } },
        { "agentId": "butler", "match": { "channel": "telegram", "peer": { "kind": "dm", "id": ann.to_string() } } },
    ]);
    for marker in ["from home", "from work"] {
        let call = json!({ "path": "note.txt", "content": marker }).to_string();
        model.when(marker, [Answer::call("write", &call), Answer::text(format!("Kept what came {marker}."))]);
    }
    let mut gateway = TestGateway::start(&config).await?;
    home.user("ann").says("a note from home");
    assert_eq!(home.expect_reply().await.text, "Kept what came from home.");
    work.user("boss").says("a note from work");
    assert_eq!(work.expect_reply().await.text, "Kept what came from work.");

    // The index is on disk when the gateway has stopped.
    gateway.stop().await?;
    let note = |folder: &str| std::fs::read_to_string(gateway.home().path().join(folder).join("note.txt"));
    assert_eq!((note("house")?.as_str(), note("office")?.as_str()), ("from home", "from work"));
    let asked = |marker: &str| {
        let requests = model.requests();
        let of = requests.iter().filter(|request| request.user_text().contains(marker));
        of.map(|request| request.model().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(asked("from home"), ["fake-1", "fake-1"]);
    assert_eq!(asked("from work"), ["fake-2", "fake-2"]);
    let sessions = |agent: &str| -> anyhow::Result<Vec<String>> {
        let file = gateway.home().state().join("agents").join(agent).join("sessions/sessions.json");
        let index: Value = serde_json::from_str(&std::fs::read_to_string(file)?)?;
        Ok(index.as_object().map(|index| index.keys().cloned().collect()).unwrap_or_default())
    };
    assert_eq!(sessions("butler")?, ["agent:butler:main"]);
    assert_eq!(sessions("clerk")?, ["agent:clerk:main"]);
    Ok(())
}

#[tokio::test]
async fn a_chat_that_waits_for_its_model_holds_up_itself_and_nobody_else() -> anyhow::Result<()> {
    let stage = Stage::set_for(|config, telegram| {
        config["channels"]["telegram"]["allowFrom"] = json!(["ann", "bob"].map(|name| telegram.user(name).id()));
        config["session"] = json!({ "dmScope": "per-peer" });
        config["messages"] = json!({ "queue": { "mode": "followup", "debounceMs": 0 } });
    })
    .await?;
    stage.model.when("the long one", [Answer::text("first").stall()]);
    stage.model.when("the short one", [Answer::text("second")]);
    stage.model.when("hello", [Answer::text("hello bob")]);
    let ann = stage.telegram.user("ann");
    ann.says("the long one");
    stage.model.stalled(1).await;
    ann.says("the short one");
    stage.telegram.user("bob").says("hello");
    assert_eq!(stage.telegram.expect_reply().await.text, "hello bob");
    stage.model.release();
    assert_eq!(stage.telegram.expect_reply().await.text, "first");
    assert_eq!(stage.telegram.expect_reply().await.text, "second");
    Ok(())
}
