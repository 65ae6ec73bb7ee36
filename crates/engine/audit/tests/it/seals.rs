//! Whoever changes the past is found out, and what is forgotten is forgotten whole.

use std::time::Duration;

use audit::Verdict;
use serde_json::json;

use crate::house;

#[tokio::test]
async fn a_changed_a_removed_and_an_added_fact_break_the_seal() {
    for change in [
        "UPDATE facts SET body = '{}' WHERE id = 3",
        "UPDATE facts SET at = at + 1 WHERE id = 3",
        "UPDATE facts SET cause = 'm_0', kind = 'zz' WHERE id = 3",
        "DELETE FROM facts WHERE id = 3",
        "INSERT INTO facts (id, cause, kind, at, body) VALUES (2, 'a', 'b', 1, '{}')",
    ] {
        let house = house();
        house.fact("m_1", "kind", json!({"a": 1}));
        // A number is left free, for a fact that somebody slips in later.
        house.store.write_blocking(|tx| tx.execute("UPDATE facts SET id = 3", [])).unwrap();
        house.audit.seal().await.unwrap();
        house.fact("m_1", "kind", json!({"a": 2}));
        house.audit.seal().await.unwrap();
        assert_eq!(house.audit.verify().await.unwrap(), Verdict::Sound { seals: 2, thinned: 0 });
        assert_eq!(house.store.write_blocking(move |tx| tx.execute(change, [])).unwrap(), 1);
        assert_eq!(house.audit.verify().await.unwrap(), Verdict::Broken { last: 3 }, "{change}");
    }
}

#[tokio::test]
async fn sealing_without_news_writes_nothing() {
    let house = house();
    house.audit.seal().await.unwrap();
    house.fact("m_1", "kind", json!({}));
    house.audit.seal().await.unwrap();
    house.audit.seal().await.unwrap();
    assert_eq!(house.audit.verify().await.unwrap(), Verdict::Sound { seals: 1, thinned: 0 });
}

#[tokio::test]
async fn an_old_chain_is_forgotten_whole_and_one_that_goes_on_is_kept_whole() {
    let house = house();
    house.arrives("m_old", "1", "1");
    house.answers(&["m_old"], "r_old");
    house.arrives("m_long", "1", "2");
    house.link("m_long", "run.started", "r_long");
    house.clock.advance(Duration::from_secs(31 * 24 * 3600));
    house.fact("r_long", "run.ended", json!("done"));
    house.arrives("m_new", "1", "3");
    let before = house.count();
    house.audit.forget().await.unwrap();
    assert_eq!(before - house.count(), 8);
    assert!(house.audit.explain("m_old-none".parse().unwrap()).await.is_err());
    let sql = "SELECT count(DISTINCT cause) FROM facts";
    let causes: Option<i64> = house.store.read_blocking(|view| view.first(sql, [], |row| row.get(0))).unwrap();
    assert_eq!(causes, Some(3));
    assert!(matches!(house.audit.verify().await.unwrap(), Verdict::Sound { thinned: 1, .. }));
}

#[tokio::test]
async fn more_than_fits_is_forgotten_from_the_oldest_on() {
    let house = house();
    for number in 0..300 {
        house.fact(&format!("m_{number:04}"), "kind", json!("x".repeat(10_000)));
        house.clock.advance(Duration::from_millis(1));
    }
    house.audit.forget().await.unwrap();
    let left = house.count();
    assert!((90..=110).contains(&left), "{left}");
    let sql = "SELECT min(cause) FROM facts";
    let oldest: Option<String> = house.store.read_blocking(|view| view.first(sql, [], |row| row.get(0))).unwrap();
    assert!(oldest.unwrap().as_str() > "m_0180");
}
