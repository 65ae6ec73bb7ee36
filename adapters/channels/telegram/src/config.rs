//! What the owner may set under `channels.telegram`, as far as the connection needs it.
//!
//! Who may write to the bot (`dmPolicy`, `allowFrom`, `groups` …) is decided by the host, which reads the same section.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::time::Duration;

use channel::AccountIssue;
use ids::AccountId;
use net::Url;
use serde_json::{Map, Value, json, value::RawValue};
use stdx::Secret;

use crate::menu::MenuSettings;

/// The keys of a bot, in the section and in each of its accounts.
pub(crate) fn schema() -> Value {
    let text = |about: &str| json!({ "type": "string", "description": about });
    let keys = json!({
        "botToken": text("The token that BotFather gave."),
        "tokenFile": text("A file that holds the token."),
        "apiRoot": text("Where the Bot API is: https://api.telegram.org, or a server of your own."),
        "proxy": text("An http or socks5 proxy for this bot."),
        "webhookUrl": text("The public address at which Telegram reaches this gateway; without it the bot polls."),
        "webhookPath": text("The path of that address on the gateway's port."),
        "webhookSecret": text("What Telegram sends along, so that nobody else can call the webhook."),
        "mediaMaxMb": { "type": "number", "exclusiveMinimum": 0, "description": "The largest file taken and sent, in MB (5)." },
        "commands": { "type": "object", "properties": { "native": { "description": "Whether the bot's menu shows our commands." } } },
        "customCommands": {
            "type": "array",
            "description": "More entries of the bot's menu; what they mean is the agent's to know.",
            "items": { "type": "object", "properties": {
                "command": text("1 to 32 of a-z, 0-9 and _."),
                "description": text("What the menu says beside it."),
            } },
        },
        "linkPreview": { "type": "boolean", "description": "Whether links in answers show a preview." },
    });
    let mut section = keys.as_object().cloned().unwrap_or_default();
    let account = json!({ "type": "object", "properties": keys });
    section.insert("accounts".to_owned(), json!({ "type": "object", "additionalProperties": account }));
    json!({ "type": "object", "properties": section })
}

/// One bot, as configured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Settings {
    pub(crate) id: AccountId,
    pub(crate) name: Option<String>,
    pub(crate) enabled: bool,
    pub(crate) token: Option<Secret<String>>,
    pub(crate) token_source: TokenSource,
    /// Without a slash at its end.
    pub(crate) api_root: String,
    pub(crate) proxy: Option<Url>,
    pub(crate) webhook: Option<WebhookSettings>,
    pub(crate) patience: Duration,
    pub(crate) link_preview: bool,
    pub(crate) menu: MenuSettings,
    /// Bytes of one file, either way.
    pub(crate) largest_file: u64,
    /// Some group is answered without a mention, which needs Telegram's privacy mode to be off.
    pub(crate) allow_unmentioned_groups: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenSource {
    Config,
    File,
    Env,
    None,
}

impl TokenSource {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Config => "config",
            Self::File => "tokenFile",
            Self::Env => "env",
            Self::None => "none",
        }
    }
}

/// Telegram calls us at `url`, which leads to `path` on the gateway's port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WebhookSettings {
    pub(crate) url: String,
    pub(crate) path: String,
    pub(crate) secret: Option<Secret<String>>,
}

impl Settings {
    /// Differs when a connection made with the old settings is wrong for the new ones.
    pub(crate) fn fingerprint(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.token.as_ref().map(Secret::expose).hash(&mut hasher);
        self.api_root.hash(&mut hasher);
        self.proxy.as_ref().map(Url::as_str).hash(&mut hasher);
        self.patience.hash(&mut hasher);
        self.link_preview.hash(&mut hasher);
        self.menu.hash(&mut hasher);
        self.largest_file.hash(&mut hasher);
        if let Some(webhook) = &self.webhook {
            webhook.url.hash(&mut hasher);
            webhook.path.hash(&mut hasher);
            webhook.secret.as_ref().map(Secret::expose).hash(&mut hasher);
        }
        hasher.finish()
    }
}

const API_ROOT: &str = "https://api.telegram.org";
const WEBHOOK_PATH: &str = "/telegram-webhook";
const PATIENCE_SECONDS: u64 = 60;
const LARGEST_FILE_MB: f64 = 5.0;

/// Every account of the section; without `accounts` the section itself is the account `default`.
pub(crate) fn read(
    section: &RawValue,
    env: &dyn Fn(&str) -> Option<String>,
) -> Result<Vec<Settings>, Vec<AccountIssue>> {
    let mut issues = Vec::new();
    let whole: Map<String, Value> = match serde_json::from_str(section.get()) {
        Ok(Value::Object(map)) => map,
        Ok(Value::Null) => Map::new(),
        _ => return Err(vec![issue(String::new(), "must be an object")]),
    };
    let none = Map::new();
    let named = whole.get("accounts").and_then(Value::as_object).filter(|map| !map.is_empty());
    let mut found = Vec::new();
    match named {
        None => {
            let layers = Layers { prefix: String::new(), own: &whole, shared: &none };
            found.extend(layers.settings(AccountId::default_account(), env, &mut issues));
        }
        Some(accounts) => {
            for (id, own) in accounts {
                let prefix = format!("accounts.{id}.");
                match (id.parse::<AccountId>(), own.as_object()) {
                    (Ok(id), Some(own)) => {
                        let layers = Layers { prefix, own, shared: &whole };
                        found.extend(layers.settings(id, env, &mut issues));
                    }
                    (Err(problem), _) => issues.push(issue(format!("accounts.{id}"), &problem.to_string())),
                    (_, None) => issues.push(issue(format!("accounts.{id}"), "must be an object")),
                }
            }
        }
    }
    same_path_twice(&found, &mut issues);
    if issues.is_empty() { Ok(found) } else { Err(issues) }
}

fn same_path_twice(found: &[Settings], issues: &mut Vec<AccountIssue>) {
    let mut paths: Vec<&str> = Vec::new();
    for settings in found {
        let Some(webhook) = &settings.webhook else { continue };
        if paths.contains(&webhook.path.as_str()) {
            let path = format!("accounts.{}.webhookPath", settings.id);
            issues.push(issue(path, "another account has the same path: give each its own"));
        }
        paths.push(&webhook.path);
    }
}

fn issue(path: String, message: &str) -> AccountIssue {
    AccountIssue { path, message: message.to_owned() }
}

/// An account's own keys above those of the whole section.
struct Layers<'a> {
    prefix: String,
    own: &'a Map<String, Value>,
    shared: &'a Map<String, Value>,
}

impl Layers<'_> {
    fn settings(
        &self,
        id: AccountId,
        env: &dyn Fn(&str) -> Option<String>,
        issues: &mut Vec<AccountIssue>,
    ) -> Option<Settings> {
        let before = issues.len();
        let (token, token_source) = self.token(&id, env, issues);
        let api_root = self.text("apiRoot", issues).unwrap_or_else(|| API_ROOT.to_owned());
        if !matches!(Url::parse(&api_root).as_ref().map(Url::scheme), Ok("http" | "https")) {
            issues.push(self.issue("apiRoot", "must be an http or https address"));
        }
        let proxy = self.text("proxy", issues).and_then(|text| {
            let parsed = Url::parse(&text);
            if parsed.is_err() {
                issues.push(self.issue("proxy", "must be an address such as http://host:port or socks5://host:port"));
            }
            parsed.ok()
        });
        // `enabled: false` of the whole section holds for every account.
        let on = |map: &Map<String, Value>| map.get("enabled").and_then(Value::as_bool) != Some(false);
        let at = |key: String| format!("{}{key}", self.prefix);
        let menu = MenuSettings::read(self.value("commands"), self.value("customCommands"), at);
        let menu = menu.unwrap_or_else(|wrong| {
            issues.extend(wrong);
            MenuSettings::default()
        });
        let patience = self.value("timeoutSeconds").and_then(Value::as_u64).unwrap_or(PATIENCE_SECONDS);
        let settings = Settings {
            id,
            name: self.own.get("name").and_then(Value::as_str).map(str::to_owned),
            enabled: on(self.own) && on(self.shared),
            token,
            token_source,
            api_root: api_root.trim_end_matches('/').to_owned(),
            proxy,
            webhook: self.webhook(issues),
            patience: Duration::from_secs(patience.max(1)),
            largest_file: self.largest_file(issues),
            menu,
            link_preview: self.value("linkPreview").and_then(Value::as_bool).unwrap_or(true),
            allow_unmentioned_groups: self.allows_unmentioned_groups(),
        };
        (issues.len() == before).then_some(settings)
    }

    fn value(&self, key: &str) -> Option<&Value> {
        self.own.get(key).or_else(|| self.shared.get(key))
    }

    fn text(&self, key: &str, issues: &mut Vec<AccountIssue>) -> Option<String> {
        match self.value(key)? {
            Value::String(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
            _ => {
                issues.push(self.issue(key, "must be a text"));
                None
            }
        }
    }

    fn issue(&self, key: &str, message: &str) -> AccountIssue {
        issue(format!("{}{key}", self.prefix), message)
    }

    /// The account's own secret counts before the section's, a file before a text, the environment last.
    /// The section's own token and the environment's belong to the default account alone.
    fn token(
        &self,
        id: &AccountId,
        env: &dyn Fn(&str) -> Option<String>,
        issues: &mut Vec<AccountIssue>,
    ) -> (Option<Secret<String>>, TokenSource) {
        let is_default = id.as_str() == "default";
        let own = (self.prefix.as_str(), self.own);
        let layers = if is_default { vec![own, ("", self.shared)] } else { vec![own] };
        for (prefix, layer) in layers {
            let at = |key: &str, message: &str| issue(format!("{prefix}{key}"), message);
            if let Some(path) = layer.get("tokenFile").and_then(Value::as_str).filter(|path| !path.trim().is_empty()) {
                match std::fs::read_to_string(path.trim()) {
                    Ok(text) if !text.trim().is_empty() => {
                        return (Some(Secret::new(text.trim().to_owned())), TokenSource::File);
                    }
                    Ok(_) => issues.push(at("tokenFile", &format!("{} is empty", path.trim()))),
                    Err(problem) => issues.push(at("tokenFile", &format!("{} cannot be read: {problem}", path.trim()))),
                }
                return (None, TokenSource::None);
            }
            match layer.get("botToken") {
                Some(Value::String(text)) if !text.trim().is_empty() => {
                    return (Some(Secret::new(text.trim().to_owned())), TokenSource::Config);
                }
                Some(Value::String(_)) | None => {}
                Some(_) => issues.push(at("botToken", "must be a text")),
            }
        }
        let from_env = if is_default { env("TELEGRAM_BOT_TOKEN") } else { None };
        match from_env.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty()) {
            Some(token) => (Some(Secret::new(token)), TokenSource::Env),
            None => (None, TokenSource::None),
        }
    }

    fn largest_file(&self, issues: &mut Vec<AccountIssue>) -> u64 {
        let megabytes = match self.value("mediaMaxMb") {
            None => LARGEST_FILE_MB,
            Some(value) => value.as_f64().filter(|megabytes| *megabytes > 0.0).unwrap_or_else(|| {
                issues.push(self.issue("mediaMaxMb", "must be a number above 0"));
                LARGEST_FILE_MB
            }),
        };
        // More than a terabyte is as good as no limit.
        let bytes = (megabytes.min(1e6) * f64::from(1 << 20)).to_string();
        bytes.split('.').next().and_then(|whole| whole.parse().ok()).unwrap_or(u64::MAX)
    }

    fn webhook(&self, issues: &mut Vec<AccountIssue>) -> Option<WebhookSettings> {
        let url = self.text("webhookUrl", issues)?;
        let path = self.text("webhookPath", issues).unwrap_or_else(|| WEBHOOK_PATH.to_owned());
        let secret = self.text("webhookSecret", issues);
        if Url::parse(&url).is_err() {
            issues.push(self.issue("webhookUrl", "must be the public https address that leads to this gateway"));
        }
        let allowed = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        if secret.as_ref().is_some_and(|secret| secret.len() > 256 || !secret.chars().all(allowed)) {
            issues.push(self.issue("webhookSecret", "must be 1 to 256 of A-Z, a-z, 0-9, _ and -"));
        }
        let path = if path.starts_with('/') { path } else { format!("/{path}") };
        Some(WebhookSettings { url, path, secret: secret.map(Secret::new) })
    }

    fn allows_unmentioned_groups(&self) -> bool {
        let groups = self.value("groups").and_then(Value::as_object);
        let open = |group: &Value| group.get("requireMention").and_then(Value::as_bool) == Some(false);
        groups.is_some_and(|groups| groups.values().any(open))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(json: &str) -> Result<Vec<Settings>, Vec<AccountIssue>> {
        let raw = RawValue::from_string(json.to_owned()).unwrap();
        read(&raw, &|key| (key == "TELEGRAM_BOT_TOKEN").then(|| "1:env".to_owned()))
    }

    fn facts(json: &str) -> Vec<(String, &'static str, bool)> {
        let settings = of(json).unwrap();
        settings.into_iter().map(|s| (s.id.to_string(), s.token_source.as_str(), s.enabled)).collect()
    }

    #[test]
    fn an_empty_section_is_the_default_account_with_the_token_of_the_environment() {
        assert_eq!(facts("{}"), [("default".to_owned(), "env", true)]);
    }

    #[test]
    fn the_environment_and_the_section_give_their_token_to_the_default_account_alone() {
        let found = facts(r#"{"botToken":"1:a","accounts":{"default":{},"work":{"enabled":false}}}"#);
        assert_eq!(found, [("default".to_owned(), "config", true), ("work".to_owned(), "none", false)]);
    }

    #[test]
    fn a_token_is_taken_from_the_nearest_place_and_in_it_from_a_file_first() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str| {
            std::fs::write(folder.path().join(name), format!("1:{name}\n")).unwrap();
            format!(r#""tokenFile":"{}""#, folder.path().join(name).display())
        };
        let token = |section: &str, account: &str, id: &str| {
            let before = if section.is_empty() { String::new() } else { format!("{section},") };
            let found = of(&format!(r#"{{{before}"accounts":{{"{id}":{{{account}}}}}}}"#)).unwrap().remove(0);
            (found.token.map(|token| token.expose().clone()), found.token_source.as_str())
        };
        let (own, own_file) = (r#""botToken":"1:own""#.to_owned(), file("own-file"));
        let (shared, shared_file) = (r#""botToken":"1:shared""#.to_owned(), file("shared-file"));
        let (both, all) = (format!("{own},{own_file}"), format!("{shared},{shared_file}"));
        let is = |token: &str, source| (Some(token.to_owned()), source);
        assert_eq!(token(&all, &both, "default"), is("1:own-file", "tokenFile"));
        assert_eq!(token(&all, &own, "default"), is("1:own", "config"));
        assert_eq!(token(&all, "", "default"), is("1:shared-file", "tokenFile"));
        assert_eq!(token(&shared, "", "default"), is("1:shared", "config"));
        assert_eq!(token("", "", "default"), is("1:env", "env"));
        assert_eq!(token(&all, &both, "work"), is("1:own-file", "tokenFile"));
        assert_eq!(token(&all, "", "work"), (None, "none"), "what is shared is the default account's alone");
    }

    #[test]
    fn a_token_file_that_cannot_be_read_is_named() {
        let issues = of(r#"{"tokenFile":"/nowhere/token","botToken":"1:a","accounts":{"default":{}}}"#).unwrap_err();
        assert_eq!(issues.len(), 1);
        assert_eq!(issues[0].path, "tokenFile");
        assert!(issues[0].message.contains("/nowhere/token"), "{}", issues[0].message);
    }

    #[test]
    fn the_largest_file_is_five_megabytes_unless_the_owner_says_otherwise() {
        let largest = |json: &str| of(json).unwrap().remove(0).largest_file;
        assert_eq!(largest("{}"), 5 << 20);
        assert_eq!(largest(r#"{"mediaMaxMb":0.5,"accounts":{"default":{}}}"#), 1 << 19);
        assert_eq!(of(r#"{"mediaMaxMb":0}"#).unwrap_err()[0].path, "mediaMaxMb");
    }

    #[test]
    fn what_an_account_sets_stands_above_the_section() {
        let found = of(r#"{"apiRoot":"http://a/","accounts":{"x":{"botToken":"1:x"},"y":{"apiRoot":"http://b"}}}"#);
        let roots: Vec<String> = found.unwrap().into_iter().map(|settings| settings.api_root).collect();
        assert_eq!(roots, ["http://a", "http://b"]);
    }

    #[test]
    fn every_mistake_is_named_with_its_path_and_no_secret() {
        let issues = of(r#"{"accounts":{"a":{"botToken":7,"proxy":"no","webhookUrl":"x","webhookSecret":"a b"}}}"#);
        let paths: Vec<String> = issues.unwrap_err().into_iter().map(|issue| issue.path).collect();
        let expected = ["botToken", "proxy", "webhookUrl", "webhookSecret"].map(|key| format!("accounts.a.{key}"));
        assert_eq!(paths, expected);
    }

    #[test]
    fn only_what_the_connection_needs_changes_the_fingerprint() {
        let print = |json: &str| of(json).unwrap().first().unwrap().fingerprint();
        assert_eq!(print(r#"{"botToken":"1:a"}"#), print(r#"{"botToken":"1:a","allowFrom":["1"],"name":"x"}"#));
        assert_ne!(print(r#"{"botToken":"1:a"}"#), print(r#"{"botToken":"1:b"}"#));
    }
}
