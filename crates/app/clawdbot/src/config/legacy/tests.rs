//! Each old key with what it becomes: valid, and written so by the next change.

use config::{Base, ConfigFile, Edit, Environment};
use serde_json::{Value, json};
use stdx::AbsPath;

/// What was written, and what it means.
fn fixtures() -> Vec<(Value, Value)> {
    [networks(), routing(), agents(), rest()].concat()
}

fn networks() -> Vec<(Value, Value)> {
    let network = |name: &str, section: Value| (json!({name: &section}), json!({"channels": {name: section}}));
    let only = |key: &str| json!({"channels": {"whatsapp": {"dmPolicy": "pairing"}}, "routing": {key: ["+1"]}});
    vec![
        network("telegram", json!({"botToken": "1:a", "dmPolicy": "pairing"})),
        network("whatsapp", json!({"dmPolicy": "pairing"})),
        network("discord", json!({"enabled": false})),
        network("slack", json!({"enabled": false})),
        network("signal", json!({"enabled": false})),
        network("imessage", json!({"enabled": false})),
        network("msteams", json!({"enabled": false})),
        (json!({"providers": {"slack": {"enabled": false}}}), json!({"channels": {"slack": {"enabled": false}}})),
        (
            json!({"telegram": {"botToken": "1:a", "requireMention": false}}),
            json!({"channels": {"telegram": {"botToken": "1:a", "groups": {"*": {"requireMention": false}}}}}),
        ),
        (only("allowFrom"), json!({"channels": {"whatsapp": {"dmPolicy": "pairing", "allowFrom": ["+1"]}}})),
        (json!({"routing": {"allowFrom": ["+1"]}}), json!({})),
        (
            json!({"telegram": {"botToken": "1:a"}, "routing": {"groupChat": {"requireMention": false}}}),
            json!({"channels": {"telegram": {"botToken": "1:a", "groups": {"*": {"requireMention": false}}}}}),
        ),
    ]
}

fn routing() -> Vec<(Value, Value)> {
    vec![
        (
            json!({"routing": {"bindings": [{"agentId": "main", "match": {"provider": "slack", "accountID": "a"}}]}}),
            json!({"bindings": [{"agentId": "main", "match": {"channel": "slack", "accountId": "a"}}]}),
        ),
        (
            json!({"routing": {"agentToAgent": {"enabled": true}}}),
            json!({"tools": {"agentToAgent": {"enabled": true}}}),
        ),
        (
            json!({"routing": {"queue": {"mode": "collect", "byProvider": {"slack": "steer"}}}}),
            json!({"messages": {"queue": {"mode": "collect", "byChannel": {"slack": "steer"}}}}),
        ),
        (
            json!({"routing": {"groupChat": {"mentionPatterns": ["@a"], "historyLimit": 3}}}),
            json!({"messages": {"groupChat": {"historyLimit": 3, "mentionPatterns": ["@a"]}}}),
        ),
        (
            json!({"routing": {"transcribeAudio": {"command": ["/bin/whisper", "-x"], "timeoutSeconds": 9}}}),
            json!({"tools": {"media": {"audio": {"enabled": true, "models": [
                {"type": "cli", "command": "/bin/whisper", "args": ["-x"], "timeoutSeconds": 9}]}}}}),
        ),
        (json!({"routing": {"transcribeAudio": {"command": ["rm"]}}}), json!({})),
    ]
}

fn agents() -> Vec<(Value, Value)> {
    let defaults = |old: Value, new: Value| (json!({"agent": old}), json!({"agents": {"defaults": new}}));
    vec![
        (
            json!({"routing": {"agents": {"work": {"name": "W", "mentionPatterns": ["@w"],
                "sandbox": {"mode": "off", "tools": {"deny": ["exec"]}}}}, "defaultAgentId": "work"}}),
            json!({"agents": {"list": [{"id": "work", "groupChat": {"mentionPatterns": ["@w"]},
                "tools": {"sandbox": {"tools": {"deny": ["exec"]}}}, "name": "W", "sandbox": {"mode": "off"},
                "default": true}]}}),
        ),
        (
            json!({"identity": {"name": "Clawd"}, "agents": {"list": [{"id": "a"}, {"id": "b", "default": true}]}}),
            json!({"agents": {"list": [{"id": "a"}, {"id": "b", "default": true, "identity": {"name": "Clawd"}}]}}),
        ),
        (json!({"identity": {"name": "C"}}), json!({"agents": {"list": [{"id": "main", "identity": {"name": "C"}}]}})),
        defaults(
            json!({"model": "a/x", "modelFallback": ["b/y"]}),
            json!({"model": {"primary": "a/x", "fallbacks": ["b/y"]}}),
        ),
        defaults(json!({"modelFallback": "b/y"}), json!({"model": {"fallbacks": ["b/y"]}})),
        defaults(
            json!({"imageModel": "a/x", "imageModelFallbacks": ["b/y"], "modelFallbacks": ["c/z"]}),
            json!({"imageModel": {"primary": "a/x", "fallbacks": ["b/y"]}, "model": {"fallbacks": ["c/z"]}}),
        ),
        defaults(
            json!({"model": "a/x", "allowedModels": ["b/y"], "modelAliases": {"z": "c/z.1"}}),
            json!({"model": {"primary": "a/x"}, "models": {"b/y": {}, "a/x": {}, "c/z.1": {"alias": "z"}}}),
        ),
        (
            json!({"agent": {"workspace": "/w", "tools": {"allow": ["read"], "deny": ["exec"]}, "elevated": {"enabled": false},
                "bash": {"timeoutSec": 5}, "sandbox": {"perSession": true, "tools": {"deny": ["write"]}},
                "subagents": {"maxConcurrent": 2, "tools": {"deny": ["edit"]}}}}),
            json!({"tools": {"allow": ["read"], "deny": ["exec"], "elevated": {"enabled": false}, "exec": {"timeoutSec": 5},
                "sandbox": {"tools": {"deny": ["write"]}}, "subagents": {"tools": {"deny": ["edit"]}}},
                "agents": {"defaults": {"workspace": "/w", "subagents": {"maxConcurrent": 2},
                    "sandbox": {"scope": "session"}}}}),
        ),
        (
            json!({"agents": {"list": [{"id": "a", "sandbox": {"perSession": false}}]}}),
            json!({"agents": {"list": [{"id": "a", "sandbox": {"scope": "shared"}}]}}),
        ),
    ]
}

fn rest() -> Vec<(Value, Value)> {
    vec![
        (json!({"tools": {"bash": {"timeoutSec": 5}}}), json!({"tools": {"exec": {"timeoutSec": 5}}})),
        (json!({"messages": {"tts": {"enabled": true}}}), json!({"messages": {"tts": {"auto": "always"}}})),
        (
            json!({"session": {"sendPolicy": {"rules": [{"action": "deny", "match": {"provider": "slack"}}]}}}),
            json!({"session": {"sendPolicy": {"rules": [{"action": "deny", "match": {"channel": "slack"}}]}}}),
        ),
        (json!({"gateway": {"token": "t"}}), json!({"gateway": {"auth": {"mode": "token", "token": "t"}}})),
        (
            json!({"auth": {"profiles": {"anthropic:claude-cli": {"provider": "anthropic", "mode": "token"}}}}),
            json!({"auth": {"profiles": {"anthropic:claude-cli": {"provider": "anthropic", "mode": "oauth"}}}}),
        ),
    ]
}

struct Folder {
    folder: tempfile::TempDir,
    file: ConfigFile,
}

fn folder(text: &str) -> Folder {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().canonicalize().unwrap().join("clawdbot.json");
    std::fs::write(&path, text).unwrap();
    let schema = || crate::config::schema(crate::adapters::channels(), Environment::default());
    let file = ConfigFile::new(AbsPath::new(path).unwrap(), Environment::default(), schema);
    Folder { folder, file }
}

impl Folder {
    fn text(&self, name: &str) -> String {
        std::fs::read_to_string(self.folder.path().join(name)).unwrap()
    }
}

#[test]
fn every_old_key_means_its_new_place_and_is_written_there_by_the_next_change() {
    for (old, new) in fixtures() {
        let text = format!("{old:#}\n");
        let folder = folder(&text);
        let read = folder.file.load();
        assert_eq!((read.effective, read.issues.to_string()), (new.clone(), String::new()), "{old}");
        assert!(!read.moved.is_empty(), "{old} is moved without a word");
        assert_eq!(folder.text("clawdbot.json"), text, "reading writes nothing");
        let written = folder.file.write(&[], &Base::Whatever).unwrap();
        assert_eq!((written.parsed, written.moved.to_string()), (new, String::new()), "{old}");
        assert_eq!(folder.text("clawdbot.json.bak"), text);
    }
}

#[test]
fn the_newer_place_wins_over_the_older_one() {
    let folder =
        folder("{ agent: { model: 'old/m', workspace: '/w' }, agents: { defaults: { model: { primary: 'a/b' } } } }");
    let read = folder.file.load();
    assert_eq!(read.effective, json!({"agents": {"defaults": {"model": {"primary": "a/b"}, "workspace": "/w"}}}));
}

#[test]
fn a_config_of_this_version_is_written_as_it_is() {
    let folder =
        folder("{ gateway: { mode: 'local' }, /* mine */ agents: { defaults: { model: { primary: 'a/b' } } } }");
    assert!(folder.file.load().moved.is_empty());
    folder.file.write(&[], &Base::Whatever).unwrap();
    assert!(folder.text("clawdbot.json").contains("/* mine */"));
    assert!(!folder.folder.path().join("clawdbot.json.bak").exists());
}

#[test]
fn setting_an_old_key_sets_what_it_means_today() {
    let set = |before: Value, path: &str, value: Value| {
        let folder = folder(&before.to_string());
        folder.file.write(&[Edit::Set(path.parse().unwrap(), value)], &Base::Whatever).unwrap().parsed
    };
    let defaults = |defaults: Value| json!({"agents": {"defaults": defaults}});
    assert_eq!(
        set(defaults(json!({"sandbox": {"mode": "all", "scope": "agent"}})), "agent.sandbox", json!({"mode": "off"})),
        defaults(json!({"sandbox": {"mode": "off"}})),
        "what is set replaces what was there"
    );
    assert_eq!(
        set(defaults(json!({"model": {"primary": "a/x", "fallbacks": ["b/y"]}})), "agent.model", json!("c/z")),
        defaults(json!({"model": {"primary": "c/z", "fallbacks": ["b/y"]}})),
    );
    assert_eq!(
        set(json!({"gateway": {"auth": {"mode": "password", "password": "p"}}}), "gateway.token", json!("t")),
        json!({"gateway": {"auth": {"mode": "password", "password": "p", "token": "t"}}}),
        "what only goes with it gives way"
    );
    assert_eq!(set(json!({}), "gateway.token", json!("t"))["gateway"]["auth"], json!({"mode": "token", "token": "t"}));
}

#[test]
fn an_old_key_that_means_nothing_by_itself_is_refused_and_the_newer_one_is_named() {
    let before = json!({"agents": {"list": [{"id": "a"}, {"id": "b", "default": true, "identity": {"name": "B"}}]},
        "bindings": [{"agentId": "a", "match": {"channel": "slack"}}]});
    let refused = |edit: Edit| {
        let folder = folder(&before.to_string());
        let refused = folder.file.write(&[edit], &Base::Whatever).unwrap_err().to_string();
        assert_eq!(folder.text("clawdbot.json"), before.to_string());
        refused
    };
    let set = |path: &str, value: Value| refused(Edit::Set(path.parse().unwrap(), value));
    assert!(set("identity.name", json!("C")).contains("agents.list.1.identity"));
    assert!(set("bindings[0].match.provider", json!("telegram")).contains("match.channel"));
    assert!(set("routing.allowFrom", json!(["+1"])).contains("channels.whatsapp is not set up"));
    assert!(refused(Edit::Merge(json!({"identity": {"name": "C"}}))).contains("identity"));
    assert!(refused(Edit::Merge(json!({"routing": {"allowFrom": ["+1"]}}))).contains("channels.whatsapp"));
}
