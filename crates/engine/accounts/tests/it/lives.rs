//! How accounts live: they connect, lose their connection, change and end.

use std::time::Duration;

use channel::ChannelError;
use serde_json::json;

use crate::network::{House, Step, pigeon};

#[tokio::test(start_paused = true)]
async fn a_batch_is_confirmed_only_after_it_was_written_down() {
    let house = House::open();
    house.apply(&json!({ "default": {} }));
    house.sky.will("default", [Step::Deliver("hi")]);
    house.sky.told_times("confirmed hi", 1).await;
    assert_eq!(house.sky.told(), ["connect default 0", "written default hi", "confirmed hi"]);
}

#[tokio::test(start_paused = true)]
async fn what_the_inbox_does_not_take_is_never_confirmed() {
    let house = House::open();
    house.sky.refuse_batches(1);
    house.apply(&json!({ "default": {} }));
    house.sky.will("default", [Step::Deliver("hi"), Step::Deliver("hi again")]);
    house.sky.told_times("confirmed hi again", 1).await;
    let told = house.sky.told();
    let expected =
        ["connect default 0", "gone default", "connect default 0", "written default hi again", "confirmed hi again"];
    assert_eq!(told, expected);
}

#[tokio::test(start_paused = true)]
async fn a_network_that_is_gone_for_minutes_is_tried_again_until_it_is_back() {
    let house = House::open();
    let gone = || Step::Refuse(ChannelError::Unreachable("no route".to_owned()));
    house.sky.will("default", std::iter::repeat_with(gone).take(20));
    house.apply(&json!({ "default": {} }));
    house.online("default").await;
    assert_eq!(house.sky.told().len(), 21);
}

#[tokio::test(start_paused = true)]
async fn an_adapter_that_panics_costs_its_connection_and_nothing_else() {
    let house = House::open();
    house.apply(&json!({ "default": {}, "other": {} }));
    house.online("other").await;
    house.sky.will("default", [Step::Panic]);
    house.sky.told_times("connect default 0", 2).await;
    assert!(!house.sky.told().contains(&"gone other".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn refused_credentials_are_not_hammered() {
    let house = House::open();
    house.sky.will("default", [Step::Refuse(ChannelError::Auth("wrong".to_owned()))]);
    house.apply(&json!({ "default": {} }));
    let began = tokio::time::Instant::now();
    house.online("default").await;
    assert!(began.elapsed() >= Duration::from_secs(600));
}

#[tokio::test(start_paused = true)]
async fn a_changed_config_reconnects_only_the_accounts_that_need_it() {
    let house = House::open();
    house.apply(&json!({ "a": {}, "b": {}, "c": {}, "off": { "enabled": false }, "bare": { "configured": false } }));
    for account in ["a", "b", "c"] {
        house.online(account).await;
    }
    house.apply(&json!({ "a": { "policy": "open" }, "b": { "cage": 7 }, "off": {} }));
    house.sky.told_times("connect b 7", 1).await;
    house.sky.told_times("connect off 0", 1).await;
    house.sky.told_times("gone c", 1).await;
    let told = house.sky.told();
    assert!(!told.contains(&"gone a".to_owned()) && !told.contains(&"connect bare 0".to_owned()), "{told:?}");
    assert!(house.accounts.speaker(&pigeon(), &"c".parse().unwrap()).is_none());
}

#[tokio::test(start_paused = true)]
async fn accounts_that_are_not_to_connect_are_listed_and_a_changed_config_connects_none() {
    let house = House::new();
    for cage in [1, 2] {
        house.apply(&json!({ "a": { "cage": cage } }));
        tokio::task::yield_now().await;
    }
    let listed = house.accounts.status().remove(0).accounts;
    assert_eq!(listed.iter().map(|account| account.snapshot()["running"].clone()).collect::<Vec<_>>(), [json!(false)]);
    assert_eq!(house.sky.told(), [] as [String; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_section_with_a_mistake_leaves_the_accounts_alone() {
    let house = House::open();
    assert_eq!(house.apply(&json!({ "a": {} })), 0);
    house.online("a").await;
    assert_eq!(house.apply(&json!({ "mistake": {} })), 1);
    assert!(house.accounts.speaker(&pigeon(), &"a".parse().unwrap()).is_some());
    assert_eq!(house.sky.told(), ["connect a 0"]);
}

#[tokio::test(start_paused = true)]
async fn a_webhook_is_mounted_for_as_long_as_its_connection_lives() {
    let house = House::open();
    house.apply(&json!({ "a": { "webhook": true } }));
    house.sky.will("a", [Step::Fail(ChannelError::Ended)]);
    house.sky.told_times("mounted /pigeons", 2).await;
    let told = house.sky.told();
    let place = |what: &str| told.iter().position(|told| told == what).unwrap();
    assert!(place("mounted /pigeons") < place("unmounted"), "{told:?}");
}

#[tokio::test(start_paused = true)]
async fn stopping_ends_every_account_and_what_is_still_said_finds_its_way() {
    let house = House::open();
    house.apply(&json!({ "a": {}, "b": {} }));
    house.online("a").await;
    house.online("b").await;
    house.accounts.stop(Duration::from_secs(1)).await;
    let status = house.accounts.status().remove(0);
    for account in &status.accounts {
        let shown = account.snapshot();
        assert_eq!(shown.get("running"), Some(&json!(false)));
        assert!(shown.get("lastStopAt").is_some_and(serde_json::Value::is_number), "{shown:?}");
    }
    assert!(house.accounts.speaker(&pigeon(), &"a".parse().unwrap()).is_some());
}

#[tokio::test(start_paused = true)]
async fn accounts_are_known_before_they_may_connect() {
    let house = House::new();
    house.apply(&json!({ "default": {}, "off": { "enabled": false } }));
    let status = house.accounts.status().remove(0);
    let shown: Vec<_> = status.accounts.iter().map(|account| (account.configured, account.is_starting())).collect();
    assert_eq!(shown, [(true, true), (true, false)]);
    assert_eq!(status.summary().get("configured"), Some(&json!(true)));
    assert!(house.sky.told().is_empty());
    house.accounts.open();
    house.online("default").await;
    assert_eq!(house.sky.told(), ["connect default 0"]);
    assert!(!house.accounts.status()[0].accounts[0].is_starting());
}

#[tokio::test(start_paused = true)]
async fn who_needs_an_account_waits_for_it_but_not_for_ever() {
    let minute = Duration::from_secs(60);
    let gone = || Step::Refuse(ChannelError::Unreachable("no route".to_owned()));
    let house = House::new();
    let reached = async |account: &str| {
        let began = tokio::time::Instant::now();
        let online = house.accounts.reached(&pigeon(), &account.parse().unwrap(), minute).await;
        (online.is_some(), began.elapsed().as_secs())
    };
    house.sky.will("late", std::iter::repeat_with(gone).take(3));
    house.sky.will("never", std::iter::repeat_with(gone).take(1000));
    house.apply(&json!({ "late": {}, "never": {}, "off": { "enabled": false } }));
    tokio::time::advance(2 * minute).await;
    house.accounts.open();
    let (is_reached, after) = reached("late").await;
    assert!(is_reached && (1..60).contains(&after), "{after}");
    let (is_reached, after) = reached("never").await;
    assert!(!is_reached && after < 60, "{after}");
    assert_eq!(reached("never").await, (false, 0), "its time is over, whoever asks");
    assert_eq!(reached("off").await, (false, 0));
    assert_eq!(reached("unknown").await, (false, 0));
}
