//! One row per line of the rules.

use tool::{CommandLine, Need, Power, WorldPath};

use super::*;
use crate::config::{Profile, ProviderRules, Rules};

fn facts(power: Power) -> Facts<'static> {
    Facts { power, provider: "anthropic", model: "opus", agent: None, group: None, in_container: false }
}

fn strings(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

fn read() -> Vec<Need> {
    vec![Need::Read(WorldPath("notes.md".to_owned()))]
}

fn command() -> Vec<Need> {
    vec![Need::Exec(CommandLine("ls".to_owned()))]
}

fn rule(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Allow => "allow",
        Verdict::Refuse(refusal) => refusal.rule,
    }
}

#[test]
fn a_trusted_person_may_use_what_nothing_forbids() {
    let facts = facts(Power::Trusted);
    assert_eq!(gate("read", &read(), &facts, &Config::default()), Verdict::Allow);
    assert_eq!(gate("exec", &command(), &facts, &Config::default()), Verdict::Allow);
    assert!(offers("exec", &facts, &Config::default()));
}

#[test]
fn a_bystander_gets_no_tool_that_needs_anything() {
    let facts = facts(Power::Bystander);
    assert_eq!(rule(gate("read", &read(), &facts, &Config::default())), "power");
    assert_eq!(rule(gate("exec", &command(), &facts, &Config::default())), "power");
    assert_eq!(rule(gate("process", &[Need::Watch(None)], &facts, &Config::default())), "power");
    assert_eq!(gate("clock", &[], &facts, &Config::default()), Verdict::Allow);
    assert!(!offers("read", &facts, &Config::default()));
}

#[test]
fn a_group_that_config_names_may_use_the_named_tools_alone() {
    let group = GroupRules { allow: strings(&["read"]), deny: Vec::new() };
    let facts = Facts { group: Some(&group), ..facts(Power::Bystander) };
    assert_eq!(gate("read", &read(), &facts, &Config::default()), Verdict::Allow);
    assert_eq!(rule(gate("exec", &command(), &facts, &Config::default())), "the group's tools.allow");
    assert!(offers("read", &facts, &Config::default()) && !offers("exec", &facts, &Config::default()));
}

#[test]
fn a_pattern_opens_no_tool_to_bystanders() {
    for pattern in ["*", "ex*", "group:runtime"] {
        let group = GroupRules { allow: strings(&[pattern, "read"]), deny: Vec::new() };
        let bystander = Facts { group: Some(&group), ..facts(Power::Bystander) };
        assert!(!offers("exec", &bystander, &Config::default()), "{pattern}");
        assert_eq!(rule(gate("exec", &command(), &bystander, &Config::default())), "power", "{pattern}");
        assert!(offers("read", &bystander, &Config::default()), "{pattern}");
        let trusted = Facts { group: Some(&group), ..facts(Power::Trusted) };
        assert!(offers("exec", &trusted, &Config::default()), "{pattern}");
    }
    let named = GroupRules { allow: strings(&["Bash"]), deny: Vec::new() };
    let bystander = Facts { group: Some(&named), ..facts(Power::Bystander) };
    assert!(offers("exec", &bystander, &Config::default()), "a second name is a name too");
}

#[test]
fn deny_wins_over_allow_whatever_the_spelling() {
    let mut config = Config::default();
    config.rules.allow = strings(&["group:runtime", "Read"]);
    config.rules.deny = strings(&["BASH"]);
    let facts = facts(Power::Trusted);
    let left: Vec<_> =
        ["read", "write", "exec", "process"].into_iter().filter(|t| offers(t, &facts, &config)).collect();
    assert_eq!(left, ["read", "process"]);
    assert_eq!(rule(gate("exec", &command(), &facts, &config)), "tools.deny");
}

#[test]
fn profiles_are_the_selections_users_know() {
    let offered = |profile| {
        let mut config = Config::default();
        config.rules.profile = Some(profile);
        let all = ["read", "exec", "message", "session_status", "image", "browser"];
        all.into_iter().filter(|t| offers(t, &facts(Power::Trusted), &config)).collect::<Vec<_>>()
    };
    assert_eq!(offered(Profile::Minimal), ["session_status"]);
    assert_eq!(offered(Profile::Coding), ["read", "exec", "session_status", "image"]);
    assert_eq!(offered(Profile::Messaging), ["message", "session_status"]);
    assert_eq!(offered(Profile::Full).len(), 6);
}

#[test]
fn an_agents_profile_replaces_the_general_one() {
    let mut config = Config::default();
    config.rules.profile = Some(Profile::Minimal);
    let rules = Rules { profile: Some(Profile::Coding), ..Rules::default() };
    let agent = AgentTools { rules, ..AgentTools::default() };
    let facts = Facts { agent: Some(&agent), ..facts(Power::Trusted) };
    assert!(offers("exec", &facts, &config));
}

#[test]
fn rules_for_a_model_beat_rules_for_its_provider() {
    let mut config = Config::default();
    let only = |name| ProviderRules { allow: strings(&[name]), ..ProviderRules::default() };
    config.rules.by_provider.insert("anthropic".to_owned(), only("read"));
    config.rules.by_provider.insert("Anthropic/opus".to_owned(), only("write"));
    let facts = facts(Power::Trusted);
    assert!(offers("write", &facts, &config) && !offers("read", &facts, &config));
    assert!(offers("read", &Facts { model: "haiku", ..facts }, &config));
}

#[test]
fn an_allow_list_of_plugins_alone_takes_no_core_tool_away() {
    let mut config = Config::default();
    config.rules.allow = strings(&["voice_call"]);
    assert!(offers("read", &facts(Power::Trusted), &config));
}

#[test]
fn a_star_stands_for_any_part_of_a_name() {
    let mut config = Config::default();
    config.rules.deny = strings(&["sessions_*", "*_get"]);
    let facts = facts(Power::Trusted);
    assert!(!offers("sessions_list", &facts, &config) && !offers("memory_get", &facts, &config));
    assert!(offers("session_status", &facts, &config));
}

#[test]
fn commands_that_need_a_persons_word_are_refused_with_the_rule() {
    let verdict = |host, security, ask| {
        let exec = Exec { host, security, ask, ..Exec::default() };
        rule(gate("exec", &command(), &facts(Power::Trusted), &Config { exec, ..Config::default() }))
    };
    assert_eq!(verdict(None, None, None), "allow");
    assert_eq!(verdict(None, Some(Security::Deny), None), "tools.exec.security");
    assert_eq!(verdict(Some(ExecHost::Gateway), None, None), "tools.exec.security");
    assert_eq!(verdict(Some(ExecHost::Gateway), Some(Security::Full), Some(Ask::OnMiss)), "allow");
    assert_eq!(verdict(Some(ExecHost::Gateway), Some(Security::Full), Some(Ask::Always)), "tools.exec.ask");
    assert_eq!(verdict(Some(ExecHost::Node), Some(Security::Full), None), "tools.exec.host");
}

#[test]
fn an_agents_own_word_on_commands_comes_before_the_general_one() {
    let verdict = |own: Exec, general: Exec| {
        let agent = AgentTools { exec: own, ..AgentTools::default() };
        let facts = Facts { agent: Some(&agent), ..facts(Power::Trusted) };
        rule(gate("exec", &command(), &facts, &Config { exec: general, ..Config::default() }))
    };
    let security = |word| Exec { security: Some(word), ..Exec::default() };
    let on_host = Exec { host: Some(ExecHost::Gateway), ..security(Security::Full) };
    let ask = Exec { ask: Some(Ask::Always), ..Exec::default() };
    assert_eq!(verdict(security(Security::Deny), Exec::default()), "the agent's tools.exec.security");
    assert_eq!(verdict(security(Security::Full), security(Security::Deny)), "allow");
    assert_eq!(verdict(Exec::default(), security(Security::Deny)), "tools.exec.security");
    assert_eq!(verdict(ask.clone(), on_host.clone()), "the agent's tools.exec.ask");
    assert_eq!(verdict(on_host, ask), "tools.exec.ask");
    let node = Exec { host: Some(ExecHost::Node), ..Exec::default() };
    assert_eq!(verdict(node, Exec::default()), "the agent's tools.exec.host");
}

#[test]
fn a_session_meant_for_a_container_never_touches_the_host() {
    let facts = Facts { in_container: true, ..facts(Power::Trusted) };
    assert_eq!(rule(gate("write", &read(), &facts, &Config::default())), "agents.defaults.sandbox.mode");
}
