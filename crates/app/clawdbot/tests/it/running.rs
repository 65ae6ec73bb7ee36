//! `clawdbot gateway`: the first start, one process per folder, a graceful end.

use std::os::unix::fs::PermissionsExt as _;

use crate::home::Home;

#[test]
fn the_first_start_makes_a_token_and_prints_the_page_with_a_code() {
    let home = Home::new();
    let gateway = home.gateway();
    assert!(gateway.line.starts_with("http://127.0.0.1:") && gateway.line.contains("/#code="), "{}", gateway.line);
    let token = home.call(&["config", "get", "gateway.auth.token"]).out;
    assert_eq!(token.trim().len(), 48);
    assert!(!gateway.line.contains(token.trim()));
    let state = home.config().parent().unwrap().to_path_buf();
    for (path, mode) in [("clawdbot.json", 0o600), ("journal.sqlite", 0o600), ("logs", 0o700)] {
        let found = std::fs::metadata(state.join(path)).unwrap().permissions().mode() & 0o777;
        assert_eq!(found, mode, "{path}");
    }
    let port = ("CLAWDBOT_GATEWAY_PORT", gateway.port());
    let said = home.call_with(&["health", "--json"], &[port]);
    assert_eq!((said.ok, said.json()["ok"].as_bool()), (true, Some(true)), "{said:?}");
    let link = home.call_with(&["dashboard"], &[port]).out;
    assert!(link.starts_with("http://127.0.0.1:") && link.trim() != gateway.line, "{link}");
    assert_eq!(gateway.stop(), Some(0));
}

#[test]
fn a_config_that_exists_without_a_token_is_left_as_it_is() {
    let home = Home::new();
    home.write_config("{ logging: { level: 'debug' } }\n");
    let gateway = home.gateway();
    assert_eq!(home.read_config(), "{ logging: { level: 'debug' } }\n");
    assert_eq!(gateway.stop(), Some(0));
}

#[test]
fn a_second_gateway_is_refused_and_told_who_holds_the_folder() {
    let home = Home::new();
    let gateway = home.gateway();
    let said = home.call(&["gateway", "--port", "0"]);
    assert!(!said.ok && said.err.contains(&gateway.pid().to_string()) && said.err.contains("--force"), "{said:?}");
}

#[test]
fn without_a_token_the_gateway_refuses_to_open_itself_to_others() {
    let home = Home::new();
    home.write_config("{ gateway: { bind: 'lan' } }\n");
    let said = home.call(&["gateway", "--port", "0"]);
    assert!(!said.ok && said.err.contains("gateway.auth.token"), "{said:?}");
}

#[test]
fn a_broken_config_keeps_the_gateway_from_starting_and_is_explained() {
    let home = Home::new();
    home.write_config("{ gateway: { port: 'many' } }\n");
    let said = home.call(&["gateway"]);
    assert!(!said.ok && said.err.contains("gateway.port") && said.err.contains("doctor"), "{said:?}");
}

#[test]
fn without_a_model_the_agent_says_in_one_sentence_what_to_do() {
    let home = Home::new();
    let gateway = home.gateway();
    let port = ("CLAWDBOT_GATEWAY_PORT", gateway.port());
    let said = home.call_with(&["agent", "--message", "hi"], &[port]);
    let text = format!("{}{}", said.out, said.err);
    assert!(text.contains("clawdbot onboard") && text.trim().lines().count() == 1, "{said:?}");
    let said = home.call_with(&["agent", "--message", "hi", "--local"], &[port]);
    assert!(said.err.contains("goes through it") && said.err.contains("clawdbot onboard"), "{said:?}");
}
