//! The first vendor fails, another one answers, and the person is told why.

use fakes::FakeModel;
use fakes::model::Answer;
use serde_json::{Value, json};
use testkit::{TestGateway, config_for};

use crate::onboard::Terminal;

const FIRST: &str = "fake/fake-1";
const SECOND: &str = "other/fake-2";

/// A vendor that always fails so, and one that answers.
async fn two_vendors(status: u16) -> anyhow::Result<(TestGateway, FakeModel, FakeModel)> {
    let (first, second) = (FakeModel::start().await?, FakeModel::start().await?);
    first.otherwise(move |_| Answer::status(status));
    second.otherwise(|_| Answer::text("from the second"));
    let mut config = config_for(Some(&first), None);
    let mut other = config["models"]["providers"]["fake"].clone();
    other["baseUrl"] = format!("{}/v1", second.url()).into();
    other["models"][0]["id"] = "fake-2".into();
    config["models"]["providers"]["other"] = other;
    config["agents"]["defaults"]["model"] = json!({ "primary": FIRST, "fallbacks": [SECOND] });
    Ok((TestGateway::start(&config).await?, first, second))
}

async fn told_in_the_result(status: u16, reason: &str) -> anyhow::Result<()> {
    let (gateway, _first, _second) = two_vendors(status).await?;
    let said = gateway.cli_json(&["agent", "--message", "hello", "--json"]).await?;
    assert_eq!(said["result"]["payloads"][0]["text"], "from the second", "{said}");
    let told = json!([{ "from": FIRST, "to": SECOND, "reason": reason }]);
    assert_eq!(said["result"]["meta"]["failovers"], told, "{said}");
    let chat = gateway.chat("main").await?;
    let lines = chat.call("logs.tail", &json!({ "limit": 500 })).await?["lines"].clone();
    let parse = |line: &Value| serde_json::from_str::<Value>(line.as_str()?).ok();
    let lines: Vec<Value> = lines.as_array().into_iter().flatten().filter_map(parse).collect();
    let line = lines.iter().find(|line| line["1"] == "another model takes over").cloned().unwrap_or_default();
    assert_eq!(line["2"]["from"], FIRST, "{lines:#?}");
    assert_eq!(line["2"]["reason"], reason, "{line}");
    Ok(())
}

#[tokio::test]
async fn a_vendor_that_limits_us_is_replaced_and_the_result_says_why() -> anyhow::Result<()> {
    told_in_the_result(429, "rate_limit").await
}

#[tokio::test]
async fn a_vendor_that_is_broken_is_replaced_and_the_result_says_why() -> anyhow::Result<()> {
    told_in_the_result(500, "overloaded").await
}

#[tokio::test]
async fn at_the_command_line_a_change_of_model_is_one_line_with_its_reason() -> anyhow::Result<()> {
    let (gateway, _first, _second) = two_vendors(429).await?;
    let mut terminal = Terminal::run(gateway.home(), gateway.port(), &["agent", "--message", "hello"])?;
    terminal.shows("fake/fake-1 failed (rate_limit): other/fake-2 takes over").await?;
    terminal.shows("from the second").await?;
    let (code, shown) = terminal.ended().await?;
    assert_eq!(code, 0, "{shown}");
    Ok(())
}
