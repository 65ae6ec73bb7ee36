//! The ways by which a change is checked lead to the same commands: by hand, at a commit, and at every change.

use std::{fs, os::unix::fs::PermissionsExt as _};

use anyhow::{Context as _, Result};

use super::{Finding, source::Tree};
use crate::steps::root;

const HOOK: &str = ".githooks/pre-commit";
const ALWAYS: &str = ".ci/run";

pub(super) fn check(_: &Tree) -> Result<Vec<Finding>> {
    let readme = fs::read_to_string(root().join("README.md")).context("README.md")?;
    let command = test_command(&readme).context("README.md says below `## Test` how tests are run")?;
    let ways = [(HOOK, "cargo xtask check"), (ALWAYS, command)];
    Ok(ways.into_iter().flat_map(|(path, command)| way(path, command)).collect())
}

/// A program that exists, may be run, and runs this.
fn way(path: &str, command: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut found = |message: String| findings.push(Finding::new("way", path, message));
    let whole = root().join(path);
    match fs::read_to_string(&whole) {
        Ok(text) if !calls(&text, command) => found(format!("let it call `{command}`")),
        Ok(_) => {}
        Err(error) => found(format!("it cannot be read: {error}")),
    }
    if fs::metadata(&whole).is_ok_and(|facts| facts.permissions().mode() & 0o111 == 0) {
        found("make it executable".to_owned());
    }
    findings
}

fn calls(script: &str, command: &str) -> bool {
    script.lines().any(|line| !line.trim_start().starts_with('#') && line.contains(command))
}

/// The first command below the heading.
fn test_command(readme: &str) -> Option<&str> {
    let below = readme.split("\n## Test\n").nth(1)?;
    below.split("```sh\n").nth(1)?.lines().next().filter(|line| !line.is_empty())
}

#[cfg(test)]
mod held {
    use super::*;

    #[test]
    fn the_test_command_is_the_first_one_below_its_heading() {
        let readme = "# a\n\n```sh\nrun\n```\n\n## Test\n\n```sh\ncargo xtask test\n```\n";
        assert_eq!(test_command(readme), Some("cargo xtask test"));
        assert_eq!(test_command("# a\n"), None);
    }

    #[test]
    fn a_command_in_a_comment_is_not_called() {
        assert!(calls("set -e\nexec cargo xtask check\n", "cargo xtask check"));
        assert!(!calls("# cargo xtask check\ntrue\n", "cargo xtask check"));
    }
}
