//! What operators see.

use std::sync::Arc;

use channel::ChannelError;
use ids::ConnId;
use protocol::{Role, Scope};
use rpc::{Call, Caller};
use serde_json::{Value, json, value::to_raw_value};
use stdx::CancellationToken;

use crate::network::{House, Step, pigeon};

fn operator() -> Caller {
    Caller {
        conn: ConnId::random(),
        role: Role::Operator,
        scopes: [Scope::Read].into(),
        device: None,
        client_id: "test".into(),
        client_mode: "test".into(),
        display_name: None,
        is_local: true,
    }
}

async fn status(house: &House, params: &Value) -> Value {
    let methods = accounts::methods(&house.accounts);
    let entry = methods.get("channels.status").unwrap();
    assert_eq!(entry.scope, Scope::Read);
    let (_, run) = entry.prepare(Some(&to_raw_value(params).unwrap())).unwrap();
    let call = Call::new(Arc::new(operator()), CancellationToken::new(), Box::new(|_| {}));
    serde_json::from_str(run(call).await.unwrap().get()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_network_without_accounts_is_listed_all_the_same() {
    let house = House::open();
    let shown = status(&house, &json!({})).await;
    assert_eq!(shown["channelOrder"], json!(["pigeon"]));
    assert_eq!(shown["channelLabels"], json!({ "pigeon": "Pigeon" }));
    let meta = json!([{ "id": "pigeon", "label": "Pigeon", "detailLabel": "Pigeon Post", "systemImage": "bird" }]);
    assert_eq!(shown["channelMeta"], meta);
    assert_eq!(shown["channels"], json!({ "pigeon": { "configured": false } }));
    assert_eq!(shown["channelAccounts"], json!({ "pigeon": [] }));
    assert_eq!(shown["channelDefaultAccountId"], json!({ "pigeon": "default" }));
}

#[tokio::test(start_paused = true)]
async fn an_account_that_does_not_run_has_the_published_shape() {
    let house = House::open();
    house.apply(&json!({ "default": { "enabled": false, "policy": "pairing" } }));
    let shown = status(&house, &json!({})).await;
    let account = json!({
        "accountId": "default", "enabled": false, "configured": true, "running": false, "lastStartAt": null,
        "lastStopAt": null, "lastError": null, "dmPolicy": "pairing", "lastInboundAt": null, "lastOutboundAt": null,
    });
    assert_eq!(shown["channelAccounts"], json!({ "pigeon": [account] }));
    let summary = json!({
        "configured": true, "dmPolicy": "pairing", "running": false, "lastStartAt": null, "lastStopAt": null,
        "lastError": null, "lastProbeAt": null,
    });
    assert_eq!(shown["channels"]["pigeon"], summary);
}

#[tokio::test(start_paused = true)]
async fn messages_and_errors_of_an_account_are_seen() {
    let house = House::open();
    house.apply(&json!({ "default": { "policy": "open" } }));
    house.sky.will("default", [Step::Deliver("hi"), Step::Fail(ChannelError::Unreachable("no route".to_owned()))]);
    house.sky.told_times("gone default", 1).await;
    house.accounts.delivered(&pigeon(), &"default".parse().unwrap());
    let mut changes = house.accounts.changes();
    while house.accounts.status()[0].accounts[0].last_error().is_none() {
        changes.changed().await.unwrap();
    }
    let shown = status(&house, &json!({})).await;
    let account = &shown["channelAccounts"]["pigeon"][0];
    assert_eq!((&account["running"], &account["connected"]), (&json!(true), &json!(false)));
    assert_eq!(account["lastError"], json!("the network cannot be reached: no route"));
    assert!(account["lastInboundAt"].is_number() && account["lastOutboundAt"].is_number(), "{account}");
    house.online("default").await;
    assert_eq!(status(&house, &json!({})).await["channelAccounts"]["pigeon"][0]["lastError"], Value::Null);
}

#[tokio::test(start_paused = true)]
async fn a_probe_asks_all_at_once_and_waits_for_nobody_for_long() {
    let house = House::open();
    house.apply(&json!({ "fine": {}, "lost": {}, "mute": {} }));
    let began = tokio::time::Instant::now();
    let shown = status(&house, &json!({ "probe": true, "timeoutMs": 5 })).await;
    assert_eq!(began.elapsed().as_millis(), 1000);
    let probes: Vec<&Value> =
        shown["channelAccounts"]["pigeon"].as_array().unwrap().iter().map(|it| &it["probe"]).collect();
    assert_eq!((&probes[0]["ok"], &probes[0]["bird"]), (&json!(true), &json!({ "id": 1 })));
    assert_eq!(probes[1]["error"], json!("the credentials were refused: gone"));
    assert_eq!(probes[2]["error"], json!("timed out"));
    let health = house.accounts.status()[0].health();
    assert_eq!((&health["accountId"], &health["accounts"]["mute"]["accountId"]), (&json!("fine"), &json!("mute")));
}
