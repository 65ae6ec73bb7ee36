//! How much of a conversation its model is sent.

use crate::stage::Stage;

#[tokio::test]
async fn a_direct_chat_with_a_limit_sends_the_last_words_of_the_person_alone() -> anyhow::Result<()> {
    let stage = Stage::set_with(|config| {
        config["session"] = serde_json::json!({ "dmScope": "per-channel-peer" });
        config["channels"]["telegram"]["dmHistoryLimit"] = 2.into();
    })
    .await?;
    for words in ["first", "second", "third", "fourth"] {
        stage.telegram.user("ann").says(words);
        stage.telegram.expect_reply().await;
    }
    let asked = stage.model.request(4).await;
    let said = asked.messages().iter().filter(|message| message["role"] == "user");
    let said: Vec<String> = said.map(ToString::to_string).collect();
    assert_eq!(said.len(), 2, "{said:#?}");
    assert!(said[0].contains("third") && said[1].contains("fourth"), "{said:#?}");
    Ok(())
}
