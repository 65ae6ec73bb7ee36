//! No change without its fact, and no fact without its change.

use store::{Store, StoreError, View};

use crate::{NOTES, clock};

type Fact = (String, String, Option<String>, i64, String);

fn facts(view: &View<'_>) -> Result<Vec<Fact>, StoreError> {
    view.query("SELECT cause, kind, effect, at, body FROM facts ORDER BY id", [], |row| {
        Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?))
    })
}

#[tokio::test]
async fn a_fact_is_kept_with_the_change_and_undone_with_it() {
    let store = Store::memory(NOTES, clock()).unwrap();
    store
        .write(|tx| {
            tx.fact("m_1", "kept", &"because")?;
            tx.link("m_1", "run", "r_1", &[1, 2]).map(drop)
        })
        .await
        .unwrap();
    let undone = store.write(|tx| {
        tx.fact("m_2", "kept", &"never")?;
        Err::<(), _>(StoreError::abandoned("no"))
    });
    assert!(undone.await.is_err());
    let text = |text: &str| text.to_owned();
    let expected = vec![
        (text("m_1"), text("kept"), None, 1_000, text("\"because\"")),
        (text("m_1"), text("run"), Some(text("r_1")), 1_000, text("[1,2]")),
    ];
    assert_eq!(store.read(facts).await.unwrap(), expected);
}
