//! What operators may ask.

use std::sync::Arc;

use config::Live;
use protocol::Role;
use rpc::{Call, Caller};
use serde_json::value::to_raw_value;
use serde_json::{Value, json};
use stdx::CancellationToken;

use crate::house::{CONFIG, House};

async fn ask(house: &House, method: &str, params: Value) -> Result<Value, String> {
    let methods = agent::methods(&house.agents, Live::fixed(sessions::Config::default()));
    let caller = Caller {
        conn: "c1".parse().unwrap(),
        role: Role::Operator,
        scopes: Arc::new([]),
        device: None,
        client_id: "test".into(),
        client_mode: "test".into(),
        display_name: None,
        is_local: true,
    };
    let (_, run) = methods.get(method).unwrap().prepare(Some(&to_raw_value(&params).unwrap())).unwrap();
    let answer = run(Call::new(Arc::new(caller), CancellationToken::new(), Box::new(|_| {}))).await;
    answer.map(|raw| serde_json::from_str(raw.get()).unwrap()).map_err(|error| error.message.into_owned())
}

#[tokio::test(start_paused = true)]
async fn the_models_are_listed_by_vendor_and_name_with_the_configured_ones() {
    let house = House::new().await;
    let reply = ask(&house, "models.list", json!({})).await.unwrap();
    let models = reply["models"].as_array().unwrap();
    let configured = models.iter().find(|model| model["provider"] == "fake" && model["id"] == "m").unwrap();
    assert_eq!(
        *configured,
        json!({"id":"m","name":"m","provider":"fake","contextWindow":50000,"reasoning":false,"input":["text","image"]})
    );
    let order: Vec<_> = models.iter().map(|m| (m["provider"].as_str().unwrap(), m["name"].as_str().unwrap())).collect();
    assert!(order.is_sorted() && order.len() > 600);
}

#[tokio::test(start_paused = true)]
async fn without_a_list_there_is_one_agent() {
    let house = House::new().await;
    let reply = ask(&house, "agents.list", json!({})).await.unwrap();
    assert_eq!(reply, json!({"defaultId":"main","mainKey":"main","scope":"per-sender","agents":[{"id":"main"}]}));
}

#[tokio::test(start_paused = true)]
async fn a_configured_agent_shows_its_name_and_face() {
    let list = r#""list": [{"id": "ops", "name": "Ops", "identity": {"name": "Ola", "emoji": "🦉"}}, {"id": "b"}], "defaults""#;
    let house = House::with(&CONFIG.replace("\"defaults\"", list), "{}").await;
    let reply = ask(&house, "agents.list", json!({})).await.unwrap();
    assert_eq!(reply["defaultId"], "ops");
    assert_eq!(reply["agents"][0], json!({"id":"ops","name":"Ops","identity":{"name":"Ola","emoji":"🦉"}}));
    let reply = ask(&house, "agent.identity.get", json!({})).await.unwrap();
    assert_eq!(reply, json!({"agentId":"ops","name":"Ola","avatar":"🦉"}));
    let reply = ask(&house, "agent.identity.get", json!({"sessionKey":"agent:b:main"})).await.unwrap();
    assert_eq!(reply, json!({"agentId":"b","name":"Assistant","avatar":"A"}));
    let refused = ask(&house, "agent.identity.get", json!({"agentId":"ops","sessionKey":"agent:b:main"})).await;
    assert!(refused.unwrap_err().contains("does not match session key agent \"b\""));
}
