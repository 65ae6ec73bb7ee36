//! The bot's menu of commands.

use serde_json::{Value, json};

use crate::stage::Stage;

/// The names in the menu, with these keys in the bot's section.
async fn menu(keys: Value) -> anyhow::Result<Vec<String>> {
    let stage = Stage::set_with(|config| {
        let section = config["channels"]["telegram"].as_object_mut();
        section.into_iter().for_each(|section| section.extend(keys.as_object().cloned().unwrap_or_default()));
    })
    .await?;
    let set = stage.telegram.expect(|call| call.method == "setMyCommands").await;
    let names = set.params["commands"].as_array().into_iter().flatten();
    Ok(names.filter_map(|entry| entry["command"].as_str().map(str::to_owned)).collect())
}

#[tokio::test]
async fn the_menu_shows_what_we_do_and_what_the_owner_adds() -> anyhow::Result<()> {
    let custom = json!([{ "command": "Backup", "description": "Save everything" }]);
    let names = menu(json!({ "customCommands": custom })).await?;
    assert!(names.contains(&"status".to_owned()) && names.contains(&"new".to_owned()), "{names:?}");
    assert_eq!(names.last().map(String::as_str), Some("backup"));
    assert_eq!(menu(json!({ "customCommands": custom, "commands": { "native": false } })).await?, ["backup"]);
    Ok(())
}

#[tokio::test]
async fn a_network_that_is_slow_about_the_menu_keeps_nobody_waiting() -> anyhow::Result<()> {
    let hour = std::time::Duration::from_secs(3600);
    let stage = Stage::set_for(|_, telegram| telegram.slow("setMyCommands", hour)).await?;
    stage.model.otherwise(|_| fakes::model::Answer::text("Here."));
    stage.telegram.user("ann").says("anybody there?");
    assert_eq!(stage.telegram.expect_reply().await.text, "Here.");
    Ok(())
}
