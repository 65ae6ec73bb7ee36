//! Commands where no gateway runs: they answer from the files, or say what to do.

use crate::home::Home;

#[test]
fn on_an_empty_home_every_command_says_what_to_do() {
    let home = Home::new();
    assert!(home.call(&["status"]).out.contains("clawdbot gateway"));
    assert_eq!(home.call(&["sessions"]).out, "There is no session yet.\n");
    assert!(home.call(&["channels", "status"]).out.contains("clawdbot onboard"));
    assert_eq!(home.call(&["pairing", "list"]).out, "Nobody asks to be let in.\n");
    assert_eq!(home.call(&["devices", "list"]).out, "No device is known.\n");
    for words in [&["health"][..], &["agent", "--message", "hi"], &["dashboard"], &["gateway", "status"]] {
        let said = home.call(words);
        assert!(!said.ok && format!("{}{}", said.out, said.err).contains("clawdbot gateway"), "{words:?} {said:?}");
    }
    // Nothing was made by asking.
    assert!(!home.config().exists());
}

#[test]
fn with_json_each_answer_is_one_value() {
    let home = Home::new();
    for words in [
        &["status", "--json"][..],
        &["sessions", "--json"],
        &["channels", "status", "--json"],
        &["pairing", "list", "--json"],
        &["devices", "list", "--json"],
        &["models", "list", "--json"],
        &["config", "list", "--json"],
        &["config", "file", "--json"],
        &["doctor", "--json"],
    ] {
        let said = home.call(words);
        assert!(said.ok && said.json().is_object(), "{words:?} {said:?}");
    }
}

#[test]
fn an_index_of_the_published_program_is_listed_before_a_gateway_ever_ran() {
    let home = Home::new();
    let folder = home.config().with_file_name("agents/main/sessions");
    std::fs::create_dir_all(&folder).unwrap();
    let index = r#"{"agent:main:main":{"sessionId":"a","updatedAt":1700000000000,"model":"m"}}"#;
    std::fs::write(folder.join("sessions.json"), index).unwrap();
    let said = home.call(&["sessions", "--json"]);
    assert_eq!(said.json()["sessions"][0]["key"], "agent:main:main", "{said:?}");
    assert_eq!(std::fs::read_to_string(folder.join("sessions.json")).unwrap(), index);
}

#[test]
fn the_doctor_names_a_missing_token_a_later_key_and_open_permissions() {
    let home = Home::new();
    home.write_config("{ gateway: { bind: 'loopback' }, journal: { keep: { days: 5 } } }");
    let said = home.call(&["doctor"]);
    assert!(said.ok, "{said:?}");
    for word in ["no gateway.auth.token is set", "journal", "chmod 700", "2026.1.24 refuses"] {
        assert!(said.out.contains(word), "{word}: {}", said.out);
    }
    home.write_config("{ gateway: { bind: 'lan' } }");
    assert!(!home.call(&["doctor"]).ok);
    home.write_config("{ nonsense: 1 }");
    assert!(!home.call(&["doctor"]).ok);
}

#[test]
fn a_profile_keeps_everything_in_a_folder_of_its_own() {
    let home = Home::new();
    let said = home.call(&["--profile", "work", "config", "file"]);
    assert!(said.out.ends_with("/.clawdbot-work/clawdbot.json\n"), "{said:?}");
    let said = home.call(&["config", "file", "--dev"]);
    assert!(said.out.ends_with("/.clawdbot-dev/clawdbot.json\n"), "{said:?}");
    let said = home.call_with(&["config", "file"], &[("CLAWDBOT_STATE_DIR", "/tmp/elsewhere")]);
    assert_eq!(said.out, "/tmp/elsewhere/clawdbot.json\n");
}

#[test]
fn the_doctor_names_the_keys_that_the_published_program_refuses_and_no_others() {
    let home = Home::new();
    home.write_config(
        "{ messages: { queue: { priorityByChannel: { telegram: 5 } } }, channels: { telegram: { botToken: '1:a', groups: {
            '-1': { tools: { deny: ['exec'] }, requireMention: false, topics: { '7': { enabled: false } } } } } } }",
    );
    let said = home.call(&["doctor"]);
    let refused = said.out.lines().find(|line| line.contains("2026.1.24 refuses")).unwrap_or_default();
    assert!(refused.ends_with(": messages.queue.priorityByChannel"), "{said:?}");
}
