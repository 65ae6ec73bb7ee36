//! `clawdbot config`: the file is changed in place, and never broken.

use crate::home::Home;

#[test]
fn a_value_is_set_beside_the_comments_that_stand_there() {
    let home = Home::new();
    home.write_config("{\n  // mine\n  gateway: { port: 4000 }, // and this\n}\n");
    assert!(home.call(&["config", "set", "gateway.port", "4001"]).ok);
    assert!(home.call(&["config", "set", "agents.defaults.workspace", "~/here"]).ok);
    let text = home.read_config();
    assert!(text.contains("// mine") && text.contains("// and this") && text.contains("4001"), "{text}");
    assert_eq!(home.call(&["config", "get", "gateway.port"]).out, "4001\n");
    assert_eq!(home.call(&["config", "get", "agents.defaults.workspace"]).out, "~/here\n");
    assert!(home.call(&["config", "unset", "agents"]).ok);
    assert!(!home.call(&["config", "get", "agents"]).ok);
}

#[test]
fn a_value_that_would_break_the_file_is_refused_with_its_path() {
    let home = Home::new();
    home.write_config("{ gateway: { port: 4000 } }\n");
    let said = home.call(&["config", "set", "gateway.prot", "1"]);
    assert!(!said.ok && said.err.contains("gateway") && said.err.contains("prot"), "{said:?}");
    let said = home.call(&["config", "set", "gateway.bind", "everywhere"]);
    assert!(!said.ok && said.err.contains("loopback"), "{said:?}");
    assert_eq!(home.read_config(), "{ gateway: { port: 4000 } }\n");
}

#[test]
fn a_broken_file_is_named_key_by_key_and_the_command_fails() {
    let home = Home::new();
    home.write_config("{ gatewy: {}, logging: { level: 'loud' } }");
    let said = home.call(&["config", "validate", "--json"]);
    let issues: Vec<String> =
        said.json()["issues"].as_array().unwrap().iter().map(|issue| issue["path"].to_string()).collect();
    assert_eq!((said.ok, issues), (false, vec!["\"logging.level\"".to_owned(), "\"\"".to_owned()]), "{}", said.out);
}

#[test]
fn every_key_that_is_written_is_listed_with_its_value() {
    let home = Home::new();
    home.write_config("{ gateway: { port: 1, auth: { token: '${SECRET}' } }, logging: {} }");
    let said = home.call_with(&["config", "list"], &[("SECRET", "s3cret-value")]);
    assert_eq!(said.out, "gateway.port = 1\ngateway.auth.token = \"${SECRET}\"\nlogging = {}\n");
}

#[test]
fn an_open_door_without_a_star_is_no_valid_config_and_an_inherited_star_counts() {
    let home = Home::new();
    let check = |telegram: &str| {
        home.write_config(&format!("{{ channels: {{ telegram: {telegram} }} }}"));
        home.call(&["config", "validate", "--json"])
    };
    let said = check("{ botToken: '1:a', dmPolicy: 'open', allowFrom: [5] }");
    let issue = said.json()["issues"][0].clone();
    assert_eq!((said.ok, issue["path"].as_str()), (false, Some("channels.telegram.allowFrom")), "{}", said.out);
    assert!(issue["message"].as_str().unwrap().contains("[\"*\"]"), "{issue}");
    let said = check("{ accounts: { work: { botToken: '1:a', dmPolicy: 'open' } } }");
    assert_eq!(said.json()["issues"][0]["path"], "channels.telegram.accounts.work.allowFrom", "{}", said.out);
    let said = check("{ allowFrom: ['*'], accounts: { work: { botToken: '1:a', dmPolicy: 'open' } } }");
    assert!(said.ok, "{}", said.out);
}
