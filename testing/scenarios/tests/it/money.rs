//! Purses: what a run may cost.

use fakes::model::Answer;
use serde_json::json;

use crate::stage::Stage;

#[tokio::test]
async fn a_purse_of_one_cent_stops_the_run_before_the_call_and_says_so_in_the_chat() -> anyhow::Result<()> {
    let stage = Stage::set_with(|config| {
        config["budget"] = json!({ "day": 0.01 });
        let model = &mut config["models"]["providers"]["fake"]["models"][0];
        model["cost"] = json!({ "input": 50.0, "output": 200.0, "cacheRead": 5.0, "cacheWrite": 60.0 });
    })
    .await?;
    stage.model.answer(Answer::text("expensive words"));
    stage.telegram.user("ann").says("write me a book");
    let told = stage.telegram.expect_reply().await;
    assert!(!told.text.contains("expensive"), "{}", told.text);
    assert!(told.text.to_lowercase().contains("budget") || told.text.contains('$'), "{}", told.text);
    assert!(stage.model.requests().is_empty(), "the model was not called");
    Ok(())
}

#[tokio::test]
async fn after_a_kill_between_call_and_bill_the_worst_case_stands_in_the_ledger() -> anyhow::Result<()> {
    let mut stage = Stage::set_with(|config| {
        let model = &mut config["models"]["providers"]["fake"]["models"][0];
        model["cost"] = json!({ "input": 3.0, "output": 15.0, "cacheRead": 0.3, "cacheWrite": 3.75 });
    })
    .await?;
    stage.model.answer(Answer::text("half").stall());
    stage.telegram.user("ann").says("hello");
    stage.model.stalled(1).await;
    stage.gateway.kill().await?;
    stage.model.answer(Answer::text("here again").usage(10, 5, 0));
    stage.gateway.restart().await?;
    assert_eq!(stage.telegram.expect_reply().await.text, "here again");
    stage.gateway.stop().await?;
    let [cut_off, answered] = ledger(&stage)?.try_into().map_err(|rows| anyhow::anyhow!("not two calls: {rows:?}"))?;
    assert!(cut_off.reserved > 0 && cut_off.expired, "{cut_off:?}");
    assert_eq!(cut_off.spent, Some(cut_off.reserved), "the call that was cut off costs its worst case");
    // Ten tokens of three dollars a million, and five of fifteen.
    assert_eq!((answered.spent, answered.expired), (Some(10 * 3 + 5 * 15), false));
    Ok(())
}

#[tokio::test]
async fn a_model_on_this_machine_without_a_price_costs_nothing() -> anyhow::Result<()> {
    let mut stage = Stage::set_with(|config| {
        config["budget"] = json!({ "day": 0.01 });
        if let Some(model) = config["models"]["providers"]["fake"]["models"][0].as_object_mut() {
            model.remove("cost");
        }
    })
    .await?;
    stage.model.answer(Answer::text("free words"));
    stage.telegram.user("ann").says("hello");
    assert_eq!(stage.telegram.expect_reply().await.text, "free words");
    stage.gateway.stop().await?;
    let ledger = ledger(&stage)?;
    assert_eq!(ledger, [Line { reserved: 0, spent: Some(0), expired: false }]);
    Ok(())
}

/// One call in the ledger, in millionths of a dollar.
#[derive(Debug, PartialEq)]
struct Line {
    reserved: i64,
    spent: Option<i64>,
    expired: bool,
}

/// Every call, oldest first.
fn ledger(stage: &Stage) -> anyhow::Result<Vec<Line>> {
    let path = stage.gateway.home().state().join("journal.sqlite");
    let database = rusqlite::Connection::open(path)?;
    let mut rows = database.prepare("SELECT reserved, spent, expired FROM ledger ORDER BY id")?;
    let line = |row: &rusqlite::Row<'_>| Ok(Line { reserved: row.get(0)?, spent: row.get(1)?, expired: row.get(2)? });
    Ok(rows.query_map([], line)?.collect::<Result<_, _>>()?)
}
