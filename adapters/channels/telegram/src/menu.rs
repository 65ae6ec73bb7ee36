//! The bot's menu of commands: ours, and those that the owner adds.

use std::time::Duration;

use channel::{AccountIssue, Menu};
use serde_json::{Map, Value, json};

use crate::api::Api;

/// Letters of a command, and what a bot may have of them: <https://core.telegram.org/bots/api#botcommand>.
const LONGEST: usize = 32;
const MOST: usize = 100;
const LONGEST_ABOUT: usize = 256;
/// How long messages wait for the menu.
const PATIENCE: Duration = Duration::from_secs(3);

/// What the section says of the menu.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub(crate) struct MenuSettings {
    /// `commands.native` of the bot, where it says yes or no.
    pub(crate) native: Option<bool>,
    /// `customCommands`: a name and what it does.
    pub(crate) custom: Vec<(String, String)>,
}

impl MenuSettings {
    /// Reads the two keys; `at` makes a path of a key.
    pub(crate) fn read(
        native: Option<&Value>,
        custom: Option<&Value>,
        at: impl Fn(String) -> String,
    ) -> Result<Self, Vec<AccountIssue>> {
        let mut issues = Vec::new();
        let entries = custom.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let mut read = Vec::new();
        for (number, entry) in entries.iter().enumerate() {
            let text = |key: &str| entry.get(key).and_then(Value::as_str).unwrap_or_default().trim();
            let name = text("command").trim_start_matches('/').to_lowercase();
            let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
            let mut wrong = |key: &str, message: &str| {
                let path = at(format!("customCommands.{number}.{key}"));
                issues.push(AccountIssue { path, message: message.to_owned() });
            };
            if name.is_empty() || name.len() > LONGEST || !name.chars().all(is_name) {
                wrong("command", "must be 1 to 32 of a-z, 0-9 and _");
            } else if text("description").is_empty() {
                wrong("description", "must say what the command does");
            } else {
                read.push((name, text("description").to_owned()));
            }
        }
        let native = native.and_then(|commands| commands.get("native")).and_then(Value::as_bool);
        if issues.is_empty() { Ok(Self { native, custom: read }) } else { Err(issues) }
    }

    /// What the menu shows; `None` where it is left as it is.
    fn entries(&self, menu: Menu) -> Option<Vec<Value>> {
        let shows_ours = self.native.unwrap_or(menu.is_wanted);
        let ours = menu.commands.iter().filter(|_| shows_ours).map(|command| (command.name, command.about));
        let mut all: Vec<(&str, &str)> = ours.collect();
        for (name, about) in &self.custom {
            // What we do ourselves cannot be something else.
            let is_taken = menu.commands.iter().any(|own| own.name == name) || all.iter().any(|(own, _)| own == name);
            if is_taken {
                tracing::warn!(command = name.as_str(), "a custom command has the name of another one and is left out");
            } else {
                all.push((name, about));
            }
        }
        let entry = |(name, about): &(&str, &str)| {
            let about: String = about.chars().take(LONGEST_ABOUT).collect();
            json!({ "command": name, "description": about })
        };
        let is_off = !shows_ours && !menu.commands.is_empty();
        (!all.is_empty() || is_off).then(|| all.iter().take(MOST).map(entry).collect())
    }

    /// Shows it. A bot without its menu is a bot all the same.
    pub(crate) async fn show(&self, menu: Menu, api: &Api) {
        let Some(entries) = self.entries(menu) else { return };
        let mut params = Map::new();
        params.insert("commands".to_owned(), entries.into());
        let params = Value::Object(params);
        match tokio::time::timeout(PATIENCE, api.tell("setMyCommands", &params)).await {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => {
                let error = channel::ChannelError::from(error);
                tracing::warn!(%error, "the menu of commands could not be set");
            }
            Err(_) => tracing::warn!("the network does not answer about the menu of commands: it may be an old one"),
        }
    }
}

#[cfg(test)]
mod tests {
    use channel::Command;

    use super::*;

    const OURS: &[Command] = &[Command { name: "status", takes: "", about: "how it stands" }];

    fn settings(native: Value, custom: Value) -> Result<MenuSettings, Vec<AccountIssue>> {
        MenuSettings::read(Some(&native), Some(&custom), |key| key)
    }

    fn names(native: Value, custom: Value, is_wanted: bool) -> Option<Vec<String>> {
        let entries = settings(native, custom).unwrap().entries(Menu { commands: OURS, is_wanted })?;
        Some(entries.iter().map(|entry| entry["command"].as_str().unwrap().to_owned()).collect())
    }

    #[test]
    fn the_menu_shows_our_commands_and_those_of_the_owner_with_other_names() {
        let custom = json!([{ "command": "/Backup", "description": "b" }, { "command": "status", "description": "s" }]);
        assert_eq!(names(json!({}), custom.clone(), true).unwrap(), ["status", "backup"]);
        assert_eq!(names(json!({ "native": false }), custom, true).unwrap(), ["backup"]);
    }

    #[test]
    fn the_bots_own_word_about_our_commands_stands_above_the_general_one() {
        assert_eq!(names(json!({ "native": true }), json!([]), false).unwrap(), ["status"]);
        assert_eq!(names(json!({ "native": "auto" }), json!([]), true).unwrap(), ["status"]);
        assert_eq!(names(json!({}), json!([]), false).unwrap(), Vec::<String>::new());
    }

    #[test]
    fn a_command_that_telegram_would_refuse_is_named() {
        let paths = |custom: Value| settings(json!({}), custom).unwrap_err().remove(0).path;
        assert_eq!(paths(json!([{ "command": "my-cmd", "description": "x" }])), "customCommands.0.command");
        assert_eq!(paths(json!([{ "command": "mine", "description": " " }])), "customCommands.0.description");
    }
}
