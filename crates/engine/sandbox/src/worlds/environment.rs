//! What a command inherits of our environment: everything but what looks like a secret of ours, unless config says so.

use std::collections::BTreeMap;

use tool::Launch;

use crate::process::MARK;

/// Variables that unlock models, chats or this program end like this.
const SECRET_ENDINGS: &[&str] = &["_API_KEY", "_BOT_TOKEN", "_APP_TOKEN", "_OAUTH_TOKEN", "_AUTH_TOKEN"];
/// Of our own variables, those with one of these words.
const SECRET_WORDS: &[&str] = &["TOKEN", "PASSWORD", "SECRET", "KEY"];
const OWN: &str = "CLAWDBOT_";
/// Shells whose language is not the one that models write.
const OTHER_SHELLS: &[&str] = &["fish", "nu", "elvish", "xonsh", "pwsh"];
/// Where none is named. The first ends as its command ended also after a Ctrl-C; the second, on some systems, does not.
const SHELLS: [&str; 2] = ["/bin/bash", "/bin/sh"];

/// The environment of a command, before its own additions.
pub(super) fn inherited(
    env: &BTreeMap<String, String>,
    secret: &[String],
    launch: &Launch,
) -> BTreeMap<String, String> {
    let passed = |name: &String| launch.pass_env.contains(name) || !is_secret(name, secret);
    let mut left: BTreeMap<_, _> =
        env.iter().filter(|(name, _)| passed(name)).map(|(name, value)| (name.clone(), value.clone())).collect();
    if !launch.path_prepend.is_empty() {
        let old = left.get("PATH").map_or("/usr/local/bin:/usr/bin:/bin", String::as_str);
        let path = format!("{}:{old}", launch.path_prepend.join(":"));
        left.insert("PATH".to_owned(), path);
    }
    left
}

/// The shell that runs commands: the person's own, unless it speaks another language.
pub(super) fn shell(env: &BTreeMap<String, String>) -> String {
    let own = env.get("SHELL").filter(|shell| shell.starts_with('/'));
    let speaks_ours = |shell: &&String| shell.rsplit('/').next().is_some_and(|name| !OTHER_SHELLS.contains(&name));
    own.filter(speaks_ours).map_or_else(standard_shell, Clone::clone)
}

fn is_secret(name: &str, secret: &[String]) -> bool {
    let upper = name.to_uppercase();
    let own = upper.strip_prefix(OWN).is_some_and(|rest| SECRET_WORDS.iter().any(|word| rest.contains(word)));
    let by_ending = SECRET_ENDINGS.iter().any(|ending| upper.ends_with(ending));
    own || by_ending || name == MARK || secret.iter().any(|other| other == name)
}

fn standard_shell() -> String {
    let [first, last] = SHELLS;
    if std::path::Path::new(first).exists() { first.to_owned() } else { last.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn env(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    #[test]
    fn commands_do_not_inherit_our_secrets() {
        let env = env(&[
            ("PATH", "/bin"),
            ("ANTHROPIC_API_KEY", "k"),
            ("CLAWDBOT_GATEWAY_TOKEN", "t"),
            ("CLAWDBOT_STATE_DIR", "/s"),
            ("TELEGRAM_BOT_TOKEN", "b"),
            ("MY_PIN", "1"),
        ]);
        let left = inherited(&env, &["MY_PIN".to_owned()], &Launch::default());
        assert_eq!(left.keys().collect::<Vec<_>>(), ["CLAWDBOT_STATE_DIR", "PATH"]);
    }

    #[test]
    fn config_may_pass_a_variable_and_put_folders_first() {
        let launch = Launch {
            pass_env: vec!["OPENAI_API_KEY".to_owned()],
            path_prepend: vec!["/opt/bin".to_owned()],
            ..Launch::default()
        };
        let left = inherited(&env(&[("PATH", "/bin"), ("OPENAI_API_KEY", "k")]), &[], &launch);
        assert_eq!(left["PATH"], "/opt/bin:/bin");
        assert_eq!(left["OPENAI_API_KEY"], "k");
    }

    #[test]
    fn commands_run_in_a_shell_of_the_family_models_write_for() {
        assert_eq!(shell(&env(&[("SHELL", "/usr/bin/zsh")])), "/usr/bin/zsh");
        assert_eq!(shell(&env(&[("SHELL", "/usr/bin/fish")])), standard_shell());
        assert_eq!(shell(&env(&[])), standard_shell());
    }
}
